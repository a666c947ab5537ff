/**
 * Polynomials in the rank of a bin that are orthonormal under the reference's bin masses: the discrete
 * counterpart of the shifted Legendre polynomials in Neyman's smooth test (Rayner & Best 1989, ch. 4).
 * Under the reference each has mean 0 and variance 1, and no two are correlated; so the first sees a
 * shift, the second a change of spread, the third one of skewness, the fourth one of the tails.
 * @param masses of the reference by bin, ascending in value; not all 0.
 * @param order the highest degree.
 * @returns `order` rows of one score for each bin; fewer if fewer than order + 1 bins have mass.
 */
export function orthonormalPolynomials(masses: ArrayLike<number>, order: number): Float64Array[] {
  const shares = shareOf(masses);
  const ranks = midRanks(shares);
  const rows: Float64Array[] = [new Float64Array(shares.length).fill(1)];
  for (let degree = 1; degree <= order; degree++) {
    const row = rows.at(-1)!.map((value, bin) => value * (ranks[bin]! - 0.5));
    // Twice, because one pass of Gram–Schmidt leaves rounding errors that the division magnifies.
    for (let pass = 0; pass < 2; pass++) {
      for (const other of rows) {
        const along = inner(row, other, shares);
        for (let bin = 0; bin < row.length; bin++) row[bin]! -= along * other[bin]!;
      }
    }
    const norm = Math.sqrt(inner(row, row, shares));
    if (norm < 1e-9) break;
    rows.push(row.map((value) => value / norm));
  }
  return rows.slice(1);
}

function shareOf(masses: ArrayLike<number>): Float64Array {
  const shares = Float64Array.from(masses);
  const total = shares.reduce((sum, mass) => sum + mass, 0);
  return shares.map((mass) => mass / total);
}

function midRanks(shares: Float64Array): Float64Array {
  let below = 0;
  return shares.map((share) => {
    const rank = below + share / 2;
    below += share;
    return rank;
  });
}

function inner(a: Float64Array, b: Float64Array, shares: Float64Array): number {
  let sum = 0;
  for (let bin = 0; bin < shares.length; bin++) sum += a[bin]! * b[bin]! * shares[bin]!;
  return sum;
}
