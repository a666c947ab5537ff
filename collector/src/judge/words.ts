/** A verdict in plain words, for whoever has to believe it. */
import { SRM_ALPHA } from './sampleRatio.ts';
import type { GuardrailVerdict, Reason, Verdict } from './verdict.ts';

const MEANING: Record<Reason, string> = {
  'hard rule': 'too many devices cannot run the canary at all',
  'sample-ratio mismatch':
    'the arms do not get the devices that they should, so nothing is judged: find out where devices go missing',
  'no data': 'there are no devices to compare',
  harm: 'the canary is worse',
  safe: 'the canary is shown not to be worse by the ratio that matters, in every guardrail',
  'too early': 'all guardrails are safe, but the step needs more devices or more time',
  deadline: 'time is up without an answer; a human has to decide',
  open: 'not enough evidence yet, for harm or for safety',
};

/** @returns lines; the first one says what to do and why. */
export function inWords(verdict: Verdict): string[] {
  const { outcome, why, srm, threshold, devices, broken, guardrails } = verdict;
  return [
    `${outcome}: ${MEANING[why]}`,
    ...broken,
    `sample ratio: ${whole(devices)} canary devices; mismatch has an e-value of ${eValue(srm.logE)}, ${1 / SRM_ALPHA} would be one`,
    ...guardrails.map((one) => guardrailInWords(one, threshold)),
  ];
}

function guardrailInWords(one: GuardrailVerdict, threshold: number): string {
  const arm = (name: string, bad: number, n: number): string =>
    `${name} ${whole(bad)} of ${whole(n)}${n === 0 ? '' : ` (${percent(bad / n)})`}`;
  return [
    `${one.name}: ${one.state}`,
    arm('canary', one.badB, one.nB),
    arm('champion', one.badA, one.nA),
    `e-value ${eValue(one.harm.logE)} that it is worse, ${eValue(one.safe.logE)} that it is below ${one.ratio} times; ${decimal(threshold)} decides`,
  ].join('; ');
}

const whole = (value: number): string => value.toLocaleString('en');
const decimal = (value: number): string => String(Number(value.toPrecision(3)));
const percent = (share: number): string => `${decimal(share * 100)} %`;

/** e-values may be beyond what a float holds. */
function eValue(logE: number): string {
  const exponent = Math.floor(logE / Math.LN10);
  return Math.abs(exponent) < 4 ? decimal(Math.exp(logE)) : `1e${exponent}`;
}
