/** Where features of inputs and outputs go to be counted; the profiler is one, a test's list another. */
export interface FeatureSink {
  /** A number, by series name; the series' kind says how it is binned. */
  number(name: string, value: number | null | undefined): void;
  category(name: string, value: string | null | undefined): void;
}

/**
 * Holds the features of one prediction until its answer is there, so that a prediction is counted
 * all at once, in one window, or not at all.
 */
export class Recorder implements FeatureSink {
  readonly #names: string[] = [];
  readonly #values: (number | string | null | undefined)[] = [];
  readonly #isNumber: boolean[] = [];

  number(name: string, value: number | null | undefined): void {
    this.#push(name, value, true);
  }

  category(name: string, value: string | null | undefined): void {
    this.#push(name, value, false);
  }

  replay(sink: FeatureSink): void {
    for (let i = 0; i < this.#names.length; i++) {
      if (this.#isNumber[i]) sink.number(this.#names[i]!, this.#values[i] as number);
      else sink.category(this.#names[i]!, this.#values[i] as string);
    }
  }

  #push(name: string, value: number | string | null | undefined, isNumber: boolean): void {
    this.#names.push(name);
    this.#values.push(value);
    this.#isNumber.push(isNumber);
  }
}
