/**
 * A bound on WebAssembly memory, which V8's limits on a thread's heap do not count. Emscripten's
 * runtimes (onnxruntime-web, TensorFlow.js) grow it through JavaScript, so that is where they are
 * stopped; what they make of it is an allocation that fails.
 */
export interface MemoryBound {
  /** Whether more was wanted than there may be. */
  readonly reached: boolean;
}

const PAGE_BYTES = 65_536;

/** Holds from now on, for every memory of this thread. @param bytes for all memories together. */
export function boundMemory(bytes: number): MemoryBound {
  const { grow } = WebAssembly.Memory.prototype;
  const bound = { reached: false };
  const grown = new Map<WebAssembly.Memory, number>();
  WebAssembly.Memory.prototype.grow = function (this: WebAssembly.Memory, pages: number) {
    grown.set(this, this.buffer.byteLength + pages * PAGE_BYTES);
    const total = [...grown.values()].reduce((sum, size) => sum + size, 0);
    if (total > bytes) {
      grown.set(this, this.buffer.byteLength);
      bound.reached = true;
      throw new RangeError('a trial may not take more memory');
    }
    return grow.call(this, pages);
  };
  return bound;
}
