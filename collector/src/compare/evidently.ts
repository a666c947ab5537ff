/**
 * Evidently 0.7.21's drift tests on raw columns: which apply to which kind, their default thresholds,
 * and the choice it makes by itself (evidently/legacy/calculations/stattests at commit a4aa4c2b).
 */
import { messageOf, SiskinError } from '@siskin/protocol';
import type { Column, Kind, TestError, TestResult } from './column.ts';
import { andersonDarling } from './evidently/andersonDarling.ts';
import { chiSquare } from './evidently/chiSquare.ts';
import { cramerVonMises } from './evidently/cramerVonMises.ts';
import { energy } from './evidently/energy.ts';
import { eppsSingleton } from './evidently/eppsSingleton.ts';
import { hellinger } from './evidently/hellinger.ts';
import { jensenShannon } from './evidently/jensenShannon.ts';
import { klDivergence } from './evidently/klDivergence.ts';
import { kolmogorovSmirnov } from './evidently/kolmogorovSmirnov.ts';
import { mannWhitney } from './evidently/mannWhitney.ts';
import { psi } from './evidently/psi.ts';
import { tTest } from './evidently/tTest.ts';
import { wasserstein } from './evidently/wasserstein.ts';
import { z } from './evidently/z.ts';
import { type NumericSamples, type Samples, samplesOf } from './samples.ts';

interface Test {
  kinds: readonly Kind[];
  /** A p-value drifts below the threshold, a distance above. */
  pValue: boolean;
  threshold: number;
  /** Whether a score that is the threshold drifts. */
  inclusive: boolean;
  score(samples: Samples): number;
}

const BOTH: readonly Kind[] = ['numeric', 'categorical'];
const distance = (score: Test['score'], kinds: readonly Kind[] = BOTH): Test => ({
  kinds,
  pValue: false,
  threshold: 0.1,
  inclusive: true,
  score,
});
const pValue = (kind: Kind, score: Test['score'], threshold = 0.05, inclusive = false): Test => ({
  kinds: [kind],
  pValue: true,
  threshold,
  inclusive,
  score,
});
/** The registry gives a test only columns of its kinds; the automatic choice only χ² and z others. */
const onNumbers = (score: (samples: NumericSamples) => number) => (samples: Samples) =>
  score(samples as NumericSamples);

const TESTS = {
  ks: pValue('numeric', kolmogorovSmirnov, 0.05, true),
  psi: distance(psi),
  wasserstein: distance(onNumbers(wasserstein), ['numeric']),
  jensenshannon: distance(jensenShannon),
  hellinger: distance(hellinger),
  kl_div: distance(klDivergence),
  chisquare: pValue('categorical', chiSquare),
  z: pValue('categorical', z),
  mannw: pValue('numeric', mannWhitney),
  t_test: pValue('numeric', onNumbers(tTest)),
  cramer_von_mises: pValue('numeric', cramerVonMises, 0.1, true),
  ed: { ...distance(onNumbers(energy), ['numeric']), inclusive: false },
  es: pValue('numeric', onNumbers(eppsSingleton)),
  anderson: pValue('numeric', andersonDarling, 0.1),
} satisfies Record<string, Test>;

export type EvidentlyTest = keyof typeof TESTS;
export const EVIDENTLY_TESTS = Object.keys(TESTS) as EvidentlyTest[];

export interface EvidentlyComparison {
  /** Evidently's own choice. */
  chosen: EvidentlyTest;
  /** Those asked for that apply to the column's kind, in the order of {@link EVIDENTLY_TESTS}. */
  tests: Partial<Record<EvidentlyTest, TestResult | TestError>>;
}

/**
 * @param wanted tests; left out, all that apply to the column's kind and the one Evidently chooses.
 * @throws SiskinError `data_invalid` if nothing is left of one side.
 */
export function asEvidently(
  column: Column,
  wanted?: readonly EvidentlyTest[],
): EvidentlyComparison {
  const samples = samplesOf(column);
  const chosen = choose(samples);
  const tests: EvidentlyComparison['tests'] = {};
  for (const name of EVIDENTLY_TESTS) {
    const applies = (TESTS[name] as Test).kinds.includes(column.kind) || name === chosen;
    if (applies && (wanted?.includes(name) ?? true)) tests[name] = run(TESTS[name], samples);
  }
  return { chosen, tests };
}

/** What Evidently takes if nobody says: by the reference's rows and the distinct values of both. */
function choose({ kind, m, reference }: Samples): EvidentlyTest {
  const values = reference.length;
  if (m > 1000) return kind === 'numeric' && values > 5 ? 'wasserstein' : 'jensenshannon';
  if (kind === 'numeric' && values > 5) return 'ks';
  return values > 2 ? 'chisquare' : 'z';
}

function run(test: Test, samples: Samples): TestResult | TestError {
  const { threshold } = test;
  let score: number;
  try {
    score = test.score(samples);
  } catch (thrown) {
    if (thrown instanceof SiskinError) return { error: messageOf(thrown) };
    throw thrown;
  }
  if (!Number.isFinite(score)) return { error: 'not defined for these values' };
  const beyond = test.pValue ? score < threshold : score > threshold;
  return {
    score,
    threshold,
    drifted: beyond || (test.inclusive && score === threshold),
    ...(test.pValue && { pValue: score }),
  };
}
