/**
 * Accuracy, estimated without labels and realised with them, from counts. The estimate is NannyML's
 * confidence-based performance estimation: Σ_b n_b·acc(b) / n over confidence bins, acc(b) the
 * reference's isotonic-calibrated share of right answers in bin b.
 * https://nannyml.readthedocs.io/en/stable/how_it_works/performance_estimation.html
 */
import { type ReferenceProfile, toDense, UNIT_BINS, UNIT_SIZE } from '@siskin/protocol';
import type { Decomposition, Estimate } from '../conceptReport.ts';
import { decompose, type Stratum } from './decomposition.ts';
import { jackknife } from './jackknife.ts';

type Outcomes = NonNullable<ReferenceProfile['outcomes']>;

/** Cells of the reliability table: confidence bin × (wrong, right). */
export const RELIABILITY_SIZE = UNIT_SIZE * 2;

export class Calibration {
  /** Share of right answers in the reference. */
  readonly accuracy: number;
  /** Bins that isotonic regression gave one value are one stratum: they were estimated together. */
  readonly strata: Stratum[] = [];
  readonly #stratumOf: number[] = [];

  constructor({ reliability, calibration }: Pick<Outcomes, 'reliability' | 'calibration'>) {
    const counts = toDense(reliability, RELIABILITY_SIZE);
    let n = 0;
    let right = 0;
    for (let bin = 0; bin < UNIT_BINS; bin++) {
      const mean = calibration[bin]!;
      if (bin === 0 || mean !== calibration[bin - 1]) {
        this.strata.push({ n: 0, mean, variance: 0 });
      }
      this.#stratumOf.push(this.strata.length - 1);
      const here = counts[2 * bin]! + counts[2 * bin + 1]!;
      this.strata.at(-1)!.n += here;
      n += here;
      right += counts[2 * bin + 1]!;
    }
    this.accuracy = right / n;
    for (const stratum of this.strata) {
      // Jeffreys' ½: a stratum in which all were right is not therefore known without error.
      const share = (stratum.mean * stratum.n + 0.5) / (stratum.n + 1);
      stratum.variance = share * (1 - share);
    }
  }

  /**
   * What accuracy to expect of predictions with these confidences.
   * @param groups by telemetry group, counts of `output/confidence`.
   */
  estimate(groups: readonly Float64Array[]): Estimate | null {
    const strata = groups.map((counts) => {
      const tallied = new Float64Array(this.strata.length);
      for (let bin = 0; bin < UNIT_BINS; bin++) tallied[this.#stratumOf[bin]!]! += counts[bin]!;
      return tallied;
    });
    const total = this.strata.map((_, k) => strata.reduce((sum, counts) => sum + counts[k]!, 0));
    const n = total.reduce((sum, count) => sum + count, 0);
    if (n === 0) return null;
    const accuracy = (counts: ArrayLike<number>) => {
      let all = 0;
      let right = 0;
      for (const [k, { mean }] of this.strata.entries()) {
        all += counts[k]!;
        right += counts[k]! * mean;
      }
      return right / all;
    };
    const spread = jackknife(strata, accuracy);
    let variance = 0;
    for (const [k, stratum] of this.strata.entries()) {
      if (stratum.n > 0) variance += (total[k]! / n) ** 2 * (stratum.variance / stratum.n);
    }
    return {
      n,
      value: accuracy(total),
      standardError: spread === undefined ? null : Math.sqrt(spread.variance + variance),
    };
  }

  /** @param groups by telemetry group, counts of `outcome/reliability`. */
  decompose(groups: readonly Float64Array[]): Decomposition | undefined {
    const tallied = groups.map((counts) => {
      const strata = new Float64Array(2 * this.strata.length);
      for (let bin = 0; bin < UNIT_BINS; bin++) {
        const k = this.#stratumOf[bin]!;
        strata[2 * k]! += counts[2 * bin]! + counts[2 * bin + 1]!;
        strata[2 * k + 1]! += counts[2 * bin + 1]!;
      }
      return strata;
    });
    return decompose(this.strata, this.accuracy, tallied);
  }
}
