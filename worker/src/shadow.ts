/**
 * A version that answers beside the champion and is never shown. It has a session of its own and its
 * turn is when nobody waits: a call that comes meanwhile does not wait in its queue.
 */
import { messageOf, SERIES, SiskinError } from '@siskin/protocol';
import type { Input } from './api.ts';
import type { FeatureSink } from './features.ts';
import { pathOf } from './path.ts';
import type { Counter } from './profiler/counter.ts';
import { observeError } from './profiler/observe.ts';
import { reusable } from './reusable.ts';
import type { Guard } from './rollout/guard.ts';
import type { Answered, Ask, Live, Trial } from './serving/live.ts';
import { freeLater } from './trial.ts';

/** Inputs that are kept for it; beyond that it is not offered any. */
const MAX_WAITING = 8;

/** Of the inputs the champion has counted the features. */
const NO_SINK: FeatureSink = { number() {}, category() {} };

export interface ShadowOptions {
  guard: Guard;
  /** Share of predictions, 0 … 1. */
  sample: number;
  random(): number;
  /** Resolves when nobody waits for the champion. */
  idle(): Promise<void>;
  /** Without consent one that counts nothing. */
  counter(): Counter;
  /** It failed often enough. */
  onTripped(error: SiskinError): void;
}

export class Shadow implements Trial {
  readonly live: Live;
  readonly #options: ShadowOptions;
  #sample: number;
  readonly #waiting: { input: Input; label: string | null }[] = [];
  #draining: Promise<void> | undefined;
  #closed = false;

  constructor(live: Live, options: ShadowOptions) {
    this.live = live;
    this.#options = options;
    this.#sample = options.sample;
  }

  get tripped(): boolean {
    return this.#options.guard.tripped;
  }

  /** A newer manifest wants the same shadow. */
  follow(sequence: number, sample: number): void {
    this.live.assignment = { ...this.live.assignment, sequence };
    this.#sample = sample;
  }

  /** The champion's predictions: some are kept, to be answered again. */
  async run<T extends Answered>(champion: Live, input: Input, ask: Ask<T>): Promise<T> {
    const { random } = this.#options;
    const isChosen = !this.#closed && this.#waiting.length < MAX_WAITING && random() < this.#sample;
    if (!isChosen) return ask(champion, input);
    const kept = reusable(champion.version.spec, input);
    const answered = await ask(champion, kept);
    this.#waiting.push({ input: kept, label: answered.data.label });
    this.#draining ??= this.#drain();
    return answered;
  }

  /** Frees the version once it is not running. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.length = 0;
    if (this.#draining !== undefined) freeLater(this.live, this.#draining);
    await this.live.dispose().catch(() => undefined);
  }

  async #drain(): Promise<void> {
    const { guard, idle, counter, onTripped } = this.#options;
    while (!this.#closed && this.#waiting.length > 0) {
      await idle();
      const next = this.#waiting.shift();
      if (this.#closed || next === undefined) break;
      const began = performance.now();
      try {
        const label = await guard.run(
          () => this.#answer(next.input),
          () => true,
        );
        counter().number(SERIES.shadowLatency, performance.now() - began);
        // What has no row or column of its own is "other".
        counter().pair(SERIES.shadowPairs, next.label ?? '', label ?? '');
      } catch (thrown) {
        const error = SiskinError.from(thrown, 'prediction_failed', messageOf(thrown));
        observeError(counter(), error.code);
        if (!guard.tripped) continue;
        this.#closed = true;
        if (guard.hanging !== undefined) freeLater(this.live, guard.hanging);
        onTripped(error);
      }
    }
    this.#draining = undefined;
  }

  async #answer(input: Input): Promise<string | null> {
    const { extract, read } = await pathOf(this.live);
    return read(await this.live.session.run(extract(input, NO_SINK))).label;
  }
}
