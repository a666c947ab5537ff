/** Labels against the reference: what became of performance, why, and whether the labels are sound. */
import {
  type BandedSeries,
  CONSISTENCIES,
  type DataSeries,
  type ModelSpec,
  type ReferenceProfile,
  SERIES,
  type SparseCounts,
  sizeOf,
  UNIT_BINS,
  UNIT_SIZE,
} from '@siskin/protocol';
import type { ConceptReport, Decomposition } from '../conceptReport.ts';
import { Calibration, RELIABILITY_SIZE } from './cbpe.ts';
import { detect, type ErrorRate } from './detectors.ts';
import { balanceOf, consistencyOf } from './labelQuality.ts';
import { expectedSize, residualsOf, shareOfLarge } from './residuals.ts';
import { byGroup, byWindow, type ConceptRow, sumOf } from './tally.ts';
import { ALPHA, matters, verdictOf } from './verdict.ts';

/** The smallest change that is called drift. */
export const SIZE = {
  /** Of the share of right answers: three points. */
  accuracy: 0.03,
  /** Of the mean size of a residual, as a share of the reference's. */
  residual: 0.2,
  /** Of the mean residual, in σ of the reference's residuals within bands. */
  bias: 0.25,
} as const;

const NOTHING = {
  verdict: 'not enough labels',
  labels: 0,
  groups: 0,
  reference: null,
  realised: null,
  estimated: { labelled: null, all: null },
  inputShift: null,
  conceptShift: null,
  residuals: null,
  detectors: null,
} as const;

/**
 * @param rows counts of one version and arm.
 * @returns null where the reference knows no truths to compare with.
 */
export function conceptOf(
  spec: Pick<ModelSpec, 'outputs'>,
  profile: Pick<ReferenceProfile, 'series' | 'outcomes'>,
  rows: readonly ConceptRow[],
): ConceptReport | null {
  const { kind } = spec.outputs[0]!;
  const found =
    kind === 'classification'
      ? ofClasses(profile, rows)
      : kind === 'regression'
        ? ofNumbers(profile, rows)
        : null;
  if (found === null) return null;
  const truth = profile.series.find(({ definition }) => definition.name === SERIES.truth);
  const checks = CONSISTENCIES.length + 2;
  return {
    ...NOTHING,
    ...found,
    balance:
      truth === undefined
        ? null
        : balanceOf(
            truth.definition,
            truth.counts,
            byGroup(rows, SERIES.truth, sizeOf(truth.definition)),
          ),
    consistency: consistencyOf(sumOf(byGroup(rows, SERIES.consistency, checks), checks)),
  };
}

type Found = Pick<ConceptReport, 'measure'> & Partial<ConceptReport>;

const figuresOf = (split: Decomposition) => ({
  labels: split.labels,
  groups: split.groups,
  reference: split.reference,
  realised: split.realised,
  inputShift: split.inputShift,
  conceptShift: split.conceptShift,
});

function ofClasses(
  { outcomes }: Pick<ReferenceProfile, 'outcomes'>,
  rows: readonly ConceptRow[],
): Found | null {
  if (outcomes === undefined) return null;
  const calibration = new Calibration(outcomes);
  const all = calibration.estimate(byGroup(rows, SERIES.confidence, UNIT_SIZE));
  const split = calibration.decompose(byGroup(rows, SERIES.reliability, RELIABILITY_SIZE));
  const detectors = detect(
    byWindow(rows, SERIES.reliability, RELIABILITY_SIZE).flatMap(([window, counts]) =>
      rateOf(window, counts),
    ),
  );
  const measure = 'accuracy';
  if (split === undefined) {
    return { measure, reference: calibration.accuracy, estimated: { labelled: null, all } };
  }
  return {
    measure,
    ...figuresOf(split),
    estimated: { labelled: split.estimated, all },
    verdict: verdictOf(
      split,
      matters(split.inputShift, SIZE.accuracy),
      matters(split.conceptShift, SIZE.accuracy),
    ),
    detectors,
  };
}

const iso = (ms: number) => new Date(ms).toISOString();

function rateOf(window: number, reliability: Float64Array): ErrorRate[] {
  let n = 0;
  let wrong = 0;
  for (let bin = 0; bin < UNIT_BINS; bin++) {
    n += reliability[2 * bin]! + reliability[2 * bin + 1]!;
    wrong += reliability[2 * bin]!;
  }
  return n === 0 ? [] : [{ window: iso(window), rate: wrong / n }];
}

function ofNumbers(
  { series }: Pick<ReferenceProfile, 'series'>,
  rows: readonly ConceptRow[],
): Found | null {
  const banded = series.find(isResidualByValue);
  if (banded === undefined) return null;
  const { definition, counts } = banded;
  const size = sizeOf(definition);
  const found = residualsOf(definition, counts, byGroup(rows, definition.name, size));
  const measure = 'residual';
  const value = series.find((entry) => entry.definition.name === SERIES.value)?.definition;
  const all =
    value?.kind === 'numeric'
      ? expectedSize(definition, counts, value, byGroup(rows, value.name, sizeOf(value)))
      : null;
  if (found === undefined) return { measure, estimated: { labelled: null, all } };
  const { size: split, bias, referenceSigma, bands } = found;
  // Two looks at one question: has the mean moved, has the size?
  const level = ALPHA / 2;
  return {
    measure,
    ...figuresOf(split),
    estimated: { labelled: split.estimated, all },
    verdict: verdictOf(
      split,
      matters(split.inputShift, SIZE.residual * split.reference),
      matters(split.conceptShift, SIZE.residual * split.reference, level) ||
        matters(bias.conceptShift, SIZE.bias * referenceSigma, level),
    ),
    residuals: { bias, referenceSigma, bands },
    detectors: detect(
      byWindow(rows, definition.name, size).flatMap(([window, counted]) => {
        const rate = shareOfLarge(definition, counts, counted);
        return rate === undefined ? [] : [{ window: iso(window), rate }];
      }),
    ),
  };
}

function isResidualByValue(entry: {
  definition: DataSeries;
  counts: SparseCounts;
}): entry is { definition: BandedSeries; counts: SparseCounts } {
  return entry.definition.kind === 'banded' && entry.definition.name === SERIES.residualByValue;
}
