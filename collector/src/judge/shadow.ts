/**
 * A shadow answers the same inputs as the champion and is shown to nobody: paired, so that only what the
 * two do differently counts, and far fewer predictions suffice.
 */
import { betaBinomial } from './betaBinomial.ts';
import { CONCENTRATION } from './eventSplit.ts';
import { type Evidence, evidenceOf } from './evidence.ts';

/** Labelled pairs by who was right; each device adds one, or its pairs would be alike. */
export interface Pairs {
  bothRight: number;
  onlyChampion: number;
  onlyChallenger: number;
  bothWrong: number;
}

export interface ShadowEvidence {
  /** Against "the challenger errs no more often". */
  harm: Evidence;
  /** Against "it errs R times as often, or more, where just one of them errs". */
  safe: Evidence;
}

/**
 * McNemar's test (1947) as an e-process: given that just one is right, under equal error rates it is the
 * champion with probability ½, and R/(1 + R) if the challenger is alone in error R times as often.
 * @param ratio R, above 1.
 */
export function pairedErrors(
  { onlyChampion, onlyChallenger }: Pairs,
  ratio: number,
  c = CONCENTRATION,
): ShadowEvidence {
  const n = onlyChampion + onlyChallenger;
  return {
    harm: evidenceOf(betaBinomial(onlyChampion, n, 0.5, c, 'above')),
    safe: evidenceOf(betaBinomial(onlyChampion, n, ratio / (1 + ratio), c, 'below')),
  };
}

export interface Agreement {
  pairs: number;
  /** 0 … 1; NaN without pairs. */
  share: number;
  /** Class of the champion, class of the challenger, pairs: the most frequent first. */
  disagreements: { champion: number; challenger: number; pairs: number }[];
}

/** @param table pairs by the champion's class (rows) and the challenger's (columns). */
export function agreement(table: readonly (readonly number[])[]): Agreement {
  const cells = table.flatMap((row, champion) =>
    row.map((pairs, challenger) => ({ champion, challenger, pairs })),
  );
  const pairs = cells.reduce((sum, cell) => sum + cell.pairs, 0);
  const disagreements = cells
    .filter((cell) => cell.champion !== cell.challenger && cell.pairs > 0)
    .sort((x, y) => y.pairs - x.pairs);
  const apart = disagreements.reduce((sum, cell) => sum + cell.pairs, 0);
  return { pairs, share: 1 - apart / pairs, disagreements };
}
