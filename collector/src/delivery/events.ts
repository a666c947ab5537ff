/** Who is told that an app has a new manifest: open event streams, by app. */
export type Listener = { sequence(sequence: number): void; close(): void };

export class EventHub {
  readonly #listeners = new Map<string, Set<Listener>>();

  /** @returns how to leave. */
  join(app: string, listener: Listener): () => void {
    let listeners = this.#listeners.get(app);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(app, listeners);
    }
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  announce(app: string, sequence: number): void {
    for (const listener of this.#listeners.get(app) ?? []) listener.sequence(sequence);
  }

  get size(): number {
    let size = 0;
    for (const listeners of this.#listeners.values()) size += listeners.size;
    return size;
  }

  close(): void {
    for (const listeners of this.#listeners.values()) {
      for (const listener of [...listeners]) listener.close();
    }
  }
}
