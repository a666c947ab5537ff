/**
 * Evidently's `ed`: energy distance √(2 ∫ (F − G)²) of the raw values, in the root of their unit
 * (Székely & Rizzo 2013). Not scaled, so its threshold means something else for every column. Drift at
 * > .1.
 */
import { gapIntegral } from '../../distances/gapIntegral.ts';
import type { NumericSamples } from '../samples.ts';

export function energy({ values, reference, current }: NumericSamples): number {
  return Math.sqrt(2) * Math.sqrt(gapIntegral(values, reference, current, 2));
}
