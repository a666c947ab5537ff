/**
 * What is worth a look when a version is to follow the champion, though nothing forbids it: reference
 * data that has moved, or that says less than before.
 */
import {
  type ComparableSeries,
  categoryBinOf,
  categoryOf,
  definitionsOf,
  FIRST_CATEGORY,
  isComparable,
  type ReferenceProfile,
  referenceCounts,
  SERIES,
  type SparseCounts,
} from '@siskin/protocol';
import { isOrdered, massesOf, quantile, segmentsOf } from './distribution.ts';
import { measure } from './drift/measure.ts';
import { policyOf } from './drift/policy.ts';

/** Sizes from which a shift in use is an alarm, too. */
const FLOORS = policyOf().sizeOf('');
/** So many times as wide or as narrow. */
const SPREAD_RATIO = 1.25;

/** One line for each thing; none, if the two references say the same and as much. */
export function profileChanges(champion: ReferenceProfile, next: ReferenceProfile): string[] {
  return [
    ...distributionChanges(champion, next),
    ...(next.n < champion.n
      ? [`the reference has ${rows(next.n)}, the champion's ${rows(champion.n)}`]
      : []),
    ...calibrationChanges(champion, next),
    ...metricChanges(champion.metrics, next.metrics),
  ];
}

const rows = (n: number) => `${n} ${n === 1 ? 'row' : 'rows'}`;

function distributionChanges(champion: ReferenceProfile, next: ReferenceProfile): string[] {
  const after = new Map(definitionsOf(next).map((series) => [series.name, series]));
  return definitionsOf(champion).flatMap((before) => {
    const { name } = before;
    if (!name.startsWith(SERIES.input('')) || !isComparable(before)) return [];
    const series = after.get(name);
    if (series === undefined || !isComparable(series)) {
      return [`the reference says nothing of ${name}, the champion's does`];
    }
    const moved = shift(
      { series: before, counts: referenceCounts(champion, name)! },
      { series, counts: referenceCounts(next, name)! },
    );
    return moved === undefined ? [] : [`the reference of ${name} has moved: ${moved}`];
  });
}

interface Counted<S = ComparableSeries> {
  series: S;
  counts: SparseCounts;
}

function shift(before: Counted, after: Counted): string | undefined {
  if (before.series.kind !== after.series.kind) {
    return `it is counted as ${after.series.kind}, not as ${before.series.kind}`;
  }
  const same = inBinsOf(before.series, after);
  const now = same === undefined ? after : { series: before.series, counts: same };
  const rate = byRates(before, now);
  if (rate !== undefined || same !== undefined) return rate ?? byDistances(before, same!);
  return isOrdered(before.series) && isOrdered(after.series)
    ? byQuantiles({ ...before, series: before.series }, { ...after, series: after.series })
    : undefined;
}

/** What is no value of the champion's: with bins of its own, and outside every distance. */
const RATES = ['missing', 'invalid', 'other'] as const;

function byRates(before: Counted, after: Counted): string | undefined {
  const was = measure(before.series, before.counts, before.counts);
  const is = measure(after.series, after.counts, after.counts);
  for (const name of RATES) {
    const old = was.rates[name]?.share ?? 0;
    const young = is.rates[name]?.share ?? 0;
    const pooled = (old * was.n + young * is.n) / (was.n + is.n);
    const error = Math.sqrt(pooled * (1 - pooled) * (1 / was.n + 1 / is.n));
    if (Math.abs(young - old) >= FLOORS.rate + 2 * error) {
      return `${percent(old)} of it ${WORDS[name]}, now ${percent(young)}`;
    }
  }
  return undefined;
}

const WORDS = {
  missing: 'was missing',
  invalid: 'was no number',
  other: 'was in no category of the champion',
} as const;
const percent = (share: number) => `${short(100 * share)} %`;

/** The counts as the other series' bins would hold them; undefined if that cannot be said. */
function inBinsOf(
  series: ComparableSeries,
  { series: own, counts }: Counted,
): SparseCounts | undefined {
  if (series.kind === 'category' && own.kind === 'category') {
    const moved = new Map<number, number>();
    for (let i = 0; i < counts.length; i += 2) {
      const bin = counts[i]!;
      const to =
        bin < FIRST_CATEGORY
          ? bin
          : categoryBinOf(categoryOf(bin, own.categories), series.categories);
      moved.set(to, (moved.get(to) ?? 0) + counts[i + 1]!);
    }
    return [...moved].sort(([a], [b]) => a - b).flat();
  }
  if (series.kind === 'unit') return counts;
  if (series.kind !== 'numeric' || own.kind !== 'numeric') return undefined;
  const agree =
    series.center === own.center &&
    series.scale === own.scale &&
    series.atoms.length === own.atoms.length &&
    series.atoms.every((atom, i) => atom === own.atoms[i]);
  return agree ? counts : undefined;
}

function byDistances({ series, counts }: Counted, next: SparseCounts): string | undefined {
  const { psiCorrected, wasserstein, n, referenceN } = measure(series, counts, next);
  if (psiCorrected !== null && psiCorrected >= FLOORS.psi) return `PSI ${psiCorrected.toFixed(2)}`;
  return wasserstein !== null && wasserstein >= FLOORS.wasserstein + noise(n, referenceN)
    ? `Wasserstein-1 ${wasserstein.toFixed(2)} interquartile ranges`
    : undefined;
}

/** Two versions learn their bins each from its own data: what both can tell are their quartiles. */
function byQuantiles(
  before: Counted<Parameters<typeof segmentsOf>[0]>,
  after: Counted<Parameters<typeof segmentsOf>[0]>,
): string | undefined {
  const old = quartilesOf(before);
  const young = quartilesOf(after);
  if (old === undefined || young === undefined) {
    return old === young ? undefined : 'one of the two holds no values';
  }
  const spread = old.q3 - old.q1;
  const other = young.q3 - young.q1;
  const moved = Math.abs(young.median - old.median);
  if (moved > 0 && moved >= (FLOORS.wasserstein + noise(old.n, young.n)) * spread) {
    return `its median was ${short(old.median)} and is ${short(young.median)}`;
  }
  const ratio = SPREAD_RATIO + noise(old.n, young.n);
  return other > spread * ratio || spread > other * ratio
    ? `its interquartile range was ${short(spread)} and is ${short(other)}`
    : undefined;
}

function quartilesOf({ series, counts }: Counted<Parameters<typeof segmentsOf>[0]>) {
  const segments = segmentsOf(series);
  const masses = massesOf(segments, counts);
  const [q1, median, q3] = [0.25, 0.5, 0.75].map((p) => quantile(segments, masses, p));
  if (q1 === undefined || median === undefined || q3 === undefined) return undefined;
  return { q1, median, q3, n: masses.reduce((sum, mass) => sum + mass, 0) };
}

/**
 * Twice the standard error of the difference of two samples' medians, in interquartile ranges: of a
 * normal distribution it is √(π/2) σ √(1/n + 1/m), and σ is 0.741 of these.
 */
const noise = (n: number, m: number): number =>
  2 * Math.sqrt(Math.PI / 2) * 0.741 * Math.sqrt(1 / n + 1 / m);

const short = (value: number) => String(Number(value.toPrecision(4)));

function calibrationChanges(champion: ReferenceProfile, next: ReferenceProfile): string[] {
  const lost: string[] = [];
  if (champion.outcomes !== undefined && next.outcomes === undefined) {
    lost.push(
      "the reference has no calibration, the champion's has: accuracy cannot be estimated without labels. Profile rows whose truth is known",
    );
  }
  const { residualByValue } = SERIES;
  if (
    referenceCounts(champion, residualByValue) !== undefined &&
    referenceCounts(next, residualByValue) === undefined
  ) {
    lost.push(
      "the reference has no residuals, the champion's has: errors cannot be estimated without labels. Profile rows whose truth is known",
    );
  }
  return lost;
}

/** Words in the names of metrics of which less is better, and of those of which more is. */
const LESS = wordsOf('error loss residual mae mse rmse mape brier ece perplexity');
const MORE = wordsOf('accuracy precision recall f1 auc auroc r2 kappa mcc iou bleu');

function wordsOf(words: string): RegExp {
  return new RegExp(`(?:^|[^a-z])(?:${words.replaceAll(' ', '|')})(?:[^a-z0-9]|$)`, 'i');
}

/** What is neither known to be better high nor low is not judged. */
function metricChanges(
  champion: Readonly<Record<string, number>>,
  next: Readonly<Record<string, number>>,
): string[] {
  const lost = Object.keys(champion).filter((name) => !(name in next));
  const worse = Object.entries(champion).filter(([name, before]) => {
    const after = next[name];
    if (after === undefined) return false;
    return LESS.test(name) ? after > before : MORE.test(name) && after < before;
  });
  const text = worse.map(
    ([name, before]) => `${name} ${short(next[name]!)} (the champion's ${short(before)})`,
  );
  return [
    ...(lost.length === 0 ? [] : [`metrics that the champion has are missing: ${lost.join(', ')}`]),
    ...(text.length === 0 ? [] : [`metrics are worse: ${text.join(', ')}`]),
  ];
}
