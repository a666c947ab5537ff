import { type ModelSpecInput, parseSpec } from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import oracle from '../../../test/oracle/inputs/inputs.json' with { type: 'json' };
import type { InputValue } from '../api.ts';
import { failure } from '../testing/errors.ts';
import { ListSink } from '../testing/list-sink.ts';
import { audioInput } from './audio.ts';

type AudioOptions = Partial<Extract<ModelSpecInput['inputs'][number], { kind: 'audio' }>>;

function extract(options: AudioOptions, value: unknown, sink = new ListSink()) {
  const spec = parseSpec({
    name: 'm',
    version: 'v1',
    format: 'onnx',
    files: ['m'],
    inputs: [{ name: 'voice', kind: 'audio', sampleRate: 8000, ...options }],
    outputs: [{ kind: 'tensor' }],
  });
  const [input] = spec.inputs;
  if (input?.kind !== 'audio') throw new TypeError('no sound');
  return { tensor: audioInput(input)(value as InputValue, sink), sink };
}

/** Sums of squares in another order. */
function near(actual: unknown, expected: number | string | null): void {
  if (typeof expected === 'number') expect(actual).toBeCloseTo(expected, 12);
  else expect(actual).toBe(expected === 'NaN' ? Number.NaN : expected);
}

describe.each(oracle.audio.map((sound) => [sound.name, sound] as const))(
  'agrees with NumPy: %s',
  (_, sound) => {
    const data = Float32Array.from(sound.samples, Number);
    const { sampleRate } = sound;

    it('counts', () => {
      const { sink } = extract({ sampleRate }, data);
      near(sink.get('input/voice/duration'), sound.duration);
      near(sink.get('input/voice/rms'), sound.rms);
      near(sink.get('input/voice/clipping'), sound.clipping);
      near(sink.get('input/voice/silence'), sound.silence);
      near(sink.get('input/voice/zero-crossing-rate'), sound.crossings);
    });

    it('counts all of it, however much of it the model takes', () => {
      const whole = extract({ sampleRate }, data).sink.seen;
      expect(extract({ sampleRate, length: 3 }, data).sink.seen).toEqual(whole);
    });
  },
);

describe('the tensor', () => {
  const data = Float32Array.of(0.1, 0.2, 0.3);

  it('holds the samples themselves where they fit', () => {
    for (const options of [{}, { length: 3 }]) {
      const { tensor } = extract(options, data);
      expect(tensor).toEqual({ type: 'float32', dims: [1, 3], data });
      expect(tensor.data).toBe(data);
    }
  });

  it('is cut, or ends in silence', () => {
    expect(extract({ length: 2 }, data).tensor.data).toEqual(data.slice(0, 2));
    expect(extract({ length: 4 }, data).tensor.data).toEqual(Float32Array.of(0.1, 0.2, 0.3, 0));
    expect(extract({ length: 2 }, new Float32Array()).tensor.dims).toEqual([1, 2]);
    expect(extract({}, new Float32Array()).tensor.dims).toEqual([1, 0]);
  });

  it.each([
    ['with its sample rate', { data, sampleRate: 8000 }],
    ['as a tensor', { type: 'float32', dims: [1, 3], data }],
    ['as a tensor of one dimension', { type: 'float32', dims: [3], data }],
  ])('takes samples %s', (_, value) => {
    expect(extract({}, value).tensor.data).toBe(data);
  });
});

describe('refuses', () => {
  const data = new Float32Array(481_516);

  it.each([
    [
      'another sample rate',
      { data, sampleRate: 44_100 },
      /resample it with an OfflineAudioContext/,
    ],
    ['a sample rate that is none', { data, sampleRate: '8000' }, /resample/],
    ['stereo', { type: 'float32', dims: [2, 240_758], data }, /mix its channels into one/],
    ['samples by channel last', { type: 'float32', dims: [240_758, 2], data }, /mix its channels/],
    ['dims of other samples', { type: 'float32', dims: [1, 5], data }, /another shape/],
    ['dims of nothing', { type: 'float32', dims: [], data }, /another shape/],
    ['dims that are none', { type: 'float32', dims: 'ab', data }, /another shape/],
    ['two channels in an array', [data, data], /pass a Float32Array/],
    ['samples of 16 bits', new Int16Array(4), /pass a Float32Array/],
    ['doubles', new Float64Array(4), /pass a Float32Array/],
    ['a plain array', [0.48151, 0.2], /pass a Float32Array/],
    ['a number', 48_151, /pass a Float32Array/],
    ['a string', 'data:audio/wav;base64,48151', /pass a Float32Array/],
    ['null', null, /pass a Float32Array/],
    ['nothing', undefined, /pass a Float32Array/],
  ])('%s', async (_, value, message) => {
    const sink = new ListSink();
    const error = await failure(() => extract({}, value, sink), 'input_invalid');
    expect(error.message).toContain('input "voice" must be mono sound at 8000 Hz');
    expect(error.message).toMatch(message);
    expect(error.message).not.toMatch(/48151|44100|240758/);
    expect(sink.seen).toEqual([]);
  });
});
