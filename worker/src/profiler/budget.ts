/** The contribution bound: how many predictions this device may count in full in one window. */
import { LIMITS } from '@siskin/protocol';

export class Budget {
  readonly #windowMs: number;
  readonly #used = new Map<string, number>();
  #since = Number.NEGATIVE_INFINITY;

  /** Windows are by time: one that is sealed early because it is full does not renew the budget. */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Whether one more prediction of `key` is within the bound at `now` (ms); if so it is taken. */
  take(key: string, now: number): boolean {
    if (now - this.#since >= this.#windowMs) {
      this.#since = now;
      this.#used.clear();
    }
    const used = this.#used.get(key) ?? 0;
    if (used >= LIMITS.predictions) return false;
    this.#used.set(key, used + 1);
    return true;
  }
}
