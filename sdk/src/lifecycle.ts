/** When the page may be about to vanish: the last moments at which something can still be sent. */

/**
 * Calls back when the page is hidden, frozen or left. `visibilitychange` to hidden is the last
 * reliable one (https://developer.chrome.com/docs/web-platform/page-lifecycle-api); `pagehide`
 * covers what navigates away while visible, and is fired on `window` only. Never `unload`: it
 * would keep the page out of the back/forward cache.
 * @returns stops listening.
 */
export function whenHidden(callback: () => void): () => void {
  const stop = new AbortController();
  const options = { signal: stop.signal, capture: true };
  const onVisibility = () => {
    if (document.visibilityState === 'hidden') callback();
  };
  document.addEventListener('visibilitychange', onVisibility, options);
  document.addEventListener('freeze', callback, options);
  window.addEventListener('pagehide', callback, options);
  return () => stop.abort();
}
