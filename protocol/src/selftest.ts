/**
 * Golden cases: inputs with the outputs that the publisher computed, run on the device at warm-up,
 * so that wrong arithmetic of a backend is found before a user sees it.
 */
import * as v from 'valibot';
import { SiskinError } from './errors.ts';
import { issuesOf, TENSOR_TYPES } from './spec.ts';
import { type Tensor, type Tensors, type TensorType, tensorData, volumeOf } from './tensor.ts';

const between = (least: number, most: number) => (value: number) =>
  Number.isInteger(value) && value >= least && value <= most;

const HOLDS: Record<TensorType, (value: number) => boolean> = {
  float32: (value) => Number.isFinite(Math.fround(value)),
  int32: between(-(2 ** 31), 2 ** 31 - 1),
  // What a JSON number carries exactly.
  int64: Number.isSafeInteger,
  uint8: between(0, 255),
  bool: between(0, 1),
};

const PlainTensor = v.pipe(
  v.strictObject({
    type: v.picklist(TENSOR_TYPES),
    dims: v.array(v.pipe(v.number(), v.integer(), v.minValue(0))),
    data: v.array(v.pipe(v.number(), v.finite())),
  }),
  v.check((t) => t.data.length === volumeOf(t.dims), 'data and dims disagree'),
  v.check((t) => t.data.every(HOLDS[t.type]), 'data holds a value that its type cannot'),
);
const Tolerance = v.strictObject({
  absolute: v.pipe(v.number(), v.minValue(0)),
  relative: v.pipe(v.number(), v.minValue(0)),
});

export const SelfTestSchema = v.strictObject({
  v: v.literal(1),
  /** |got − expected| ≤ absolute + relative·|expected|; by backend, `default` for the others. */
  tolerance: v.objectWithRest({ default: Tolerance }, Tolerance),
  cases: v.pipe(
    v.array(
      v.strictObject({
        inputs: v.record(v.string(), PlainTensor),
        outputs: v.record(v.string(), PlainTensor),
      }),
    ),
    v.minLength(1),
    v.maxLength(100),
  ),
});

export type SelfTest = v.InferOutput<typeof SelfTestSchema>;
export type PlainTensor = v.InferOutput<typeof PlainTensor>;

/** @throws SiskinError `spec_invalid`. */
export function parseSelfTest(value: unknown): SelfTest {
  const result = v.safeParse(SelfTestSchema, value);
  if (!result.success)
    throw new SiskinError('spec_invalid', `the self-test is invalid: ${issuesOf(result.issues)}`);
  return result.output;
}

export function tensorsOf(plain: Record<string, PlainTensor>): Tensors {
  return Object.fromEntries(
    Object.entries(plain).map(([name, t]) => [
      name,
      { type: t.type, dims: t.dims, data: tensorData(t.type, t.data) },
    ]),
  );
}

/**
 * What differs between a backend's answer and the golden one, or undefined if nothing does.
 * A missing output, another length and a value that is not finite all differ.
 */
export function differenceOf(
  got: Readonly<Record<string, Tensor>>,
  expected: Record<string, PlainTensor>,
  tolerance: { absolute: number; relative: number },
): string | undefined {
  for (const [name, want] of Object.entries(expected)) {
    const tensor = got[name];
    if (tensor === undefined) return `output "${name}" is missing`;
    if (tensor.data.length !== want.data.length) {
      return `output "${name}" has ${tensor.data.length} elements, not ${want.data.length}`;
    }
    for (let i = 0; i < want.data.length; i++) {
      const value = Number(tensor.data[i]);
      const golden = want.data[i]!;
      if (
        !(Math.abs(value - golden) <= tolerance.absolute + tolerance.relative * Math.abs(golden))
      ) {
        return `output "${name}"[${i}] is ${value}, not ${golden}`;
      }
    }
  }
  return undefined;
}
