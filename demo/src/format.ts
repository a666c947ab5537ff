/** Numbers and terms as a person reads them. */
import type { Backend, Decision, ModelInfo } from '@siskin/sdk';

const DOLLARS = new Intl.NumberFormat('en-US', {
  style: 'currency',
  currency: 'USD',
  maximumFractionDigits: 0,
});
const PLAIN = new Intl.NumberFormat('en-US');
const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

export const dollars = (amount: number) => DOLLARS.format(amount);
export const count = (n: number) => PLAIN.format(n);
export const clock = (time: Date) => CLOCK.format(time);

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** Never rounds up to certainty: 0.9996 is 99.9 %. */
export function percent(share: number): string {
  const tenths = share < 1 ? Math.min(Math.round(share * 1000), 999) : 1000;
  return `${(tenths / 10).toFixed(1)} %`;
}

export function milliseconds(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

export function bytes(n: number): string {
  if (n < 1000) return `${n} B`;
  return n < 1e6 ? `${(n / 1000).toFixed(1)} kB` : `${(n / 1e6).toFixed(1)} MB`;
}

export const DECISIONS: Record<Decision, string> = {
  automate: 'sure enough',
  assist: 'please confirm',
  defer: 'not sure: you decide',
  human: 'you decide',
};

const BACKENDS: Record<Backend, string> = {
  webgpu: 'WebGPU',
  wasm: 'WASM',
  webgl: 'WebGL',
  cpu: 'CPU',
  none: 'none',
};
export const backendName = (backend: Backend) => BACKENDS[backend];

const FALLBACKS: Record<NonNullable<ModelInfo['fallback']>, string> = {
  'no-adapter': 'no GPU here',
  'software-adapter': 'the GPU is emulated',
  'self-test': 'the GPU answers wrongly',
  failed: 'the GPU failed',
  'not-allowed': 'others are not allowed',
};

/** Why a preferred backend was passed over; empty if none was. */
export function fallbackReason({ fallback }: ModelInfo): string {
  return fallback === undefined ? '' : FALLBACKS[fallback];
}
