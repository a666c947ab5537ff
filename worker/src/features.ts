/** Where features of inputs and outputs go to be counted; the profiler is one, a test's list another. */
export interface FeatureSink {
  /** A number, by series name; the series' kind says how it is binned. */
  number(name: string, value: number | null | undefined): void;
  category(name: string, value: string | null | undefined): void;
}
