/** When a shift is an alarm: the model's spec says, and the defaults where it is silent. */
import type { AlarmPolicy } from '@siskin/protocol';

/** The smallest shift that matters: noise-corrected PSI, W1 in IQR, a rate's rise (0.01: one point). */
export interface SizeFloors {
  psi: number;
  wasserstein: number;
  rate: number;
}

export interface Policy {
  /** False discovery rate over the series of one model window. */
  q: number;
  sizeOf(series: string): SizeFloors;
  persistence: { of: number; windows: number };
  references: readonly ('training' | 'recent' | 'seasonal')[];
  recentDays: number;
}

const SIZE: SizeFloors = { psi: 0.1, wasserstein: 0.1, rate: 0.01 };

/**
 * q by simulation (`npm run bench -- alarms`): .01 alone holds for independent devices, but where most
 * devices return, windows are alike and .005 keeps false alarms below one in 1000 windows.
 */
export function policyOf(spec: AlarmPolicy = {}): Policy {
  const size = floors(SIZE, spec.size);
  return {
    q: spec.q ?? 0.005,
    sizeOf: (series) =>
      Object.hasOwn(spec.features ?? {}, series) ? floors(size, spec.features![series]) : size,
    persistence: spec.persistence ?? { of: 2, windows: 3 },
    references: spec.references ?? ['training'],
    recentDays: spec.recentDays ?? 7,
  };
}

function floors(base: SizeFloors, own: AlarmPolicy['size']): SizeFloors {
  return {
    psi: own?.psi ?? base.psi,
    wasserstein: own?.wasserstein ?? base.wasserstein,
    rate: own?.rate ?? base.rate,
  };
}
