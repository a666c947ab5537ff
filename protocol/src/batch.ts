/**
 * A batch: what one device counted in one window. Nothing but non-negative integer counts of bins
 * of named series, and which model versions they belong to. Its random id makes a retry harmless.
 */
import * as v from 'valibot';
import { SiskinError } from './errors.ts';
import { faultOf, type SparseCounts } from './histogram.ts';
import { type Catalogue, sizeOf } from './series.ts';
import { issuesOf } from './spec.ts';

export const ARMS = ['champion', 'canary', 'shadow'] as const;
export type Arm = (typeof ARMS)[number];

/** Telemetry groups: each device draws one for good, so that variance between devices can be seen. */
export const GROUPS = 16;

export const LIMITS = {
  /** Bytes of a request body on the wire, and after decompression. */
  wireBytes: 256 * 1024,
  inflatedBytes: 1024 * 1024,
  /** Model versions in one window. */
  entries: 32,
  series: 5000,
  /** Predictions one device adds to one window of one series; the rest are counted as `clipped`. */
  predictions: 1000,
  /** The largest count of one bin: several windows merged while a device was offline. */
  count: 1_000_000,
  ageMs: 30 * 24 * 3600 * 1000,
} as const;

const Integer = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Short = v.pipe(v.string(), v.minLength(1), v.maxLength(64));

const EntrySchema = v.strictObject({
  model: Short,
  version: Short,
  arm: v.picklist(ARMS),
  /** Sequence of the manifest that put this version on the device. */
  sequence: Integer,
  series: v.pipe(
    v.record(v.pipe(v.string(), v.maxLength(160)), v.array(v.number())),
    v.maxEntries(LIMITS.series, `more than ${LIMITS.series} series`),
  ),
});

export const BatchSchema = v.strictObject({
  v: v.literal(1),
  /** 128 random bits, base64url without padding. */
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/, 'an id is 22 characters of base64url')),
  group: v.pipe(Integer, v.maxValue(GROUPS - 1)),
  /** The SDK's version, and nothing else. */
  sdk: v.pipe(v.string(), v.regex(/^\d{1,4}(\.\d{1,4}){2}(-[0-9a-z.]{1,20})?$/, 'not a version')),
  /** Milliseconds between the end of the window and this request, by the device's clock. */
  age: v.pipe(Integer, v.maxValue(LIMITS.ageMs)),
  /** Length of the window in milliseconds. */
  span: v.pipe(Integer, v.maxValue(LIMITS.ageMs)),
  entries: v.pipe(v.array(EntrySchema), v.minLength(1), v.maxLength(LIMITS.entries)),
});

export type Batch = v.InferOutput<typeof BatchSchema>;
export type BatchEntry = Batch['entries'][number];

/**
 * Checks the shape of an untrusted batch; {@link checkEntry} checks its counts.
 * @throws SiskinError `batch_invalid`.
 */
export function parseBatch(value: unknown): Batch {
  const result = v.safeParse(BatchSchema, value, { abortEarly: true });
  if (!result.success)
    throw new SiskinError('batch_invalid', `the batch is invalid: ${issuesOf(result.issues)}`);
  return result.output;
}

/**
 * Checks the counts of one entry against its model version's catalogue.
 * @throws SiskinError `batch_unknown_series` or `batch_invalid`.
 */
export function checkEntry(entry: BatchEntry, catalogue: Catalogue): void {
  for (const [name, counts] of Object.entries(entry.series)) {
    const series = catalogue.get(name);
    if (series === undefined) {
      throw new SiskinError(
        'batch_unknown_series',
        `model "${entry.model}" version "${entry.version}" has no series "${name.slice(0, 160)}"`,
      );
    }
    const fault = faultOf(counts, sizeOf(series), LIMITS.count);
    if (fault !== undefined) throw new SiskinError('batch_invalid', `series "${name}": ${fault}`);
  }
}

export type SeriesCounts = Record<string, SparseCounts>;
