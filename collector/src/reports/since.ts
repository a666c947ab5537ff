/** How far back a report goes. */
import { SiskinError } from '@siskin/protocol';

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * "90s", "15m", "1h", "7d" or an instant such as "2026-11-24T09:30:00Z" → milliseconds before `now`.
 * @throws SiskinError `usage`.
 */
export function parseSince(text: string, now: number): number {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text.trim()) ?? [];
  const before =
    amount === undefined
      ? now - instant(text.trim())
      : Number(amount) * UNITS[unit as keyof typeof UNITS];
  if (before > 0) return before;
  throw new SiskinError(
    'usage',
    `"${text.slice(0, 40)}" is no time to look back to: write 90s, 15m, 1h, 7d or a past instant such as ${new Date(now - UNITS.h).toISOString()}`,
  );
}

/** Only ISO 8601 with a time zone: a date that means another thing on another machine is no date. */
function instant(text: string): number {
  const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  return iso ? Date.parse(text) : Number.NaN;
}
