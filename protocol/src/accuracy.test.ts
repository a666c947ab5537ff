/**
 * What is lost by keeping counts instead of values: two samples of 100 000, each counted on 1000
 * clients of 100 values and merged, against the same figures from the raw values.
 */
import { describe, expect, it } from 'vitest';
import {
  binCount,
  binOf,
  boundsOf,
  FIRST_ATOM,
  FIRST_VALUE_BIN,
  IDENTITY,
  type Transform,
} from './bins.ts';
import { mergeSparse, type SparseCounts, toDense, toSparse, totalOf } from './histogram.ts';

const CLIENTS = 1000;
const VALUES = 100;

/** Mulberry32 (Tommy Ettinger, public domain): uniform on [0, 1), the same in every run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Box and Muller 1958. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function sample(seed: number, draw: (random: () => number) => number): number[] {
  const random = randomFrom(seed);
  return Array.from({ length: CLIENTS * VALUES }, () => draw(random));
}

const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
const at = (ascending: readonly number[], p: number) =>
  ascending[Math.min(ascending.length - 1, Math.floor(p * ascending.length))]!;

function transformFor(reference: readonly number[]): Transform {
  const ascending = sorted(reference);
  const counts = new Map<number, number>();
  for (const value of reference) counts.set(value, (counts.get(value) ?? 0) + 1);
  const atoms = [...counts].filter(([, n]) => n >= reference.length / 100).map(([value]) => value);
  return {
    center: at(ascending, 0.5),
    scale: at(ascending, 0.75) - at(ascending, 0.25),
    atoms: sorted(atoms),
    min: ascending[0]!,
    max: ascending.at(-1)!,
  };
}

/** Counted on clients, merged in an order that nobody chose. */
function counted(values: readonly number[], transform: Transform): SparseCounts {
  const clients = Array.from({ length: CLIENTS }, (_, client) => {
    const dense = new Float64Array(binCount(transform));
    for (const value of values.slice(client * VALUES, (client + 1) * VALUES)) {
      dense[binOf(value, transform)]! += 1;
    }
    return toSparse(dense);
  });
  return clients.toReversed().reduce(mergeSparse, []);
}

interface Step {
  /** Upper end of the bin in the value's own unit. */
  upper: number;
  lower: number;
  count: number;
}

/** Bins that hold values, in the order of the values: an atom comes before the bin it lies in. */
function steps(counts: SparseCounts, transform: Transform): Step[] {
  const dense = toDense(counts, binCount(transform));
  const bins = [...dense.keys()].filter((bin) => bin >= FIRST_VALUE_BIN);
  return bins
    .map((bin) => ({ ...boundsOf(bin, transform), count: dense[bin]!, atom: bin >= FIRST_ATOM }))
    .sort((a, b) => a.upper - b.upper || Number(b.atom) - Number(a.atom));
}

/** max |F − G| over the bins' ends, where both are known. */
function binnedKs(a: readonly Step[], b: readonly Step[]): number {
  let [difference, worst] = [0, 0];
  for (const [i, { count }] of a.entries()) {
    difference += (count - b[i]!.count) / (CLIENTS * VALUES);
    worst = Math.max(worst, Math.abs(difference));
  }
  return worst;
}

/** The two-sample Kolmogorov–Smirnov distance of raw values. */
function rawKs(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [sorted(a), sorted(b)];
  let [i, j, worst] = [0, 0, 0];
  while (i < x.length && j < y.length) {
    const value = Math.min(x[i]!, y[j]!);
    while (x[i] === value) i++;
    while (y[j] === value) j++;
    worst = Math.max(worst, Math.abs(i / x.length - j / y.length));
  }
  return worst;
}

/** The bin that holds the p-quantile. */
function quantileStep(all: readonly Step[], p: number): Step {
  const rank = Math.floor(p * CLIENTS * VALUES);
  let before = 0;
  for (const step of all) {
    before += step.count;
    if (before > rank) return step;
  }
  throw new Error('there are fewer counts than ranks');
}

const CASES = {
  normal: [(r) => normal(r), (r) => 0.1 + 1.05 * normal(r)],
  lognormal: [(r) => Math.exp(normal(r)), (r) => Math.exp(0.05 + 1.1 * normal(r))],
  'zeros and negatives': [
    (r) => (r() < 0.3 ? 0 : r() < 0.5 ? -Math.exp(normal(r)) : 5 + 2 * normal(r)),
    (r) => (r() < 0.35 ? 0 : r() < 0.5 ? -Math.exp(normal(r)) : 5.1 + 2 * normal(r)),
  ],
  'far from zero': [(r) => 300 + normal(r), (r) => 300.1 + 1.05 * normal(r)],
} satisfies Record<string, ((random: () => number) => number)[]>;

describe.each(Object.entries(CASES))('%s data', (_, [drawReference, drawCurrent]) => {
  const reference = sample(1, drawReference!);
  const current = sample(2, drawCurrent!);
  const transform = transformFor(reference);
  const [p, q] = [counted(reference, transform), counted(current, transform)];
  const [pSteps, qSteps] = [steps(p, transform), steps(q, transform)];

  it('loses no count', () => {
    expect(totalOf(p)).toBe(CLIENTS * VALUES);
    expect(totalOf(q)).toBe(CLIENTS * VALUES);
  });

  it('gives the Kolmogorov–Smirnov distance to within .0015', () => {
    const raw = rawKs(reference, current);
    expect(raw).toBeGreaterThan(0.02);
    expect(Math.abs(binnedKs(pSteps, qSteps) - raw)).toBeLessThanOrEqual(0.0015);
  });

  it('gives quantiles to within 4.4 % of |z|', () => {
    const ascending = sorted(current);
    for (const share of [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999]) {
      const { lower, upper } = quantileStep(qSteps, share);
      const z = (value: number) => (value - transform.center) / transform.scale;
      // The mid-point whose relative error is the same at both ends, as OpenTelemetry defines it.
      const [a, b] = [z(lower), z(upper)];
      const middle = a * b > 0 ? (2 * a * b) / (a + b) : (a + b) / 2;
      const raw = z(at(ascending, share));
      // The zero band is 2⁻⁶ to either side.
      const allowed = Math.max(0.044 * Math.abs(raw), 2 ** -6);
      expect(Math.abs(middle - raw), `quantile ${share}`).toBeLessThanOrEqual(allowed);
    }
  });
});

it('is why values are centred: bins of the plain value are blind far from zero', () => {
  const [drawReference, drawCurrent] = CASES['far from zero'];
  const [reference, current] = [sample(1, drawReference!), sample(2, drawCurrent!)];
  expect(rawKs(reference, current)).toBeGreaterThan(0.04);
  const blind = [reference, current].map((values) => steps(counted(values, IDENTITY), IDENTITY));
  expect(binnedKs(blind[0]!, blind[1]!)).toBeLessThan(0.01);
});
