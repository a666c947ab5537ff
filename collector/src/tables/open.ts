/** Opens a file of rows by the ending of its name. */
import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { messageOf, SiskinError } from '@siskin/protocol';
import { openCsv } from './csv.ts';
import { openNdjson } from './ndjson.ts';
import { openParquet } from './parquet.ts';
import type { Table } from './table.ts';

const FORMATS: Record<string, (path: string, size: number) => Promise<Table>> = {
  '.csv': (path, size) => openCsv(path, size, ','),
  '.tsv': (path, size) => openCsv(path, size, '\t'),
  '.ndjson': openNdjson,
  '.jsonl': openNdjson,
  '.parquet': openParquet,
};

/** @throws SiskinError `data_invalid` if there is no such file, or none of these formats. */
export async function openTable(path: string): Promise<Table> {
  let found: Stats;
  try {
    found = await stat(path);
  } catch (cause) {
    throw new SiskinError('data_invalid', `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
  if (!found.isFile()) {
    throw new SiskinError('data_invalid', `${path} is no file: name a file of rows`);
  }
  const open = FORMATS[extname(path).toLowerCase()];
  if (open === undefined) {
    throw new SiskinError(
      'data_invalid',
      `${path} has none of the endings ${Object.keys(FORMATS).join(', ')}: name it after its format`,
    );
  }
  const table = await open(path, found.size);
  return { ...table, rows: (onBytes) => atLeastOne(table, onBytes) };
}

async function* atLeastOne(table: Table, onBytes?: (bytes: number) => void) {
  let any = false;
  for await (const rows of table.rows(onBytes)) {
    any ||= rows.length > 0;
    yield rows;
  }
  if (!any) {
    throw new SiskinError(
      'data_invalid',
      `${table.path} has column names but no rows: there is nothing to learn from it`,
    );
  }
}
