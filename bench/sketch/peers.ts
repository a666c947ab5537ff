/**
 * Sketches that others count with, as their packages give them. Where their accuracy can be set, it is
 * that which ours has on the same values: with less they would not say the same, and with more they
 * would only be larger.
 */
import { createRequire } from 'node:module';
import { DDSketch } from '@datadog/sketches-js';
import {
  build,
  encodeIntoCompressedBase64,
  type Histogram,
  initWebAssembly,
} from 'hdr-histogram-js';
import type { NumericSeries } from './cases.ts';
import type { AnySketch, Sketch } from './sketch.ts';

/**
 * The relative error of a value that ours has: 4.33 % of the distance from the centre, but no less than
 * the zero band, in per cent of the value; the least over the reference's range.
 */
function relativeError({ center, scale, min, max }: NumericSeries): number {
  let least = 0.0433;
  for (let x = min; x < max; x += (max - min) / 1000) {
    const error = Math.max(0.0433 * Math.abs(x - center), scale / 64);
    least = Math.min(least, error / Math.abs(x));
  }
  return least;
}

const datadog: Sketch<DDSketch, DDSketch> = {
  name: '@datadog/sketches-js',
  signed: true,
  create: (series) => new DDSketch({ relativeAccuracy: relativeError(series) }),
  insert(into, values) {
    for (let i = 0; i < values.length; i++) into.accept(values[i]!);
  },
  insertByName(sketches, name, values) {
    for (let i = 0; i < values.length; i++) sketches.get(name)!.accept(values[i]!);
  },
  sent: (sketch) => sketch,
  merge(into, other) {
    into.merge(other);
    return into;
  },
  total: ({ store, negativeStore, zeroCount }) => store.count + negativeStore.count + zeroCount,
  wire: (sketch) => sketch.toProto(),
  quantile: (sketch, p) => sketch.getValueAtQuantile(p),
};

/** What the bench uses of OpenTelemetry's class, which its package does not export by name. */
interface Accumulation {
  readonly count: number;
  record(value: number): void;
  merge(previous: Accumulation): void;
  toPointValue(): object;
}

async function openTelemetry(): Promise<Sketch<Accumulation, Accumulation>> {
  const file = new URL(
    './aggregator/ExponentialHistogram.mjs',
    import.meta.resolve('@opentelemetry/sdk-metrics'),
  );
  const { ExponentialHistogramAccumulation } = (await import(file.href)) as {
    ExponentialHistogramAccumulation: new (startTime: [number, number]) => Accumulation;
  };
  return {
    name: '@opentelemetry/sdk-metrics',
    signed: true,
    create: () => new ExponentialHistogramAccumulation([0, 0]),
    insert(into, values) {
      for (let i = 0; i < values.length; i++) into.record(values[i]!);
    },
    insertByName(sketches, name, values) {
      for (let i = 0; i < values.length; i++) sketches.get(name)!.record(values[i]!);
    },
    sent: (accumulation) => accumulation,
    merge(into, other) {
      into.merge(other);
      return into;
    },
    total: ({ count }) => count,
    wire: (accumulation) => JSON.stringify(accumulation.toPointValue()),
  };
}

/** What the bench uses of tdigest, which has no types. */
interface Digest {
  readonly n: number;
  push(value: number): void;
  push_centroid(centroids: object[]): void;
  percentile(p: number): number;
  toArray(): { mean: number; n: number }[];
}

const { TDigest } = createRequire(import.meta.url)('tdigest') as { TDigest: new () => Digest };

const tdigest: Sketch<Digest, Digest> = {
  name: 'tdigest',
  signed: true,
  create: () => new TDigest(),
  insert(into, values) {
    for (let i = 0; i < values.length; i++) into.push(values[i]!);
  },
  insertByName(sketches, name, values) {
    for (let i = 0; i < values.length; i++) sketches.get(name)!.push(values[i]!);
  },
  sent: (digest) => digest,
  merge(into, other) {
    into.push_centroid(other.toArray());
    return into;
  },
  total: (digest) => digest.toArray().reduce((sum, { n }) => sum + n, 0),
  wire: (digest) => JSON.stringify(digest.toArray()),
  quantile: (digest, p) => digest.percentile(p),
};

/** It counts integers from 0 on, so it is given thousandths. */
const UNITS = 1000;

function hdr(useWebAssembly: boolean): Sketch<Histogram, Histogram> {
  const create = (series: NumericSeries) =>
    build({
      useWebAssembly,
      bitBucketSize: 32,
      autoResize: true,
      lowestDiscernibleValue: 1,
      highestTrackableValue: 2 ** 20,
      // A value is known to a unit of its last digit: twice the error.
      numberOfSignificantValueDigits: Math.ceil(-Math.log10(2 * relativeError(series))) as
        | 1
        | 2
        | 3
        | 4
        | 5,
    });
  const common = {
    signed: false,
    create,
    sent: (histogram: Histogram) => histogram,
    merge(into: Histogram, other: Histogram) {
      // The two kinds of it only add their own, which their common type cannot say.
      (into as { add(other: Histogram): void }).add(other);
      return into;
    },
    total: ({ totalCount }: Histogram) => totalCount,
    wire: (histogram: Histogram) => encodeIntoCompressedBase64(histogram),
    quantile: (histogram: Histogram, p: number) => histogram.getValueAtPercentile(100 * p) / UNITS,
  };
  // Two loops, so that neither has to deal with both kinds.
  if (useWebAssembly) {
    return {
      ...common,
      name: 'hdr-histogram-js, WASM',
      insert(into, values) {
        for (let i = 0; i < values.length; i++) into.recordValue(values[i]! * UNITS);
      },
      insertByName(sketches, name, values) {
        for (let i = 0; i < values.length; i++) sketches.get(name)!.recordValue(values[i]! * UNITS);
      },
    };
  }
  return {
    ...common,
    name: 'hdr-histogram-js',
    insert(into, values) {
      for (let i = 0; i < values.length; i++) into.recordValue(values[i]! * UNITS);
    },
    insertByName(sketches, name, values) {
      for (let i = 0; i < values.length; i++) sketches.get(name)!.recordValue(values[i]! * UNITS);
    },
  };
}

export async function loadPeers(): Promise<AnySketch[]> {
  await initWebAssembly();
  return [datadog, await openTelemetry(), tdigest, hdr(false), hdr(true)];
}
