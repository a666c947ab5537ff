/** What this device can do, for rollouts that are for some devices only. It is told to nobody. */
import type { Capabilities } from '@siskin/protocol';

/** Not every browser has all of it, nor the types. */
export interface KnownNavigator {
  hardwareConcurrency?: number;
  /** https://www.w3.org/TR/device-memory/ */
  deviceMemory?: number;
  /** https://wicg.github.io/ua-client-hints/ */
  userAgentData?: { mobile?: boolean };
  language?: string;
}

/** @param hasGpu whether WebGPU has an adapter worth using. */
export async function capabilitiesOf(
  navigator: KnownNavigator | undefined,
  hasGpu: () => Promise<boolean>,
  sdk: string,
): Promise<Capabilities> {
  const {
    hardwareConcurrency: cores,
    deviceMemory: memory,
    userAgentData,
    language,
  } = navigator ?? {};
  const mobile = userAgentData?.mobile;
  return {
    webgpu: await hasGpu(),
    sdk,
    ...(cores === undefined ? {} : { cores }),
    ...(memory === undefined ? {} : { memory }),
    ...(mobile === undefined ? {} : { mobile }),
    ...(language === undefined ? {} : { locale: language }),
  };
}
