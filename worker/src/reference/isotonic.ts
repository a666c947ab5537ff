/**
 * Isotonic regression: the rising values that lie closest to the given ones, by weighted squares. By
 * pooling adjacent violators (Barlow et al. 1972). `isotonic([1, 3, 2], [1, 1, 1])` is [1, 2.5, 2.5].
 * @param weights ≥ 0; where one is 0 the value counts for nothing, and the result lies on the straight
 *   line between its neighbours', beyond the outermost level with it.
 * @returns as many values, none below the one before; all 0 where no weight is above 0.
 */
export function isotonic(values: ArrayLike<number>, weights: ArrayLike<number>): Float64Array {
  interface Block {
    mean: number;
    weight: number;
    /** Places it holds. */
    from: number;
    to: number;
  }
  const blocks: Block[] = [];
  for (let i = 0; i < values.length; i++) {
    if (!(weights[i]! > 0)) continue;
    let last: Block = { mean: values[i]!, weight: weights[i]!, from: i, to: i };
    while (blocks.length > 0 && blocks.at(-1)!.mean >= last.mean) {
      const before = blocks.pop()!;
      const weight = before.weight + last.weight;
      const mean = (before.mean * before.weight + last.mean * last.weight) / weight;
      last = { mean, weight, from: before.from, to: last.to };
    }
    blocks.push(last);
  }
  const fitted = new Float64Array(values.length);
  for (const [b, { mean, from, to }] of blocks.entries()) {
    fitted.fill(mean, from, to + 1);
    if (b === 0) fitted.fill(mean, 0, from);
    const next = blocks[b + 1];
    const end = next?.from ?? values.length;
    for (let i = to + 1; i < end; i++) {
      fitted[i] = next === undefined ? mean : mean + ((next.mean - mean) * (i - to)) / (end - to);
    }
  }
  return fitted;
}
