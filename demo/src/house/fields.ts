/** How each input of the house model is asked for; inputs this page has not met get a plain field. */
import type { ModelSpec } from '@siskin/sdk';

type InputSpec = ModelSpec['inputs'][number];

export interface NumberField {
  kind: 'number';
  name: string;
  label: string;
  unit: string;
  min: number;
  max: number;
  step: number;
  initial: number | null;
  /** Offers a slider besides the box. */
  slider: boolean;
  /** What the model takes where nothing is given. */
  fill: number | undefined;
}

export interface ChoiceField {
  kind: 'choice';
  name: string;
  label: string;
  choices: readonly string[];
  initial: string;
}

export type Field = NumberField | ChoiceField;

interface NumberHint {
  label: string;
  unit?: string;
  min: number;
  max: number;
  step: number;
  initial: number;
  slider?: boolean;
}

/** Ranges hold nearly all houses of Ames; what lies beyond may still be typed. */
const NUMBERS: Record<string, NumberHint> = {
  living_area: {
    label: 'Living area',
    unit: 'sq ft',
    min: 300,
    max: 4500,
    step: 10,
    initial: 1340,
    slider: true,
  },
  lot_area: {
    label: 'Lot',
    unit: 'sq ft',
    min: 1500,
    max: 30000,
    step: 100,
    initial: 9400,
    slider: true,
  },
  basement_area: {
    label: 'Basement',
    unit: 'sq ft',
    min: 0,
    max: 2500,
    step: 10,
    initial: 990,
    slider: true,
  },
  year_built: {
    label: 'Built in',
    min: 1872,
    max: 2010,
    step: 1,
    initial: 1964,
    slider: true,
  },
  bedrooms: { label: 'Bedrooms', min: 0, max: 8, step: 1, initial: 3 },
  bathrooms: { label: 'Bathrooms', min: 0, max: 5, step: 0.5, initial: 1.5 },
  garage_cars: { label: 'Garage', unit: 'cars', min: 0, max: 5, step: 1, initial: 2 },
  fireplaces: { label: 'Fireplaces', min: 0, max: 4, step: 1, initial: 1 },
};

interface ChoiceHint {
  label: string;
  initial: string;
  /** A spec lists categories by name; these have an order of their own. */
  order?: readonly string[];
}

const CHOICES: Record<string, ChoiceHint> = {
  neighbourhood: { label: 'Neighbourhood', initial: 'North Ames' },
  condition: {
    label: 'Condition',
    initial: 'Above Average',
    order: [
      'Very Poor',
      'Poor',
      'Fair',
      'Below Average',
      'Average',
      'Above Average',
      'Good',
      'Very Good',
      'Excellent',
    ],
  },
  building: { label: 'Building', initial: 'Detached' },
  central_air: { label: 'Central air', initial: 'yes', order: ['yes', 'no'] },
};

const spoken = (name: string) =>
  (name[0]?.toUpperCase() ?? '') + name.slice(1).replaceAll(/[_.-]/g, ' ');

function fieldOf(input: InputSpec): Field | undefined {
  const { name } = input;
  if (input.kind === 'numeric') {
    const hint = NUMBERS[name];
    const { label = spoken(name), unit = '', slider = false } = hint ?? {};
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = hint ?? {};
    const initial = hint?.initial ?? input.fill ?? null;
    const step = hint?.step ?? 0;
    return { kind: 'number', name, label, unit, min, max, step, initial, slider, fill: input.fill };
  }
  if (input.kind === 'categorical') {
    const { label = spoken(name), initial = '', order } = CHOICES[name] ?? {};
    const { categories } = input;
    const choices = order?.filter((one) => categories.includes(one)) ?? [];
    const rest = categories.filter((one) => !choices.includes(one));
    return { kind: 'choice', name, label, choices: [...choices, ...rest], initial };
  }
  return undefined;
}

/** The fields of a version's inputs, in the model's order. */
export function fieldsOf(spec: ModelSpec): Field[] {
  return spec.inputs.map(fieldOf).filter((field) => field !== undefined);
}
