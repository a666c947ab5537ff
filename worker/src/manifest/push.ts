/** The collector's push: server-sent events that only say "fetch again". Loaded after the start. */

/** @param onSequence the sequence that is there now, as the collector claims: a reason to look. */
export function listen(url: string, onSequence: (sequence: number) => void): EventSource {
  const events = new EventSource(url);
  events.addEventListener('manifest', (event) => {
    onSequence(sequenceOf((event as MessageEvent<unknown>).data));
  });
  return events;
}

/** A message that is not understood (a proxy's, a later version's) is a reason to look, too. */
function sequenceOf(data: unknown): number {
  try {
    const { sequence } = JSON.parse(String(data)) as { sequence?: unknown };
    return typeof sequence === 'number' ? sequence : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
