/** The open window: a counter for each model version and arm that was used in it. */
import type { BatchEntry, Catalogue } from '@siskin/protocol';
import { Counter, type CounterKey } from './counter.ts';

export class Window {
  readonly id: string;
  /** By the device's clock, ms. */
  readonly openedAt: number;
  readonly #counters = new Map<string, Counter>();

  constructor(id: string, openedAt: number) {
    this.id = id;
    this.openedAt = openedAt;
  }

  counter(key: CounterKey, catalogue: Catalogue): Counter {
    const name = `${key.model}\n${key.version}\n${key.arm}\n${key.sequence}`;
    let counter = this.#counters.get(name);
    if (counter === undefined) {
      counter = new Counter(key, catalogue);
      this.#counters.set(name, counter);
    }
    return counter;
  }

  entries(): BatchEntry[] {
    return [...this.#counters.values()].flatMap((counter) => counter.toEntry() ?? []);
  }

  get predictions(): number {
    let sum = 0;
    for (const counter of this.#counters.values()) sum += counter.predictions;
    return sum;
  }
}
