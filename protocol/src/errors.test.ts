import { describe, expect, it } from 'vitest';
import { ERROR_CODES, messageOf, SiskinError } from './errors.ts';

describe('SiskinError', () => {
  it.each(ERROR_CODES)('%s survives structured clone and JSON as data', (code) => {
    for (const retryable of [true, false]) {
      const error = new SiskinError(code, `message of ${code}`, {
        retryable,
        cause: new TypeError('the cause'),
      });
      for (const data of [
        structuredClone(error.toData()),
        JSON.parse(JSON.stringify(error.toData())),
      ]) {
        const back = SiskinError.fromData(data);
        expect(back).toBeInstanceOf(SiskinError);
        expect(back).toBeInstanceOf(Error);
        expect(back).toMatchObject({
          name: 'SiskinError',
          code,
          retryable,
          message: error.message,
        });
        expect(messageOf(back.cause)).toBe('the cause');
        expect(back.toData()).toEqual(error.toData());
      }
    }
  });

  it('is why errors cross as data: structured clone drops class and code', () => {
    const clone: Error = structuredClone(new SiskinError('aborted', 'gone'));
    expect(clone).not.toBeInstanceOf(SiskinError);
    expect(clone).not.toHaveProperty('code');
  });

  it('has no cause unless there is one', () => {
    const error = new SiskinError('usage', 'wrong');
    expect('cause' in error).toBe(false);
    expect(error.toData()).toEqual({ code: 'usage', message: 'wrong', retryable: false });
    expect('cause' in SiskinError.fromData(error.toData())).toBe(false);
  });

  it('wraps what is not its own, and passes its own through', () => {
    const own = new SiskinError('artifact_hash', 'differs', { retryable: true });
    expect(SiskinError.from(own, 'internal', 'no')).toBe(own);
    const wrapped = SiskinError.from('a string', 'internal', 'thrown text', true);
    expect(wrapped).toMatchObject({ code: 'internal', message: 'thrown text', retryable: true });
    expect(wrapped.toData().cause).toBe('a string');
  });

  it('has each code once', () => {
    expect(new Set(ERROR_CODES).size).toBe(ERROR_CODES.length);
  });
});

describe('messageOf', () => {
  it.each([
    [new RangeError('too far'), 'too far'],
    ['text', 'text'],
    [undefined, 'undefined'],
    [{ message: 'not an error' }, '[object Object]'],
  ])('says what %s says', (thrown, message) => {
    expect(messageOf(thrown)).toBe(message);
  });
});
