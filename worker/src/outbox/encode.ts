/** The body of a batch: JSON, gzipped where that is possible and comes out whole. */

/** Below this gzip gains less than it costs. */
const MIN_BYTES = 600;

/**
 * An untyped binary body keeps the request CORS-simple: no preflight, so the last flush of a closing
 * page gets out. The collector tells gzip by its magic bytes.
 * @param minBytes of JSON from which on it is gzipped. Below, nothing is waited for.
 */
export async function encode(
  value: unknown,
  minBytes: number = MIN_BYTES,
): Promise<Uint8Array<ArrayBuffer>> {
  const plain = new TextEncoder().encode(JSON.stringify(value));
  if (plain.length < minBytes || typeof CompressionStream === 'undefined') return plain;
  try {
    const packed = await collect(
      new Blob([plain]).stream().pipeThrough(new CompressionStream('gzip')),
    );
    return isWhole(packed, plain.length) ? packed : plain;
  } catch {
    return plain;
  }
}

async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(
    await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
}

/** Some browsers have produced corrupt gzip bodies: RFC 1952 magic number, and the length at the end. */
function isWhole(packed: Uint8Array, length: number): boolean {
  if (packed.length < 18 || packed[0] !== 0x1f || packed[1] !== 0x8b) return false;
  return (
    new DataView(packed.buffer, packed.byteOffset).getUint32(packed.length - 4, true) === length
  );
}
