/**
 * Window → IndexedDB → collector. A batch leaves the database only when the collector has
 * acknowledged it, or has said that it never will.
 */
import type { BatchEntry } from '@siskin/protocol';
import type { Database, SealedBatch } from '../database.ts';
import { backoff } from './backoff.ts';
import { type Delivery, deliver } from './deliver.ts';

/** Sealed batches a device keeps while it cannot send; then the oldest go, counted as `quota`. */
const MAX_WAITING = 1000;

/** `delayed`: it could not be sent now and will be tried again. */
export type BatchState = 'sealed' | 'sent' | 'delayed' | 'refused';

export interface OutboxOptions {
  url: string;
  database: Database;
  /** Name of this device's sender lock: of all tabs, one sends. */
  lock: string;
  fetch: typeof fetch;
  now(): number;
  random(): number;
  /** Predictions of a batch that will not arrive, by reason: they are counted in the next window. */
  onLost(entries: readonly BatchEntry[], reason: 'quota' | 'blocked'): void;
  onState(id: string, state: BatchState, code?: string): void;
}

export class Outbox {
  readonly #options: OutboxOptions;
  /** Where storage is forbidden or full: sent while the tab lives, lost with it. */
  readonly #memory = new Map<string, SealedBatch>();
  #attempt = 0;
  #notBefore = 0;
  /** Whether it was the collector that said how long to wait. */
  #told = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending: Promise<void> | undefined;
  /** What the next pass is asked for. */
  #asked: { closing: boolean; force: boolean } | undefined;
  #stop = new AbortController();
  #closed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Closes a window: from here on the batch is only ever sent, never changed. */
  async seal(sealed: SealedBatch): Promise<void> {
    const { database, onState } = this.#options;
    try {
      const transaction = database.transaction(['outbox', 'checkpoints'], 'readwrite');
      void transaction.objectStore('outbox').put(sealed, sealed.batch.id);
      void transaction.objectStore('checkpoints').delete(sealed.batch.id);
      await transaction.done;
    } catch {
      this.#memory.set(sealed.batch.id, sealed);
    }
    onState(sealed.batch.id, 'sealed');
    await this.#bound();
  }

  /**
   * Closes the last window of a page that may be gone at any moment: the batch is on its way before
   * anything is waited for, and written down meanwhile. If only its answer is lost, the next visit
   * sends it again, under the same id.
   */
  async sealAndSend(sealed: SealedBatch): Promise<void> {
    if (this.#mustWait(true)) return this.seal(sealed);
    const { signal } = this.#stop;
    const sending = this.#deliver(sealed, true, signal);
    await this.seal(sealed);
    await this.#settle(sealed, await sending, signal);
  }

  /** Oldest first. */
  async waiting(): Promise<SealedBatch[]> {
    const stored = await this.#options.database.getAll('outbox').catch(() => []);
    return [...stored, ...this.#memory.values()].sort((a, b) => a.sealedAt - b.sealedAt);
  }

  /**
   * Sends what waits. Never rejects: what could not be sent waits for the next time. One pass at a
   * time; what is asked for during a pass, such as the last window of a closing page, gets its own.
   * @param options.force do not wait for the end of a back-off; a Retry-After is kept to all the same.
   */
  flush(options: { closing?: boolean; force?: boolean } = {}): Promise<void> {
    this.#asked = {
      closing: options.closing || this.#asked?.closing || false,
      force: options.force || this.#asked?.force || false,
    };
    this.#sending ??= this.#drain();
    return this.#sending;
  }

  /** Deletes what waits, and breaks off what is being sent. */
  async clear(): Promise<void> {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#memory.clear();
    await this.#options.database.clear('outbox').catch(() => undefined);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #drain(): Promise<void> {
    while (this.#asked !== undefined) {
      const { closing, force } = this.#asked;
      this.#asked = undefined;
      await this.#exclusively(() => this.#send(closing, force)).catch(() => undefined);
    }
    this.#sending = undefined;
  }

  async #exclusively(work: () => Promise<void>): Promise<void> {
    const locks = globalThis.navigator?.locks;
    if (locks === undefined) return work();
    await locks.request(this.#options.lock, { ifAvailable: true }, async (lock) => {
      if (lock !== null) await work();
    });
  }

  async #send(closing: boolean, force: boolean): Promise<void> {
    const { signal } = this.#stop;
    if (this.#mustWait(force)) return;
    for (const sealed of await this.waiting()) {
      if (this.#closed && !closing) return;
      const delivery = await this.#deliver(sealed, closing, signal);
      if (!(await this.#settle(sealed, delivery, signal))) return;
    }
  }

  #mustWait(force: boolean): boolean {
    return this.#options.now() < this.#notBefore && (this.#told || !force);
  }

  #deliver(sealed: SealedBatch, closing: boolean, signal: AbortSignal): Promise<Delivery> {
    const { url, fetch, now } = this.#options;
    return deliver(url, sealed, { fetch, now: now(), closing, signal });
  }

  /** @returns whether to go on with the next batch. */
  async #settle(sealed: SealedBatch, delivery: Delivery, signal: AbortSignal): Promise<boolean> {
    const { random, onState, onLost } = this.#options;
    const { id, entries } = sealed.batch;
    if (signal.aborted) return false;
    if (delivery.outcome === 'retry') {
      this.#told = delivery.afterMs !== undefined;
      this.#wake(delivery.afterMs ?? backoff(this.#attempt++, random()));
      onState(id, 'delayed', delivery.code);
      return false;
    }
    this.#attempt = 0;
    this.#notBefore = 0;
    clearTimeout(this.#timer);
    await this.#remove(id);
    if (delivery.outcome === 'accepted') onState(id, 'sent');
    else {
      onLost(entries, 'blocked');
      onState(id, 'refused', delivery.code);
    }
    return true;
  }

  async #remove(id: string): Promise<void> {
    if (this.#memory.delete(id)) return;
    await this.#options.database.delete('outbox', id).catch(() => undefined);
  }

  #wake(delay: number): void {
    this.#notBefore = this.#options.now() + delay;
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#notBefore = 0;
      void this.flush();
    }, delay);
    (this.#timer as { unref?: () => void }).unref?.();
  }

  async #bound(): Promise<void> {
    const waiting = await this.waiting();
    for (const sealed of waiting.slice(0, Math.max(0, waiting.length - MAX_WAITING))) {
      await this.#remove(sealed.batch.id);
      this.#options.onLost(sealed.batch.entries, 'quota');
    }
  }
}
