/**
 * Which bucket an installation falls into: GrowthBook's hash, version 2
 * (https://docs.growthbook.io/lib/build-your-own#hash-function). Deterministic and sticky; the id
 * never leaves the device.
 */

/** 32-bit FNV-1a over UTF-16 code units, as GrowthBook's SDKs compute it. Ids are ASCII. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

/** A number in [0, 1) in steps of 0.0001. */
export function bucketOf(seed: string, id: string): number {
  return (fnv1a32(String(fnv1a32(seed + id))) % 10000) / 10000;
}
