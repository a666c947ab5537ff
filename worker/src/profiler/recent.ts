/** Predictions that feedback or a late label may still be about; the oldest are forgotten. */
export class Recent<T> {
  readonly #capacity: number;
  readonly #items = new Map<string, T>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  set(id: string, item: T): void {
    this.#items.set(id, item);
    if (this.#items.size <= this.#capacity) return;
    for (const oldest of this.#items.keys()) {
      this.#items.delete(oldest);
      return;
    }
  }

  get(id: string): T | undefined {
    return this.#items.get(id);
  }
}
