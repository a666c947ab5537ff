/**
 * The device's histogram against the sketches that others count with: what it costs to count a value,
 * an array of them, to merge and to send; and what is lost against the raw values. Every ratio is that
 * of the fastest peer's time to ours on the same values, above 1 where ours is faster, and the worst of
 * all distributions.
 */
import { type Errors, measureAccuracy } from './sketch/accuracy.ts';
import { CASES, place } from './sketch/cases.ts';
import { loadPeers } from './sketch/peers.ts';
import { measureSpeed, type Speed } from './sketch/speed.ts';

const rounded = (value: number, digits = 2) => Number(value.toFixed(digits));
const OURS = 'siskin';

/** How many times ours the least of the peers' is, but for those that do not do the work. */
function ratio(
  times: Record<string, number>,
  ours = times[OURS]!,
  but: readonly string[] = [],
): number {
  const peers = Object.entries(times).filter(([name]) => name !== OURS && !but.includes(name));
  return Math.min(...peers.map(([, time]) => time)) / ours;
}

function figuresOf(speed: Speed) {
  const { insert, insertByName, batchInsert, merge, mergeDense, loses, bytes } = speed;
  const all = (times: Record<string, number>) =>
    Object.fromEntries(Object.entries(times).map(([name, ns]) => [name, rounded(ns)]));
  return {
    insert_ratio: rounded(ratio(insert)),
    batch_insert_ratio: rounded(ratio(insert, batchInsert)),
    insert_by_name_ratio: rounded(ratio(insertByName)),
    merge_ratio: rounded(ratio(merge, mergeDense, loses)),
    merge_of_lists_ratio: rounded(ratio(merge, merge[OURS], loses)),
    merge_loses_values: loses,
    ns: {
      insert: all(insert),
      batch_insert: rounded(batchInsert),
      insert_by_name: all(insertByName),
      merge: all(merge),
      merge_into_dense: rounded(mergeDense),
    },
    bytes_of_1000_values: bytes,
  };
}

export async function run(): Promise<object> {
  const peers = await loadPeers();
  const cases = await Promise.all(CASES.map(place));
  // Not measured: an engine has to meet every kind of values before it settles.
  for (const one of cases) measureSpeed(one, peers);
  const distributions = cases.map((one) => ({
    name: one.name,
    ...figuresOf(measureSpeed(one, peers)),
    left_out: peers.filter(({ signed }) => one.signed && !signed).map(({ name }) => name),
  }));
  const worst = (of: (one: (typeof distributions)[number]) => number) =>
    Math.min(...distributions.map(of));
  const accuracy = cases.map((one) => ({ name: one.name, ...measureAccuracy(one, peers) }));
  const worstError = (of: keyof Errors) =>
    Math.max(...accuracy.map(({ errors }) => errors[OURS]?.[of] ?? Number.POSITIVE_INFINITY));
  return {
    name: 'sketch',
    insert_ratio_to_fastest_peer: worst((one) => one.insert_ratio),
    batch_insert_ratio_to_fastest_peer: worst((one) => one.batch_insert_ratio),
    merge_ratio_to_fastest_peer: worst((one) => one.merge_ratio),
    insert_by_name_ratio_to_fastest_peer: worst((one) => one.insert_by_name_ratio),
    merge_of_lists_ratio_to_fastest_peer: worst((one) => one.merge_of_lists_ratio),
    headline: 'worst of the distributions',
    left_out:
      'peers that cannot take values below 0, where there are any; peers whose merge loses values',
    merges:
      'in place, as the peers merge; merge_of_lists: into a new list, as the collector stores them',
    accuracy: {
      ks: rounded(worstError('ks'), 5),
      psi: rounded(worstError('psi'), 5),
      js: rounded(worstError('js'), 5),
      w1_sigma: rounded(worstError('w1_sigma'), 5),
      quantiles_of_allowed: rounded(worstError('quantiles')),
      limits: { ks: 0.0015, psi: 0.0005, js: 0.002, w1_sigma: 0.0006, quantiles_of_allowed: 1 },
      distributions: accuracy,
    },
    distributions,
    limits: {
      insert_ratio_to_fastest_peer: 2,
      batch_insert_ratio_to_fastest_peer: 5,
      merge_ratio_to_fastest_peer: 1,
    },
  };
}
