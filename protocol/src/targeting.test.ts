import { describe, expect, it } from 'vitest';
import { type Capabilities, matches, type Target } from './targeting.ts';

const PHONE: Capabilities = {
  webgpu: false,
  cores: 8,
  memory: 4,
  mobile: true,
  locale: 'de-AT',
  sdk: '1.9.0',
};

describe('a target', () => {
  it.each<[string, Target]>([
    ['that asks for nothing', {}],
    ['of devices without WebGPU', { webgpu: false }],
    ['of eight cores', { cores: 8 }],
    ['of two GiB', { memory: 2 }],
    ['of phones', { mobile: true }],
    ['of a language', { locales: ['fr', 'de'] }],
    ['of a country', { locales: ['DE-at'] }],
    ['of this SDK and later ones', { sdk: '1.9.0' }],
    ['of an earlier SDK, compared by number', { sdk: '1.8.12' }],
    ['of all of that', { webgpu: false, cores: 4, mobile: true, locales: ['de'], sdk: '1.0.0' }],
  ])('%s takes the phone', (_, target) => {
    expect(matches(target, PHONE)).toBe(true);
  });

  it.each<[string, Target]>([
    ['with WebGPU', { webgpu: true }],
    ['of more cores', { cores: 9 }],
    ['of more memory', { memory: 8 }],
    ['of desktops', { mobile: false }],
    ['of another country', { locales: ['de-CH'] }],
    ['of a language that begins alike', { locales: ['d'.concat('x')] }],
    ['of a later SDK, compared by number', { sdk: '1.10.0' }],
    ['of which one does not hold', { mobile: true, cores: 64 }],
  ])('%s does not', (_, target) => {
    expect(matches(target, PHONE)).toBe(false);
  });

  it('asks in vain for what is not known', () => {
    const asked: Target[] = [
      { webgpu: false },
      { cores: 1 },
      { mobile: false },
      { locales: ['de'] },
      { sdk: '0.0.1' },
    ];
    for (const target of asked) expect(matches(target, {})).toBe(false);
  });
});
