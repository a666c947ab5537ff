import { SiskinError } from '@siskin/protocol';

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * "90s", "15m", "1h", "7d" → milliseconds.
 * @throws SiskinError `usage`.
 */
export function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text.trim()) ?? [];
  if (amount === undefined || Number(amount) === 0) {
    throw new SiskinError(
      'usage',
      `"${text.slice(0, 40)}" is no duration: write 90s, 15m, 1h or 7d`,
    );
  }
  return Number(amount) * UNITS[unit as keyof typeof UNITS];
}
