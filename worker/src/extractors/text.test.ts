import { type ModelSpecInput, parseSpec } from '@siskin/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import oracle from '../../../test/oracle/inputs/inputs.json' with { type: 'json' };
import type { InputValue } from '../api.ts';
import { failure } from '../testing/errors.ts';
import { ListSink } from '../testing/list-sink.ts';
import { textInput } from './text.ts';

type TextOptions = Partial<Extract<ModelSpecInput['inputs'][number], { kind: 'text' }>>;

function extract(options: TextOptions, value: InputValue, sink = new ListSink()) {
  const spec = parseSpec({
    name: 'm',
    version: 'v1',
    format: 'onnx',
    files: ['m'],
    inputs: [{ name: 'review', kind: 'text', length: 6, ...options }],
    outputs: [{ kind: 'tensor' }],
  });
  const [input] = spec.inputs;
  if (input?.kind !== 'text') throw new TypeError('no text');
  const tensor = textInput(input)(value, sink);
  return { tensor, sink, numbers: Array.from(tensor.data, Number) };
}

const { vocabulary } = oracle;

describe.each(oracle.texts.map((text) => [text.name, text] as const))(
  "agrees with Python's unicodedata: %s",
  (_, text) => {
    const value = String.fromCodePoint(...text.text);

    it('counts', () => {
      const { sink } = extract({ vocabulary, lowercase: true }, value);
      expect(sink.get('input/review/characters')).toBe(text.characters);
      expect(sink.get('input/review/empty')).toBe(text.empty);
      expect(sink.get('input/review/words')).toBe(text.words);
      expect(sink.get('input/review/non-letters')).toBe(text.nonLetters);
      expect(sink.get('input/review/oov')).toBe(text.oov);
    });

    it('writes the ids of its words, or its code points', () => {
      const { length } = text;
      const ids = extract({ vocabulary, lowercase: true, length }, value);
      expect(ids.tensor).toMatchObject({ type: 'int64', dims: [1, length] });
      expect(ids.numbers).toEqual(text.ids);
      const points = extract({ lowercase: true, length, type: 'int32' }, value);
      expect(points.tensor.data).toEqual(Int32Array.from(text.points));
    });
  },
);

describe('the tensor', () => {
  it('has the ids for unknown words and for the end that the spec says', () => {
    const options = { vocabulary, length: 4, unknown: 77, pad: -1 };
    expect(extract(options, 'the dog').numbers).toEqual([2, 77, -1, -1]);
    expect(extract(options, null).numbers).toEqual([-1, -1, -1, -1]);
  });

  it.each([
    ['int64', BigInt64Array.of(104n, 105n)],
    ['int32', Int32Array.of(104, 105)],
    ['float32', Float32Array.of(104, 105)],
  ] as const)('of %s', (type, data) => {
    expect(extract({ type, length: 2 }, 'hi').tensor).toEqual({ type, dims: [1, 2], data });
  });

  it('keeps case unless it is told', () => {
    expect(extract({ length: 2 }, 'Hi').numbers).toEqual([72, 105]);
    expect(extract({ vocabulary, length: 1 }, 'The').numbers).toEqual([1]);
  });
});

it.each([null, undefined])('%s is counted as missing in every series', (value) => {
  const { sink } = extract({ vocabulary }, value);
  expect(sink.seen.map(([, counted]) => counted)).toEqual([null, null, null, null, null]);
});

it('without a vocabulary there is no share of unknown words', () => {
  const names = extract({}, 'hi').sink.seen.map(([name]) => name);
  expect(names).toEqual(
    ['characters', 'empty', 'words', 'non-letters'].map((feature) => `input/review/${feature}`),
  );
});

it('whatever the text, shares are shares and the tensor is full', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const { sink, tensor } = extract({ vocabulary, length: 5 }, text);
      expect(tensor.data).toHaveLength(5);
      expect(sink.get('input/review/characters')).toBe([...text].length);
      const words = sink.get('input/review/words') as number;
      expect(words).toBeLessThanOrEqual([...text].length);
      for (const share of ['non-letters', 'oov']) {
        const value = sink.get(`input/review/${share}`) as number | null;
        if (value !== null) expect(value >= 0 && value <= 1).toBe(true);
      }
    }),
  );
});

it('texts laid side by side have the words and characters of both', () => {
  const count = (text: string, feature: string) =>
    extract({}, text).sink.get(`input/review/${feature}`) as number;
  const text = fc.string({ unit: 'grapheme', maxLength: 20 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      for (const feature of ['characters', 'words']) {
        const apart = feature === 'characters' ? 1 : 0; // the space
        expect(count(`${a} ${b}`, feature)).toBe(count(a, feature) + count(b, feature) + apart);
      }
    }),
  );
});

it.each([
  ['a number', 4815],
  ['true', true],
  ['bytes', Uint8Array.of(48, 15)],
  ['an image', { data: new Uint8Array(4), width: 2, height: 2 }],
  ['a text longer than any model reads', '4815'.repeat(2 ** 22 + 1)],
])('refuses %s, and does not quote it', async (_, value) => {
  const sink = new ListSink();
  const error = await failure(() => extract({}, value, sink), 'input_invalid');
  expect(error.message).toContain('"review"');
  expect(error.message).not.toMatch(/4815|true/);
  expect(sink.seen).toEqual([]);
});
