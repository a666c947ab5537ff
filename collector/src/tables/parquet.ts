/** Apache Parquet, a row group at a time: its columns have to fit into memory, the file has not. */
import { messageOf, SiskinError } from '@siskin/protocol';
import {
  asyncBufferFromFile,
  type ColumnData,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { Cell, Row, Table } from './table.ts';

/** Rows that are handed on together. */
const BATCH = 2000;

/** @throws SiskinError `data_invalid` if it is no Parquet file, or a damaged one. */
export async function openParquet(path: string, size: number): Promise<Table> {
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw new SiskinError(
        'data_invalid',
        `${path} cannot be read as Parquet: ${messageOf(cause)}; write it again, or as .csv`,
        { cause },
      );
    }
  };
  const file = await guard(() => asyncBufferFromFile(path));
  const metadata = await guard(() => parquetMetadataAsync(file));
  const columns = parquetSchema(metadata).children.map(({ element }) => element.name);

  async function* rows(onBytes: (bytes: number) => void = () => {}): AsyncGenerator<Row[]> {
    let line = 0;
    let read = 0;
    for (const group of metadata.row_groups) {
      const rowStart = line;
      const rowEnd = rowStart + Number(group.num_rows);
      const data = columns.map((): Cell[] => new Array(rowEnd - rowStart).fill(null));
      const onChunk = ({ columnName, columnData, rowStart: from }: ColumnData): void => {
        const column = data[columns.indexOf(columnName)]!;
        for (let i = 0; i < columnData.length; i++) column[from - rowStart + i] = columnData[i];
      };
      await guard(() => parquetRead({ file, metadata, compressors, rowStart, rowEnd, onChunk }));
      while (line < rowEnd) {
        const length = Math.min(BATCH, rowEnd - line);
        const at = line - rowStart;
        yield Array.from({ length }, (_, i) => ({
          line: ++line,
          cells: data.map((column) => cellOf(column[at + i])),
        }));
      }
      read += Number(group.total_compressed_size ?? group.total_byte_size);
      onBytes(read);
    }
    onBytes(size);
  }
  return { path, columns, size, unit: 'row', texts: false, rows };
}

/** Integers of 64 bits as numbers where they fit, moments as ISO 8601; lists element by element. */
function cellOf(value: unknown): Cell {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (Array.isArray(value)) return value.map(cellOf);
  return value instanceof Date ? value.toISOString() : value;
}
