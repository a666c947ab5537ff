/**
 * Devices of one manifest sequence and one window: while the exposure share is constant. A is the
 * champion, B the canary. A device counts once in its arm, and at most once as bad.
 *
 * Why strata: while a ramp goes from 1 to 50 % and the baseline drifts from .5 to 2 %, a test of pooled
 * counts rejects every A/A run.
 */
export interface Stratum {
  nA: number;
  badA: number;
  nB: number;
  badB: number;
  /** Share of devices that the canary was to get; left out, what it got. */
  shareB?: number | undefined;
}

/** NaN where no device was seen and nothing was planned. */
export function shareOf({ nA, nB, shareB }: Stratum): number {
  return shareB ?? nB / (nA + nB);
}

/** Only where both arms can have devices is anything compared. */
export function compares(stratum: Stratum): boolean {
  const share = shareOf(stratum);
  return share > 0 && share < 1;
}

/** Devices and bad ones by arm, of all strata. */
export type Compared = Required<Omit<Stratum, 'shareB'>>;

export function comparedOf(strata: readonly Stratum[]): Compared {
  const sum = { nA: 0, badA: 0, nB: 0, badB: 0 };
  for (const { nA, badA, nB, badB } of strata) {
    sum.nA += nA;
    sum.badA += badA;
    sum.nB += nB;
    sum.badB += badB;
  }
  return sum;
}
