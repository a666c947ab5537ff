/** One JSON object a line (https://jsonlines.org); a member that a line lacks is missing there. */
import { messageOf, SiskinError } from '@siskin/protocol';
import { utf8Of } from './bytes.ts';
import type { Row, Table } from './table.ts';

/** The columns are the members of so many first lines. */
const SCOUTED = 1000;
/** UTF-16 units; what looks longer has no line breaks. */
const MAX_LINE = 2 ** 26;

interface Line {
  text: string;
  line: number;
}

/** @throws SiskinError `data_invalid` if no line, or none that is an object, is there. */
export async function openNdjson(path: string, size: number): Promise<Table> {
  const columns = new Set<string>();
  let scouted = 0;
  scouting: for await (const lines of linesOf(path)) {
    for (const line of lines) {
      for (const name of Object.keys(objectOf(path, line))) columns.add(name);
      if (++scouted === SCOUTED) break scouting;
    }
  }
  if (scouted === 0) {
    throw new SiskinError('data_invalid', `${path} is empty: it needs one JSON object a line`);
  }
  const names = [...columns];
  return {
    path,
    columns: names,
    size,
    unit: 'line',
    texts: false,
    rows: (onBytes) => rowsOf(path, names, onBytes),
  };
}

async function* rowsOf(
  path: string,
  columns: readonly string[],
  onBytes?: (bytes: number) => void,
): AsyncGenerator<Row[]> {
  const known = new Set(columns);
  for await (const lines of linesOf(path, onBytes)) {
    yield lines.map((line) => {
      const object = objectOf(path, line);
      for (const name in object) {
        if (!known.has(name)) throw late(path, line, name);
      }
      return { line: line.line, cells: columns.map((name) => object[name] ?? null) };
    });
  }
}

function late(path: string, { line }: Line, name: string): SiskinError {
  return new SiskinError(
    'data_invalid',
    `${path} line ${line} has a member "${name.slice(0, 40)}" that none of the first ${SCOUTED} lines has: give one of them it, as null if need be`,
  );
}

function objectOf(path: string, { text, line }: Line): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SiskinError(
      'data_invalid',
      `${path} line ${line} is not JSON: ${messageOf(cause).replace(/ \(line \d+ column \d+\)$/, '')}; each line must be one JSON object`,
      { cause },
    );
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new SiskinError('data_invalid', `${path} line ${line} is no JSON object of columns`);
}

async function* linesOf(path: string, onBytes?: (bytes: number) => void): AsyncGenerator<Line[]> {
  let rest = '';
  let line = 0;
  const split = (text: string, last: boolean): Line[] => {
    const lines = text.split('\n');
    rest = last ? '' : lines.pop()!;
    if (rest.length > MAX_LINE) {
      throw new SiskinError(
        'data_invalid',
        `${path} line ${line + lines.length + 1} is longer than ${MAX_LINE} characters: put each row on a line of its own`,
      );
    }
    return lines.flatMap((text) => {
      line++;
      return text.trim() === '' ? [] : [{ text, line }];
    });
  };
  for await (const chunk of utf8Of(path, onBytes)) {
    const lines = split(rest + (line === 0 ? withoutBom(chunk) : chunk).toString('utf8'), false);
    if (lines.length > 0) yield lines;
  }
  const lines = split(rest, true);
  if (lines.length > 0) yield lines;
}

function withoutBom(chunk: Buffer): Buffer {
  return chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? chunk.subarray(3) : chunk;
}
