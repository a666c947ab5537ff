import { expect, it } from 'vitest';
import { capabilitiesOf } from './capabilities.ts';

const gpu = async () => true;

it('says what a browser says', async () => {
  const chromium = {
    hardwareConcurrency: 8,
    deviceMemory: 4,
    userAgentData: { mobile: false },
    language: 'de-AT',
  };
  expect(await capabilitiesOf(chromium, gpu, '0.1.0')).toEqual({
    webgpu: true,
    cores: 8,
    memory: 4,
    mobile: false,
    locale: 'de-AT',
    sdk: '0.1.0',
  });
});

it('leaves out what a browser does not say', async () => {
  const firefox = { hardwareConcurrency: 8, language: 'fr' };
  const none = async () => false;
  expect(await capabilitiesOf(firefox, none, '0.1.0')).toEqual({
    webgpu: false,
    cores: 8,
    locale: 'fr',
    sdk: '0.1.0',
  });
  expect(await capabilitiesOf(undefined, none, '0.1.0')).toEqual({ webgpu: false, sdk: '0.1.0' });
});
