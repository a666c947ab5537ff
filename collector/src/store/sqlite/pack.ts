/**
 * Sparse counts as bytes: for each bin the distance from the one before and its count, each as an
 * unsigned LEB128 varint (https://en.wikipedia.org/wiki/LEB128). A latency histogram of a busy
 * minute takes about a hundred bytes.
 */
import type { SparseCounts } from '@siskin/protocol';

/** Longest varint of an integer below 2⁵³. */
const MAX_BYTES = 8;

export function pack(counts: SparseCounts): Buffer {
  const bytes = Buffer.allocUnsafe(counts.length * MAX_BYTES);
  let at = 0;
  let last = 0;
  for (let i = 0; i < counts.length; i += 2) {
    at = putVarint(bytes, at, counts[i]! - last);
    at = putVarint(bytes, at, counts[i + 1]!);
    last = counts[i]!;
  }
  return bytes.subarray(0, at);
}

/** @throws RangeError if the bytes end within a number. */
export function unpack(bytes: Uint8Array): SparseCounts {
  const counts: SparseCounts = [];
  let at = 0;
  let isCount = false;
  let bin = 0;
  while (at < bytes.length) {
    let value = 0;
    let factor = 1;
    let byte: number | undefined;
    do {
      byte = bytes[at++];
      if (byte === undefined) throw new RangeError('packed counts end within a number');
      // Not shifts: those have 32 bits.
      value += (byte & 0x7f) * factor;
      factor *= 128;
    } while (byte >= 0x80);
    if (isCount) counts.push(value);
    else {
      bin += value;
      counts.push(bin);
    }
    isCount = !isCount;
  }
  if (isCount) throw new RangeError('packed counts end with a bin without a count');
  return counts;
}

function putVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  let next = at;
  while (rest >= 0x80) {
    bytes[next++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  bytes[next++] = rest;
  return next;
}
