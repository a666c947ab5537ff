/** Ten digits that other people wrote, from the part of MNIST that no model here was trained on. */
import { FIELD, type Ink } from './normalise.ts';
import samples from './samples.json' with { type: 'json' };

export interface Sample {
  label: string;
  ink: Ink;
}

export function readSamples(): Sample[] {
  return samples.map(({ label, pixels }) => ({
    label,
    ink: {
      data: Uint8Array.from(atob(pixels), (c) => c.charCodeAt(0)),
      width: FIELD,
      height: FIELD,
    },
  }));
}
