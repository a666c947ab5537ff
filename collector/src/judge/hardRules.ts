/** What needs no statistics: a canary that many devices cannot run at all is rolled back at once. */

/** On so many devices, so that a few broken ones stop nothing … */
export const HARD_DEVICES = 3;
/** … and on this share of those that tried. */
export const HARD_SHARE = 0.2;

/** Devices that the canary failed on, each once a kind. */
export interface HardFailures {
  selfTest?: number | undefined;
  crashLoop?: number | undefined;
  load?: number | undefined;
}

const KINDS: Record<keyof HardFailures, string> = {
  selfTest: 'failed the self-test',
  crashLoop: 'crashed again and again',
  load: 'could not load it',
};

/**
 * @param devices that were exposed to the canary. Some failures come before exposure: a device that
 * failed is taken to have tried, so at least as many did.
 * @returns in words each rule that is broken.
 */
export function brokenRules(failures: HardFailures, devices: number): string[] {
  return (Object.keys(KINDS) as (keyof HardFailures)[]).flatMap((kind) => {
    const failed = failures[kind] ?? 0;
    const tried = Math.max(devices, failed);
    if (failed < HARD_DEVICES || failed < HARD_SHARE * tried) return [];
    return [`${failed} of ${tried} devices with the canary ${KINDS[kind]}`];
  });
}
