/**
 * P(D_n ≥ d) of the two-sided one-sample Kolmogorov–Smirnov statistic of n observations, each method
 * where Simard & L'Ecuyer (2011, Journal of Statistical Software 39/11) find it accurate: closed forms
 * at both ends, Durbin's matrix (Marsaglia, Tsang & Wang 2003) for few observations or small d, twice
 * the one-sided tail for large d (Miller 1956), and Pelz & Good's (1976) expansion between.
 */
import gammaln from '@stdlib/math-base-special-gammaln';

/** Up to here everything is exact. */
const FEW = 140;

/** @param n ≥ 1, an integer; @param d 0 … 1. @returns 0 … 1. */
export function kolmogorovTail(n: number, d: number): number {
  const t = n * d;
  if (d >= 1) return 0;
  if (t <= 0.5) return 1;
  if (t <= 1) return 1 - Math.exp(logStirling(n) + n * (Math.log(2 * t - 1) - 1));
  if (t >= n - 1) return 2 * (1 - d) ** n;
  const square = t * d;
  if (square >= 370) return 0;
  if (d >= 0.5 || square > (n <= FEW ? 4 : 2.2)) return Math.min(1, 2 * oneSidedTail(n, d));
  if (n <= FEW || (n <= 100_000 && n * d ** 1.5 <= 1.4)) return 1 - durbin(n, d);
  return 1 - pelzGood(n, Math.sqrt(n) * d);
}

/** ln(n! / (n / e)^n). */
function logStirling(n: number): number {
  return gammaln(n + 1) - n * Math.log(n) + n;
}

/**
 * P(D⁺_n ≥ d) = d Σ_j C(n, j) (d + j/n)^(j−1) (1 − d − j/n)^(n−j) (Birnbaum & Tingey 1951); beyond a
 * million observations its limit exp(−(6nd + 1)² / 18n).
 */
function oneSidedTail(n: number, d: number): number {
  if (n > 1_000_000) return Math.exp(-((6 * n * d + 1) ** 2) / (18 * n));
  const logFactorial = gammaln(n + 1);
  let tail = 0;
  for (let j = 0; j <= Math.floor(n * (1 - d)); j++) {
    const below = d + j / n;
    if (below >= 1) break;
    const logTerm =
      logFactorial -
      gammaln(j + 1) -
      gammaln(n - j + 1) +
      (j - 1) * Math.log(below) +
      (n - j) * Math.log1p(-below);
    tail += Math.exp(logTerm);
  }
  return d * tail;
}

/**
 * P(D_n < d) as the middle element of the n-th power of a (2k − 1)² matrix, k = ⌈nd⌉, times n!/nⁿ. The
 * matrix is divided by e, which keeps its powers within range.
 */
function durbin(n: number, d: number): number {
  const k = Math.ceil(n * d);
  const size = 2 * k - 1;
  const h = k - n * d;
  const factorials = new Float64Array(size + 1).fill(1);
  for (let i = 2; i <= size; i++) factorials[i] = factorials[i - 1]! * i;
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const order = i - j + 1;
      if (order < 0) continue;
      let entry = 1;
      if (j === 0) entry -= h ** (i + 1);
      if (i === size - 1) entry -= h ** (size - j);
      if (order === size && 2 * h > 1) entry += (2 * h - 1) ** size;
      matrix[i * size + j] = entry / factorials[order]! / Math.E;
    }
  }
  let power = new Float64Array(size * size);
  for (let i = 0; i < size; i++) power[i * size + i] = 1;
  let square = matrix;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = multiply(power, square, size);
    if (rest > 1) square = multiply(square, square, size);
  }
  return power[(k - 1) * size + k - 1]! * Math.exp(logStirling(n));
}

function multiply(a: Float64Array, b: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const product = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      const factor = a[i * size + k]!;
      if (factor === 0) continue;
      for (let j = 0; j < size; j++) product[i * size + j]! += factor * b[k * size + j]!;
    }
  }
  return product;
}

/** P(√n D_n < z) to the order n^(−3/2). */
function pelzGood(n: number, z: number): number {
  const z2 = z * z;
  const z4 = z2 * z2;
  const z6 = z4 * z2;
  const z8 = z4 * z4;
  const sums = [0, 0, 0, 0];
  const add = (order: number, term: number): void => {
    sums[order]! += term;
  };
  // Both series fall like exp(−k²π²/2z²): with z < 1.5 thirty terms are more than doubles can tell.
  for (let k = 0; k < 30; k++) {
    const u = (Math.PI * (k + 0.5)) ** 2;
    const halves = 2 * Math.exp(-u / (2 * z2)); // of k + ½ and of −(k + ½)
    add(0, halves / z);
    add(1, (halves * (u - z2)) / (6 * z4));
    const second = 6 * z6 + 2 * z4 + u * (2 * z4 - 5 * z2) + u * u * (1 - 2 * z2);
    add(2, (halves * second) / (72 * z6 * z));
    const third =
      u ** 3 * (5 - 30 * z2) +
      u * u * (212 * z4 - 60 * z2) +
      u * (135 * z4 - 96 * z6) -
      (30 * z6 + 90 * z8);
    add(3, (halves * third) / (6480 * z8 * z2));
    const w = (Math.PI * (k + 1)) ** 2;
    const wholes = 2 * Math.exp(-w / (2 * z2));
    add(2, -(wholes * w) / (36 * z2 * z));
    add(3, (wholes * (3 * w * z2 - w * w)) / (216 * z6));
  }
  const scaled = sums.map((sum, order) => sum / n ** (order / 2));
  return Math.sqrt(Math.PI / 2) * scaled.reduce((total, term) => total + term, 0);
}
