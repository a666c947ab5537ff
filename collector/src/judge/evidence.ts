/** What a test says against its null hypothesis, at any time that one cares to look. */
export interface Evidence {
  /** Logarithm of the e-value: on average at most 1 if the null is true, however often one looks. */
  logE: number;
  /** min(1, 1/E): valid at every look. */
  p: number;
}

export function evidenceOf(logE: number): Evidence {
  return { logE, p: Math.min(1, Math.exp(-logE)) };
}
