/** Comma- or tab-separated values, RFC 4180, with a header of column names. */
import { messageOf, SiskinError } from '@siskin/protocol';
import { CsvError, type Parser, parse } from 'csv-parse';
import { utf8Of } from './bytes.ts';
import type { Row, Table } from './table.ts';

/** No cell is longer; what looks so is a quote that is never closed. */
const MAX_CELL = 2 ** 24;

/** @throws SiskinError `data_invalid` naming what is wrong with the header. */
export async function openCsv(path: string, size: number, delimiter: string): Promise<Table> {
  for await (const [header] of records(path, delimiter)) {
    const columns = header!.cells as string[];
    checkHeader(path, columns, delimiter);
    return {
      path,
      columns,
      size,
      unit: 'line',
      texts: true,
      rows: (onBytes) => rowsOf(path, columns, delimiter, onBytes),
    };
  }
  throw new SiskinError(
    'data_invalid',
    `${path} is empty: it needs a first line with the columns' names`,
  );
}

async function* rowsOf(
  path: string,
  columns: readonly string[],
  delimiter: string,
  onBytes?: (bytes: number) => void,
): AsyncGenerator<Row[]> {
  let header = true;
  for await (const rows of records(path, delimiter, onBytes)) {
    if (header) rows.shift();
    header = false;
    for (const row of rows) {
      const cells = row.cells as (string | null)[];
      if (cells.length !== columns.length) throw ragged(path, row, columns.length);
      for (let i = 0; i < cells.length; i++) if (cells[i] === '') cells[i] = null;
    }
    if (rows.length > 0) yield rows;
  }
}

function ragged(path: string, { line, cells }: Row, width: number): SiskinError {
  const hint =
    cells.length < width
      ? 'a line is cut off, or'
      : 'a comma in a value needs quotes around it, or';
  return new SiskinError(
    'data_invalid',
    `${path} line ${line} has ${cells.length} values where the header has ${width} columns: ${hint} a quote is missing`,
  );
}

function checkHeader(path: string, columns: readonly string[], delimiter: string): void {
  const fault = (text: string) => new SiskinError('data_invalid', `${path} line 1: ${text}`);
  const [only] = columns;
  for (const other of [';', '\t', ',']) {
    if (columns.length === 1 && other !== delimiter && only!.includes(other)) {
      const name = other === '\t' ? 'tabs: name it .tsv' : `"${other}": separate them by commas`;
      throw fault(`the columns seem to be separated by ${name}`);
    }
  }
  const seen = new Set<string>();
  for (const [i, name] of columns.entries()) {
    if (name === '') throw fault(`column ${i + 1} has no name: give it one`);
    if (seen.has(name)) throw fault(`column "${name}" is there twice: rename one of them`);
    seen.add(name);
  }
}

/** Records as they come out of each chunk of the file. */
async function* records(
  path: string,
  delimiter: string,
  onBytes?: (bytes: number) => void,
): AsyncGenerator<Row[]> {
  let rows: Row[] = [];
  let failure: Error | undefined;
  const parser = parse({
    bom: true,
    delimiter,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_CELL,
    on_record: (cells: string[], { lines }) => {
      rows.push({ cells, line: lines });
      return null;
    },
  });
  parser.on('error', (error) => {
    failure = error;
  });
  parser.resume();
  const take = (): Row[] => {
    if (failure !== undefined) throw faultOf(path, failure);
    const taken = rows;
    rows = [];
    return taken;
  };
  for await (const chunk of utf8Of(path, onBytes)) {
    await write(parser, chunk);
    const taken = take();
    if (taken.length > 0) yield taken;
  }
  await new Promise<void>((resolve) => parser.on('close', resolve).end());
  const taken = take();
  if (taken.length > 0) yield taken;
}

function write(parser: Parser, chunk: Buffer): Promise<void> {
  return new Promise((resolve) => parser.write(chunk, () => resolve()));
}

function faultOf(path: string, error: Error): SiskinError {
  const line = error instanceof CsvError && 'lines' in error ? ` line ${String(error.lines)}` : '';
  return new SiskinError('data_invalid', `${path}${line}: ${messageOf(error)}`, { cause: error });
}
