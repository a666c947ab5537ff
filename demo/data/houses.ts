/**
 * House sales in Ames, Iowa, 2006–2010 (De Cock 2011), as rows of the house model's inputs.
 * The shift is real: houses built since 1990 are larger, newer and stand in other neighbourhoods
 * than those the model was trained on.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { randomFrom, shuffled } from './random.ts';

/** Houses built before it are what the model knows. */
export const KNOWN_BEFORE = 1990;
/** Share of the known houses that the model was not trained on. */
export const HELD_OUT_SHARE = 0.2;
const SPLIT_SEED = 20_260_102;

/** What a person can tell of a house: the model's inputs. */
export type HouseInputs = {
  /** Above ground, square feet. */
  living_area: number;
  /** Square feet. */
  lot_area: number;
  basement_area: number;
  year_built: number;
  bedrooms: number;
  /** Above ground; one without a bath or shower counts half. */
  bathrooms: number;
  garage_cars: number;
  fireplaces: number;
  neighbourhood: string;
  condition: string;
  building: string;
  central_air: string;
};

export interface House {
  /** Its row in ames.csv, from 0. */
  row: number;
  inputs: HouseInputs;
  /** What it was sold for, US dollars. */
  price: number;
  yearSold: number;
}

const BUILDINGS: Record<string, string> = {
  OneFam: 'Detached',
  TwoFmCon: 'Two-family conversion',
  Duplex: 'Duplex',
  TwnhsE: 'Townhouse, end unit',
  Twnhs: 'Townhouse, inside unit',
};

const words = (name: string) => name.replaceAll('_', ' ');

function houseOf(record: Record<string, string>, row: number): House {
  const number = (column: string) => {
    const value = Number(record[column] || Number.NaN);
    if (!Number.isFinite(value)) throw new TypeError(`ames.csv: row ${row} has no ${column}`);
    return value;
  };
  const text = (column: string) => {
    const value = record[column];
    if (!value) throw new TypeError(`ames.csv: row ${row} has no ${column}`);
    return value;
  };
  return {
    row,
    inputs: {
      living_area: number('Gr_Liv_Area'),
      lot_area: number('Lot_Area'),
      basement_area: number('Total_Bsmt_SF'),
      year_built: number('Year_Built'),
      bedrooms: number('Bedroom_AbvGr'),
      bathrooms: number('Full_Bath') + number('Half_Bath') / 2,
      garage_cars: number('Garage_Cars'),
      fireplaces: number('Fireplaces'),
      neighbourhood: words(text('Neighborhood')),
      condition: words(text('Overall_Cond')),
      building: BUILDINGS[text('Bldg_Type')] ?? text('Bldg_Type'),
      central_air: text('Central_Air') === 'Y' ? 'yes' : 'no',
    },
    price: number('Sale_Price'),
    yearSold: number('Year_Sold'),
  };
}

/** All 2,930 sales, in the file's order. */
export function readHouses(): House[] {
  const text = readFileSync(new URL('ames.csv', import.meta.url), 'utf8');
  const records: Record<string, string>[] = parse(text, { columns: true, trim: true });
  return records.map(houseOf);
}

/**
 * `training` and `heldOut`: built before 1990, disjoint, each in a seeded random order.
 * `since`: built in 1990 or later; the model has never seen their like.
 */
export function splitHouses(houses: readonly House[] = readHouses()): {
  training: House[];
  heldOut: House[];
  since: House[];
} {
  const known = shuffled(
    houses.filter((house) => house.inputs.year_built < KNOWN_BEFORE),
    randomFrom(SPLIT_SEED),
  );
  const cut = Math.round(known.length * HELD_OUT_SHARE);
  return {
    training: known.slice(cut),
    heldOut: known.slice(0, cut),
    since: houses.filter((house) => house.inputs.year_built >= KNOWN_BEFORE),
  };
}
