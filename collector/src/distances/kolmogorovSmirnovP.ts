/**
 * P-value of the two-sided two-sample Kolmogorov–Smirnov test: that two samples of one continuous
 * distribution have a D as large. Exact where neither sample is larger than 10 000, by counting lattice
 * paths (Hodges 1958); else that of one sample of mn / (m + n) observations. SciPy's rule.
 */
import { kolmogorovTail } from './kolmogorovTail.ts';

const MAX_EXACT = 10_000;

/**
 * @param d the statistic, 0 … 1; @param m size of one sample; @param n of the other, both ≥ 1.
 * @returns 0 … 1. Ties make it conservative.
 * @example kolmogorovSmirnovP(1, 3, 3) // 2 / C(6, 3) = .1
 */
export function kolmogorovSmirnovP(d: number, m: number, n: number): number {
  if (Math.max(m, n) <= MAX_EXACT) {
    const p = m === n ? equalSizes(d, n) : anySizes(d, m, n);
    if (p <= 1) return p;
  }
  return kolmogorovTail(Math.max(1, roundHalfEven((m * n) / (m + n))), d);
}

/**
 * 2 Σ_k ± C(2n, n − kh) / C(2n, n), h = nd, as a nested product so that nothing cancels (Gnedenko &
 * Korolyuk 1951).
 */
function equalSizes(d: number, n: number): number {
  const h = Math.round(d * n);
  if (h === 0) return 1;
  let p = 0;
  for (let k = Math.floor(n / h); k > 0; k--) {
    let ratio = 1;
    for (let j = 0; j < h; j++) {
      ratio *= (n - (k - 1) * h - j) / (n + (k - 1) * h + j + 1);
    }
    p = ratio * (1 - p);
  }
  return 2 * p;
}

/**
 * The share of lattice paths from (0, 0) to (m, n) that leave the band |i/m − j/n| < d, column by
 * column: a path comes to (i, j) from below or from the left in the proportion j : i.
 */
function anySizes(d: number, m: number, n: number): number {
  const [long, short] = m > n ? [m, n] : [n, m];
  const divisor = gcd(long, short);
  const a = long / divisor;
  const b = short / divisor;
  const h = Math.round(d * a * short); // in units of 1 / lcm
  if (h === 0) return 1;
  // By row j, the share of the paths to (i, j) that have left the band; 1 outside of it.
  const left = new Float64Array(short + 1).fill(1);
  let from = 0;
  for (let i = 0; i <= long; i++) {
    const first = Math.max(Math.floor((b * i - h) / a) + 1, 0);
    const last = Math.min(Math.ceil((b * i + h) / a) - 1, short);
    if (first > last) return 1;
    for (let j = from; j < first; j++) left[j] = 1;
    from = first;
    let below = first === 0 ? 0 : 1;
    for (let j = first; j <= last; j++) {
      if (i + j === 0) below = 0;
      else below = ((i === 0 ? 0 : left[j]! * i) + below * j) / (i + j);
      left[j] = below;
    }
  }
  return left[short]!;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}
