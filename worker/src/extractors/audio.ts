/** Sound: mono samples; counted by duration, loudness, clipping, silence and zero crossings. */
import { type InputSpec, SERIES, SiskinError, type Tensor } from '@siskin/protocol';
import type { InputValue } from '../api.ts';
import type { FeatureSink } from '../features.ts';
import type { ToTensor } from './step.ts';

type AudioSpec = Extract<InputSpec, { kind: 'audio' }>;

/** The largest sample of 16 bits, over 2¹⁵: what is as loud has met the end of the scale. */
const FULL_SCALE = 1 - 2 ** -15;
/** Seconds: sound is called silent or not in frames of this length … */
const FRAME = 0.02;
/** … whose mean square is below that of −60 dBFS, an RMS of .001. */
const SILENT = 1e-6;

/**
 * Counted of all samples that were given: `duration`, s; `rms`; `clipping`, the share of samples with
 * |x| ≥ 1 − 2⁻¹⁵; `silence`, the share of frames of 20 ms with an RMS below −60 dBFS (whole frames;
 * sound that is shorter is one); `zero-crossing-rate`, the share of neighbouring samples of which one
 * is below 0 and the other is not. Shares are 0 … 1, and missing where there is nothing to share;
 * a sample that is NaN makes the RMS NaN.
 */
export function audioInput(spec: AudioSpec): ToTensor {
  const series = (feature: string) => SERIES.input(spec.name, feature);
  const [duration, rms, clipping] = [series('duration'), series('rms'), series('clipping')];
  const [silence, crossings] = [series('silence'), series('zero-crossing-rate')];
  const frame = Math.max(1, Math.round(FRAME * spec.sampleRate));
  return (value: InputValue, sink: FeatureSink): Tensor => {
    const samples = samplesOf(spec, value);
    const { length } = samples;
    const measured = measure(samples, frame);
    sink.number(duration, length / spec.sampleRate);
    sink.number(rms, length === 0 ? null : Math.sqrt(measured.squares / length));
    sink.number(clipping, length === 0 ? null : measured.clipped / length);
    sink.number(silence, length === 0 ? null : measured.silent / measured.frames);
    sink.number(crossings, length < 2 ? null : measured.crossings / (length - 1));
    const data = fitted(samples, spec.length ?? length);
    return { type: 'float32', dims: [1, data.length], data };
  };
}

function samplesOf({ name, sampleRate }: AudioSpec, value: InputValue): Float32Array {
  const given = value instanceof Float32Array ? { data: value } : value;
  const wanted = `input "${name}" must be mono sound at ${sampleRate} Hz`;
  if (
    typeof given !== 'object' ||
    given === null ||
    !('data' in given) ||
    !(given.data instanceof Float32Array)
  ) {
    throw new SiskinError(
      'input_invalid',
      `${wanted}: pass a Float32Array of samples or { data, sampleRate }`,
    );
  }
  const { data } = given;
  if ('sampleRate' in given && given.sampleRate !== sampleRate) {
    throw new SiskinError(
      'input_invalid',
      `${wanted} and has another sample rate: resample it with an OfflineAudioContext of that rate`,
    );
  }
  if ('dims' in given && !isMono(given.dims, data.length)) {
    throw new SiskinError(
      'input_invalid',
      `${wanted} and has another shape than [1, samples]: mix its channels into one`,
    );
  }
  return data;
}

/** [samples], or with ones before it. */
function isMono(dims: unknown, samples: number): boolean {
  if (!Array.isArray(dims) || dims.length === 0) return false;
  return dims.every((dim, i) => dim === (i === dims.length - 1 ? samples : 1));
}

interface Measured {
  squares: number;
  clipped: number;
  crossings: number;
  frames: number;
  silent: number;
}

function measure(samples: Float32Array, frame: number): Measured {
  const { length } = samples;
  const measured: Measured = { squares: 0, clipped: 0, crossings: 0, frames: 0, silent: 0 };
  let below = length > 0 && samples[0]! < 0;
  for (let start = 0; start < length; start += frame) {
    const end = Math.min(start + frame, length);
    let squares = 0;
    let clipped = 0;
    let crossings = 0;
    for (let i = start; i < end; i++) {
      const x = samples[i]!;
      squares += x * x;
      if (x >= FULL_SCALE || x <= -FULL_SCALE) clipped++;
      if (x < 0 !== below) {
        below = !below;
        crossings++;
      }
    }
    measured.squares += squares;
    measured.clipped += clipped;
    measured.crossings += crossings;
    if (end - start < frame && start > 0) continue;
    measured.frames++;
    if (squares / (end - start) < SILENT) measured.silent++;
  }
  return measured;
}

/** Cut, or with silence at its end; the samples themselves where they fit. */
function fitted(samples: Float32Array, length: number): Float32Array {
  if (samples.length === length) return samples;
  if (samples.length > length) return samples.slice(0, length);
  const data = new Float32Array(length);
  data.set(samples);
  return data;
}
