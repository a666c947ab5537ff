/** Where features of inputs and outputs go to be counted; the profiler is one, a test's list another. */
export interface FeatureSink {
  /** A number, by series name; the series' kind says how it is binned. */
  number(name: string, value: number | null | undefined): void;
  category(name: string, value: string | null | undefined): void;
}

/**
 * Holds the features of one prediction until its answer is there, so that a prediction is counted
 * all at once, in one window, or not at all. Numbers lie by themselves: among other values an engine
 * would put each into an object of its own.
 */
export class Recorder implements FeatureSink {
  readonly #numberNames: string[] = [];
  readonly #numbers: number[] = [];
  readonly #missing: string[] = [];
  readonly #categoryNames: string[] = [];
  readonly #categories: (string | null | undefined)[] = [];

  number(name: string, value: number | null | undefined): void {
    if (value === null || value === undefined) {
      this.#missing.push(name);
    } else {
      this.#numberNames.push(name);
      this.#numbers.push(value);
    }
  }

  category(name: string, value: string | null | undefined): void {
    this.#categoryNames.push(name);
    this.#categories.push(value);
  }

  /** In an order of its own: counts have none. */
  replay(sink: FeatureSink): void {
    for (let i = 0; i < this.#numbers.length; i++)
      sink.number(this.#numberNames[i]!, this.#numbers[i]!);
    for (const name of this.#missing) sink.number(name, null);
    for (let i = 0; i < this.#categories.length; i++)
      sink.category(this.#categoryNames[i]!, this.#categories[i]);
  }
}
