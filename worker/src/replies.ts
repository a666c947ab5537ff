/** Errors as data, on the worker's side of the boundary. */
import { type ErrorCode, messageOf, SiskinError } from '@siskin/protocol';
import type { Reply } from './api.ts';

export async function reply<T>(work: () => Promise<T> | T, code: ErrorCode): Promise<Reply<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, error: SiskinError.from(error, code, messageOf(error)).toData() };
  }
}
