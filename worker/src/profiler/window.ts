/** The open window: a counter for each model version and arm that was used in it. */
import { type BatchEntry, type Catalogue, LIMITS } from '@siskin/protocol';
import { Counter, type CounterKey } from './counter.ts';

export class Window {
  readonly id: string;
  /** When something was first counted, by the device's clock, ms. */
  openedAt: number | undefined;
  readonly #counters = new Map<string, Counter>();
  #last: Counter | undefined;

  constructor(id: string) {
    this.id = id;
  }

  /** Whether one more key would make more entries than a batch may have. */
  isFull(key: CounterKey): boolean {
    return this.#counters.size >= LIMITS.entries && !this.#counters.has(nameOf(key));
  }

  counter(key: CounterKey, catalogue: Catalogue): Counter {
    if (this.#last?.key === key) return this.#last;
    const name = nameOf(key);
    let counter = this.#counters.get(name);
    if (counter === undefined) {
      counter = new Counter(key, catalogue);
      this.#counters.set(name, counter);
    }
    this.#last = counter;
    return counter;
  }

  entries(): BatchEntry[] {
    return [...this.#counters.values()].flatMap((counter) => counter.toEntry() ?? []);
  }
}

function nameOf({ model, version, arm, sequence }: CounterKey): string {
  return `${model}\n${version}\n${arm}\n${sequence}`;
}
