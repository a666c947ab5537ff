/**
 * Counts of bins: dense while counting, sparse where they are stored or sent, merged by addition.
 */

/** Alternating bin index and count, indices strictly ascending, counts positive integers. */
export type SparseCounts = number[];

/** Dense counts. Float64 holds integers exactly to 2⁵³, more than any fleet can add up to. */
export type DenseCounts = Float64Array;

export function toSparse(dense: ArrayLike<number>): SparseCounts {
  const sparse: SparseCounts = [];
  for (let bin = 0; bin < dense.length; bin++) {
    const count = dense[bin]!;
    if (count !== 0) sparse.push(bin, count);
  }
  return sparse;
}

/** @throws RangeError if a bin lies outside `size`. */
export function toDense(sparse: SparseCounts, size: number): DenseCounts {
  return addSparse(new Float64Array(size), sparse);
}

/** Adds in place and returns `into`. @throws RangeError if a bin lies outside. */
export function addSparse(into: DenseCounts, sparse: SparseCounts): DenseCounts {
  for (let i = 0; i < sparse.length; i += 2) {
    const bin = sparse[i]!;
    if (!(bin >= 0 && bin < into.length))
      throw new RangeError(`bin ${bin} is outside 0…${into.length - 1}`);
    into[bin]! += sparse[i + 1]!;
  }
  return into;
}

/** The sum of two histograms: associative, commutative, and no count is lost. */
export function mergeSparse(a: SparseCounts, b: SparseCounts): SparseCounts {
  return a.length < b.length ? mergeInto(b, a) : mergeInto(a, b);
}

/** Most of what is merged is small beside what is there, and has no bin that is new to it. */
function mergeInto(large: SparseCounts, small: SparseCounts): SparseCounts {
  const sum = large.slice();
  let i = 0;
  for (let j = 0; j < small.length; j += 2) {
    const bin = small[j]!;
    while (sum[i]! < bin) i += 2;
    if (sum[i] !== bin) return interleave(large, small);
    sum[i + 1]! += small[j + 1]!;
    i += 2;
  }
  return sum;
}

function interleave(a: SparseCounts, b: SparseCounts): SparseCounts {
  // As long as it can become, and cut at the end: an array that grows is copied again and again.
  const merged: SparseCounts = new Array(a.length + b.length);
  let i = 0;
  let j = 0;
  let n = 0;
  while (i < a.length && j < b.length) {
    const left = a[i]!;
    const right = b[j]!;
    let count = 0;
    if (left <= right) {
      count = a[i + 1]!;
      i += 2;
    }
    if (right <= left) {
      count += b[j + 1]!;
      j += 2;
    }
    merged[n++] = Math.min(left, right);
    merged[n++] = count;
  }
  while (i < a.length) merged[n++] = a[i++]!;
  while (j < b.length) merged[n++] = b[j++]!;
  merged.length = n;
  return merged;
}

export function totalOf(sparse: SparseCounts): number {
  let total = 0;
  for (let i = 1; i < sparse.length; i += 2) total += sparse[i]!;
  return total;
}

/** What is wrong with untrusted counts for a series of `size` bins, or undefined if nothing is. */
export function faultOf(counts: unknown, size: number, maxCount: number): string | undefined {
  if (!Array.isArray(counts)) return 'counts are not an array of bin, count, bin, count …';
  if (counts.length % 2 !== 0) return 'counts have a bin without a count';
  let last = -1;
  for (let i = 0; i < counts.length; i += 2) {
    const bin: unknown = counts[i];
    const count: unknown = counts[i + 1];
    if (!Number.isInteger(bin)) return `bin ${String(bin)} is not an integer`;
    if ((bin as number) >= size || (bin as number) < 0)
      return `bin ${String(bin)} is outside 0…${size - 1}`;
    if ((bin as number) <= last) return `bin ${String(bin)} is out of order`;
    if (!Number.isInteger(count) || (count as number) <= 0) {
      return `count ${String(count)} of bin ${String(bin)} is not a positive integer`;
    }
    if ((count as number) > maxCount)
      return `count ${String(count)} of bin ${String(bin)} exceeds ${maxCount}`;
    last = bin as number;
  }
  return undefined;
}
