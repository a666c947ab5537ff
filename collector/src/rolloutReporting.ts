/** Composes how a rollout stands: what the judge says of it, or in a shadow how often the two agree. */
import { mergeSparse, SERIES, type SparseCounts } from '@siskin/protocol';
import { judgementOf } from './evaluating.ts';
import { agreement } from './judge/shadow.ts';
import { summaryOf } from './judging.ts';
import type { Deployment, Store } from './store.ts';

/** Of those that occur; the rest are in the figures. */
const DISAGREEMENTS = 5;
export interface RolloutReporterOptions {
  store: Pick<Store, 'counts' | 'control'>;
  /** Length of a window, ms. */
  windowMs: number;
  now(): number;
}

/** @returns null where no rollout is under way, or one that people judge themselves. */
export function rolloutReporter({ store, windowMs, now }: RolloutReporterOptions) {
  return async (app: string, model: string) => {
    const judged = await judgementOf(store, app, model, now());
    if (judged !== undefined) return summaryOf(judged.judgement);
    const [current] = await store.control.deployments(app, model);
    return current?.rollout?.strategy === 'shadow' ? shadowOf(store, current, windowMs) : null;
  };
}

async function shadowOf(
  { counts, control }: Pick<Store, 'counts' | 'control'>,
  at: Deployment,
  windowMs: number,
) {
  const { app, model, rollout, champion } = at;
  const { version, since } = rollout!;
  const nothing = { action: 'stay', evidence: ['no pairs have been counted'], agreement: null };
  const [output] = (await control.version(app, model, version))!.spec.outputs;
  if (output?.kind !== 'classification') {
    return { ...nothing, evidence: ['agreement is counted of classifications only'] };
  }
  const rows = await counts.read({
    ...{ app, model, prefix: SERIES.shadowPairs },
    from: since - windowMs, // it begins before what happens in it
    until: Number.MAX_SAFE_INTEGER,
  });
  const pairs = rows
    .filter((row) => row.version === version)
    .reduce((all: SparseCounts, row) => mergeSparse(all, row.counts), []);
  if (pairs.length === 0) return nothing;
  const labels = [...output.labels, 'other'];
  const table = labels.map(() => labels.map(() => 0));
  for (let i = 0; i < pairs.length; i += 2) {
    const [bin, count] = [pairs[i]!, pairs[i + 1]!];
    table[Math.floor(bin / labels.length)]![bin % labels.length] = count;
  }
  const found = agreement(table);
  const named = found.disagreements.map((one) => ({
    champion: labels[one.champion]!,
    challenger: labels[one.challenger]!,
    pairs: one.pairs,
  }));
  return {
    action: 'stay',
    evidence: [
      `${champion} and ${version} say the same of ${+(found.share * 100).toFixed(2)} % of ${found.pairs.toLocaleString('en')} inputs`,
      ...named
        .slice(0, DISAGREEMENTS)
        .map((one) => `${one.champion} against ${one.challenger}: ${one.pairs} times`),
    ],
    agreement: { ...found, disagreements: named },
  };
}
