/** Composes profiler and outbox: what is counted, when it is sealed, when it is sent. */
import { type BatchEntry, type Catalogue, LIMITS, toBase64 } from '@siskin/protocol';
import type { EngineEvent } from './api.ts';
import type { Checkpoint, Database, SealedBatch } from './database.ts';
import { adoptOrphans, Checkpoints } from './outbox/checkpoint.ts';
import { Outbox } from './outbox/outbox.ts';
import { Budget } from './profiler/budget.ts';
import { Counter, type CounterKey } from './profiler/counter.ts';
import { observeUncounted, predictionsIn } from './profiler/observe.ts';
import { Window } from './profiler/window.ts';
import { VERSION } from './version.ts';

/** A window this full is sealed before its time. */
const SEAL_AT = 500;
/** Where there are no Web Locks to tell, an engine that has written nothing for so long is gone. */
const GONE_AFTER_MS = 3600_000;

/** Knows no series and so counts nothing: where counts go without consent. */
const NOWHERE = new Counter({ model: '', version: '', arm: 'champion', sequence: 0 }, new Map());

export interface TelemetryOptions {
  url: string;
  group: number;
  windowMs: number;
  consent: boolean;
  database: Database;
  fetch: typeof fetch;
  now(): number;
  random(): number;
  /** The catalogue of a version on this device, for counts that belong to a batch that was lost. */
  catalogue(model: string, version: string): Catalogue | undefined;
  onEvent(event: EngineEvent): void;
  /** The window is being written down: the moment for what belongs to it. */
  onWrite?(): void;
}

export class Telemetry {
  readonly #options: TelemetryOptions;
  readonly #outbox: Outbox;
  readonly #checkpoints: Checkpoints;
  readonly #budget: Budget;
  readonly #owner = `siskin-engine-${crypto.randomUUID()}`;
  readonly #alive = Promise.withResolvers<void>();
  #window: Window;
  #counted = 0;
  #consent: boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: TelemetryOptions) {
    this.#options = options;
    this.#consent = options.consent;
    this.#window = this.#newWindow();
    this.#budget = new Budget(options.windowMs);
    this.#checkpoints = new Checkpoints(options.database, this.#owner, () => {
      options.onWrite?.();
      return this.#snapshot();
    });
    this.#outbox = new Outbox({
      url: options.url,
      database: options.database,
      lock: `siskin-sender-${options.database.name}`,
      fetch: options.fetch,
      now: options.now,
      random: options.random,
      onLost: (entries, reason) => this.#account(entries, reason),
      onState: (id, state, code) =>
        options.onEvent({ type: 'batch', id, state, ...(code === undefined ? {} : { code }) }),
    });
  }

  get consent(): boolean {
    return this.#consent;
  }

  /** Takes over what earlier visits left and sends what waits. */
  async start(): Promise<void> {
    void globalThis.navigator?.locks
      ?.request(this.#owner, () => this.#alive.promise)
      .catch(() => undefined);
    // Without storage there is nothing to take over, and nothing to stop for.
    await adoptOrphans(this.#options.database, (found) => this.#isAlive(found)).catch(() => 0);
    if (this.#consent) void this.#outbox.flush();
  }

  /** Where a version's counts go now. Ask for each observation: windows change. */
  counter(key: CounterKey, catalogue: Catalogue): Counter {
    if (!this.#consent) return NOWHERE;
    if (this.#window.isFull(key)) void this.flush();
    this.#touch();
    return this.#window.counter(key, catalogue);
  }

  /** Whether one more prediction may be counted in full; if not it has been counted as clipped. */
  admit(key: CounterKey, catalogue: Catalogue): boolean {
    if (this.#budget.take(`${key.model}\n${key.version}\n${key.arm}`, this.#options.now())) {
      this.#counted++;
      return true;
    }
    observeUncounted(this.counter(key, catalogue), 'clipped');
    return false;
  }

  /** After a prediction: seals a window that is full. */
  settle(): void {
    if (this.#counted >= SEAL_AT) void this.flush();
  }

  /** Seals the open window and sends what waits. @returns batches that still wait. */
  async flush(options: { closing?: boolean; force?: boolean } = {}): Promise<number> {
    await this.#seal(options.closing ?? false);
    if (this.#consent) await this.#outbox.flush(options);
    return (await this.#outbox.waiting()).length;
  }

  /** Withdrawing consent deletes what was counted and not sent. */
  async setConsent(consent: boolean): Promise<void> {
    this.#consent = consent;
    if (consent) return;
    this.#checkpoints.cancel();
    this.#window = this.#newWindow();
    await this.#outbox.clear();
    await this.#options.database.clear('checkpoints').catch(() => undefined);
  }

  /** Exactly what waits to be sent, the open window last. */
  async inspect(): Promise<unknown[]> {
    const open = this.#snapshot();
    const waiting = await this.#outbox.waiting();
    return [...waiting, ...(open === undefined ? [] : [open])].map((sealed) => sealed.batch);
  }

  async close(): Promise<void> {
    await this.flush({ closing: true });
    clearTimeout(this.#timer);
    this.#checkpoints.cancel();
    this.#outbox.close();
    this.#alive.resolve();
  }

  #isAlive({ owner, sealedAt }: Checkpoint): boolean | Promise<boolean> {
    if (owner === this.#owner) return true;
    const locks = globalThis.navigator?.locks;
    if (locks === undefined) return this.#options.now() - sealedAt < GONE_AFTER_MS;
    return locks.request(owner, { ifAvailable: true }, (lock) => lock === null);
  }

  #newWindow(): Window {
    this.#counted = 0;
    return new Window(toBase64(crypto.getRandomValues(new Uint8Array(16))));
  }

  #snapshot(): SealedBatch | undefined {
    const entries = this.#window.entries();
    if (entries.length === 0) return undefined;
    const now = this.#options.now();
    return {
      sealedAt: now,
      batch: {
        v: 1,
        id: this.#window.id,
        group: this.#options.group,
        sdk: VERSION,
        // A laptop that slept, or a clock that was set, must not make the batch invalid.
        span: Math.min(Math.max(0, Math.round(now - (this.#window.openedAt ?? now))), LIMITS.ageMs),
        entries,
      },
    };
  }

  async #seal(closing: boolean): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#checkpoints.cancel();
    const sealed = this.#snapshot();
    this.#window = this.#newWindow();
    if (sealed === undefined || !this.#consent) return;
    this.#options.onWrite?.();
    await (closing ? this.#outbox.sealAndSend(sealed) : this.#outbox.seal(sealed));
  }

  #touch(): void {
    this.#window.openedAt ??= this.#options.now();
    this.#checkpoints.touch();
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.flush(), this.#options.windowMs);
    (this.#timer as { unref?: () => void }).unref?.();
  }

  #account(entries: readonly BatchEntry[], reason: 'quota' | 'blocked'): void {
    for (const { series, ...key } of entries) {
      const catalogue = this.#options.catalogue(key.model, key.version);
      const lost = predictionsIn(series);
      if (catalogue !== undefined && lost > 0)
        observeUncounted(this.counter(key, catalogue), reason, lost);
    }
  }
}
