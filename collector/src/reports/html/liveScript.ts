/** The live page's script: fetches the page anew and puts its `main` in place of the old one. */
export const LIVE_SCRIPT = `
const status = document.getElementById('live');
async function refresh() {
  if (document.hidden) return;
  try {
    const response = await fetch(location.href, { signal: AbortSignal.timeout(10000) });
    if (response.status === 401) return location.reload();
    if (!response.ok) throw new Error('it answered ' + response.status);
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
    const scrolled = [...document.querySelectorAll('.wide')].map((box) => box.scrollLeft);
    document.querySelector('main').replaceWith(fresh.querySelector('main'));
    document.querySelectorAll('.wide').forEach((box, i) => { box.scrollLeft = scrolled[i] ?? 0; });
    status.textContent = 'updated ' + new Date().toLocaleTimeString();
  } catch (error) {
    status.textContent = 'not up to date: the collector does not answer (' + error.message + ')';
  }
}
setInterval(refresh, 5000);
document.addEventListener('visibilitychange', refresh);
`;
