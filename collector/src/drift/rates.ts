/** What is no value to order or compare, but a rate to watch: missing, invalid, unknown, out of range. */
import {
  ABOVE_RANGE,
  BELOW_RANGE,
  CATEGORY_MISSING,
  CATEGORY_OTHER,
  type ComparableSeries,
  MISSING,
  NAN,
  NEGATIVE_INFINITY,
  POSITIVE_INFINITY,
  UNIT_INVALID,
  UNIT_MISSING,
} from '@siskin/protocol';

export const RATES = ['missing', 'invalid', 'other', 'below', 'above'] as const;
export type RateName = (typeof RATES)[number];

/** Bins that hold no value to order or compare, by the rate they make up. */
export function rateBinsOf(series: ComparableSeries): Partial<Record<RateName, readonly number[]>> {
  switch (series.kind) {
    case 'numeric':
      return {
        missing: [MISSING],
        invalid: [NAN, POSITIVE_INFINITY, NEGATIVE_INFINITY],
        below: [BELOW_RANGE],
        above: [ABOVE_RANGE],
      };
    case 'unit':
      return { missing: [UNIT_MISSING], invalid: [UNIT_INVALID] };
    case 'category':
      return { other: [CATEGORY_OTHER], missing: [CATEGORY_MISSING] };
  }
}

/** Counted in addition to the value's own bin. */
export const OVERLAY: ReadonlySet<RateName> = new Set(['below', 'above']);
