/** What a cell is to an input of a model: the value that a page would pass to `predict()`. */
import { type InputSpec, type TensorType, tensorData } from '@siskin/protocol';
import { categoryIn, numberIn, shown } from './cells.ts';
import type { Cell } from './table.ts';

/** @throws Fault if the cell holds nothing of the kind. */
export type Reader = (cell: Cell) => unknown;

/** What is wrong with a cell; who knows the file and the line says where. */
export class Fault extends Error {}

/** @param texts whether all cells of the table are texts, whatever they stand for. */
export function readerOf(input: InputSpec, texts: boolean): Reader {
  switch (input.kind) {
    case 'numeric':
      return (cell) => numberOf(cell, texts);
    case 'categorical':
      return categoryOf;
    case 'text':
      return (cell) => {
        if (cell === null || typeof cell === 'string') return cell;
        throw new Fault(`${shown(cell)} is no text`);
      };
    case 'audio':
      return (cell) => samplesOf(cell, 'float32');
    case 'tensor':
      return (cell) => samplesOf(cell, input.type);
    case 'image':
      return imageOf;
  }
}

/** @throws Fault */
export function numberOf(cell: Cell, texts: boolean): number | null {
  const number = numberIn(cell, texts);
  if (number !== undefined) return number;
  throw new Fault(
    texts
      ? `${shown(cell)} is no number: write it with a decimal point and without units, or leave the cell empty where it is missing`
      : `${shown(cell)} is no number: write it as one, or null where it is missing`,
  );
}

/** @throws Fault */
export function categoryOf(cell: Cell): string | null {
  const category = categoryIn(cell);
  if (category !== undefined) return category;
  throw new Fault(`${shown(cell)} is no category: write a text, a number or true or false`);
}

function samplesOf(cell: Cell, type: TensorType): unknown {
  const given = listOf(cell);
  if (given === null || ArrayBuffer.isView(given)) return given;
  if (!Array.isArray(given)) throw new Fault(`${shown(cell)} is no list of numbers such as [1, 2]`);
  const wrong = given.findIndex(
    (x) => typeof x !== 'number' || (type === 'int64' && !Number.isSafeInteger(x)),
  );
  if (wrong >= 0) {
    const kind = type === 'int64' ? 'whole number' : 'number';
    throw new Fault(`element ${wrong} of the list, ${shown(given[wrong])}, is no ${kind}`);
  }
  return tensorData(type, given as number[]);
}

/** A text may hold a list or an object in JSON: that is how it is written in a cell of CSV. */
function listOf(cell: Cell): unknown {
  if (typeof cell !== 'string') return cell;
  try {
    return JSON.parse(cell);
  } catch {
    throw new Fault(`${shown(cell)} is no list of numbers such as [1, 2]`);
  }
}

function imageOf(cell: Cell): unknown {
  const image = listOf(cell) as { width?: unknown; height?: unknown; data?: unknown } | null;
  if (image === null) return null;
  const { width, height, data } = typeof image === 'object' ? image : {};
  if (Number.isInteger(width) && Number.isInteger(height) && Array.isArray(data)) {
    const wrong = data.findIndex((x) => !(Number.isInteger(x) && x >= 0 && x <= 255));
    if (wrong >= 0) {
      throw new Fault(`element ${wrong} of the image's data, ${shown(data[wrong])}, is no byte`);
    }
    return { width, height, data: Uint8ClampedArray.from(data as number[]) };
  }
  throw new Fault(
    `${shown(cell)} is no image: write {"width": …, "height": …, "data": [bytes of red, green, blue, alpha …]}`,
  );
}
