/** One thing at a time. */

/**
 * A queue that runs what it is given in turn; a failure is its caller's alone.
 *
 * onnxruntime-web's WebGPU build suspends one WASM stack (asyncify): a second call that enters
 * meanwhile freezes the whole worker. TensorFlow.js has one active backend for all its models.
 */
export function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let tail: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = tail.then(work);
    tail = turn.catch(() => undefined);
    return turn;
  };
}
