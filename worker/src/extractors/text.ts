/** Texts: as ids of their words or as code points; counted by length, words and what they consist of. */
import {
  type InputSpec,
  SERIES,
  SiskinError,
  type Tensor,
  type TensorData,
} from '@siskin/protocol';
import type { InputValue } from '../api.ts';
import type { FeatureSink } from '../features.ts';
import type { ToTensor } from './step.ts';

type TextSpec = Extract<InputSpec, { kind: 'text' }>;

/**
 * A word: a letter or digit (Unicode categories L and N), letters, digits and marks (M) after it, and
 * more of them after a single apostrophe (’ or '). Nothing of it depends on a locale, so that
 * training can cut texts in the same way; where words are not written apart, each run is one.
 */
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:['’][\p{L}\p{N}\p{M}]+)*/gu;

/** Longer than any that a model reads; it would stall the device. */
const MAX_UNITS = 2 ** 24;

/**
 * Counted of the whole text: `characters`, its Unicode code points (a lone surrogate is one); `empty`,
 * 1 if it has none, else 0; `words`; `non-letters`, the share of its code points that are not of
 * category L, 0 … 1; and `oov`, the share of its words that the vocabulary lacks. Shares of nothing,
 * and all features of a text that is null, are missing.
 */
export function textInput(spec: TextSpec): ToTensor {
  const series = (feature: string) => SERIES.input(spec.name, feature);
  const [characters, empty, words] = [series('characters'), series('empty'), series('words')];
  const [nonLetters, oov] = [series('non-letters'), series('oov')];
  const ids = spec.vocabulary && new Map(spec.vocabulary.map((word, id) => [word, id]));
  return (value: InputValue, sink: FeatureSink): Tensor => {
    const text = textOf(spec.name, value);
    const read = spec.lowercase ? text?.toLowerCase() : text;
    const found = read?.match(WORD) ?? [];
    const data = new ARRAYS[spec.type](spec.length);
    const { count, letters } = countOf(text ?? '');
    const given = (number: number) => (text === null ? null : number);
    sink.number(characters, given(count));
    sink.number(empty, given(count === 0 ? 1 : 0));
    sink.number(words, given(found.length));
    sink.number(nonLetters, count === 0 ? null : (count - letters) / count);
    let at = 0;
    if (ids === undefined) {
      for (const character of read ?? '') {
        if (at === spec.length) break;
        put(data, at++, character.codePointAt(0)!);
      }
    } else {
      let unknown = 0;
      for (const word of found) {
        const id = ids.get(word);
        if (id === undefined) unknown++;
        if (at < spec.length) put(data, at++, id ?? spec.unknown);
      }
      sink.number(oov, found.length === 0 ? null : unknown / found.length);
    }
    if (spec.pad !== 0) while (at < spec.length) put(data, at++, spec.pad);
    return { type: spec.type, dims: [1, spec.length], data };
  };
}

function textOf(name: string, value: InputValue): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== 'string') {
    throw new SiskinError(
      'input_invalid',
      `input "${name}" must be a string, or null where there is none`,
    );
  }
  if (value.length > MAX_UNITS) {
    throw new SiskinError(
      'input_invalid',
      `input "${name}" is longer than ${MAX_UNITS} characters: pass the part that the model is to read`,
    );
  }
  return value;
}

const LETTER = /^\p{L}$/u;

function countOf(text: string): { count: number; letters: number } {
  let count = 0;
  let letters = 0;
  for (let i = 0; i < text.length; i++, count++) {
    const code = text.codePointAt(i)!;
    if (code < 0x80) {
      const lower = code | 0x20;
      if (lower >= 0x61 && lower <= 0x7a) letters++;
      continue;
    }
    if (LETTER.test(String.fromCodePoint(code))) letters++;
    if (code > 0xffff) i++;
  }
  return { count, letters };
}

const ARRAYS = { int64: BigInt64Array, int32: Int32Array, float32: Float32Array } as const;

function put(data: TensorData, at: number, id: number): void {
  if (data instanceof BigInt64Array) data[at] = BigInt(id);
  else data[at] = id;
}
