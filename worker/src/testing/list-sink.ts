/** A sink that only remembers, so that a test sees what would have been counted. */
import type { FeatureSink } from '../features.ts';

export class ListSink implements FeatureSink {
  readonly seen: [name: string, value: number | string | null | undefined][] = [];

  number(name: string, value: number | null | undefined): void {
    this.seen.push([name, value]);
  }

  category(name: string, value: string | null | undefined): void {
    this.seen.push([name, value]);
  }

  /** The last value of a series; throws if there is none. */
  get(name: string): number | string | null | undefined {
    const found = this.seen.findLast(([seen]) => seen === name);
    if (found === undefined) throw new Error(`nothing was seen of "${name}"`);
    return found[1];
  }
}
