/**
 * NannyML's chunks: runs of rows as they stand in the file, missing ones included. A remainder is a
 * chunk of its own, so there are often eleven where ten are asked for (nannyml/chunk.py).
 */
import { SiskinError } from '@siskin/protocol';

/** Rows per chunk, or chunks per file; neither means ten chunks. */
export interface Chunking {
  size?: number | undefined;
  number?: number | undefined;
}

const DEFAULT_NUMBER = 10;

/**
 * @param rows of the file. @param chunking integers ≥ 1.
 * @returns the rows of each chunk, as [from, to).
 * @throws SiskinError `data_invalid` if there are fewer rows than chunks.
 */
export function chunksOf(rows: number, { size, number = DEFAULT_NUMBER }: Chunking): Chunk[] {
  const length = size ?? Math.floor(rows / number);
  if (length === 0) {
    throw new SiskinError(
      'data_invalid',
      `${rows} rows cannot be ${number} chunks: give more rows, or fewer chunks (--chunk-number)`,
    );
  }
  const chunks: Chunk[] = [];
  for (let from = 0; from < rows; from += length) {
    chunks.push([from, Math.min(from + length, rows)]);
  }
  return chunks;
}

export type Chunk = readonly [from: number, to: number];
