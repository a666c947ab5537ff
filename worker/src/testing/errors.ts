/** What a test says of an error: its code, and that the message is there to help. */
import { type ErrorCode, SiskinError } from '@siskin/protocol';
import { expect } from 'vitest';

/** Runs `work`, which must fail with this code. @returns the error. */
export async function failure(work: () => unknown, code: ErrorCode): Promise<SiskinError> {
  let thrown: unknown;
  try {
    await work();
  } catch (error) {
    thrown = error;
  }
  expect(thrown, `expected a SiskinError "${code}"`).toBeInstanceOf(SiskinError);
  expect((thrown as SiskinError).code).toBe(code);
  return thrown as SiskinError;
}
