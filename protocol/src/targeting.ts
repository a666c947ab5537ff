/**
 * Which devices a rollout is for. Evaluated on the device, which tells nobody what it can do: the
 * collector learns no more than that it is in an arm.
 */
import * as v from 'valibot';

const Version = v.pipe(v.string(), v.regex(/^\d{1,4}(\.\d{1,4}){2}$/, 'a version is like 1.20.3'));

/** Every member that is given has to hold. */
export const TargetSchema = v.strictObject({
  /** Whether it has a GPU that WebGPU may use. */
  webgpu: v.optional(v.boolean()),
  /** Least number of logical processors. */
  cores: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1024))),
  /** Least memory in GiB, as browsers round it: 0.25, 0.5, 1, 2, 4, 8. */
  memory: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1024))),
  mobile: v.optional(v.boolean()),
  /** Languages (BCP 47): "de" is German everywhere, "de-AT" Austria's. */
  locales: v.optional(
    v.pipe(v.array(v.pipe(v.string(), v.minLength(2), v.maxLength(35))), v.minLength(1)),
  ),
  /** Least version of the SDK. */
  sdk: v.optional(Version),
});

export type Target = v.InferOutput<typeof TargetSchema>;

/** What a device is known to be; what is not known is left out. */
export interface Capabilities {
  webgpu?: boolean;
  cores?: number;
  memory?: number;
  mobile?: boolean;
  locale?: string;
  sdk?: string;
}

/** What is asked for and not known does not hold. */
export function matches(target: Target, device: Capabilities): boolean {
  const { webgpu, cores, memory, mobile, locales, sdk } = target;
  return (
    (webgpu === undefined || device.webgpu === webgpu) &&
    (cores === undefined || (device.cores ?? 0) >= cores) &&
    (memory === undefined || (device.memory ?? 0) >= memory) &&
    (mobile === undefined || device.mobile === mobile) &&
    (locales === undefined || locales.some((one) => isWithin(device.locale, one))) &&
    (sdk === undefined || (device.sdk !== undefined && isAtLeast(device.sdk, sdk)))
  );
}

/** "de-AT" is within "de": basic filtering of RFC 4647, §3.3.1. */
function isWithin(locale: string | undefined, range: string): boolean {
  const [tag, wanted] = [locale?.toLowerCase(), range.toLowerCase()];
  return tag === wanted || tag?.startsWith(`${wanted}-`) === true;
}

function isAtLeast(version: string, least: string): boolean {
  const [a, b] = [version, least].map((text) => text.split(/[.-]/, 3).map(Number));
  for (let i = 0; i < 3; i++) {
    if (a![i] !== b![i]) return a![i]! > b![i]!;
  }
  return true;
}
