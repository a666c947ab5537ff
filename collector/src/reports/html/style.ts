/** One style for live pages and saved reports: light and dark, phone and desk, paper. */
import { createHash } from 'node:crypto';

export const STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#1d2327, #e6e9eb); --soft: light-dark(#5b6770, #9aa7b0);
  --line: light-dark(#dfe4e8, #343c43); --paper: light-dark(#ffffff, #15191c); --card: light-dark(#f7f9fa, #1c2226);
  --now: light-dark(#c2410c, #fb923c); --then: light-dark(#94a3b8, #64748b);
  --ok: light-dark(#15803d, #4ade80); --watch: light-dark(#a16207, #facc15); --drift: light-dark(#b91c1c, #f87171); }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 76rem; background: var(--paper); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.25rem; margin: 0 0 .5rem; } h2 { font-size: 1.15rem; margin: 1.75rem 0 .25rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .5rem; }
p { margin: .25rem 0; } .soft { color: var(--soft); } nav { margin: .5rem 0; }
.state { font-weight: 600; white-space: nowrap; } .state::before { content: "● "; }
.ok { color: var(--ok); } .watch { color: var(--watch); } .drift { color: var(--drift); } .few { color: var(--soft); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .5rem; margin: .5rem 0; }
dl div { background: var(--card); border: 1px solid var(--line); border-radius: .4rem; padding: .4rem .6rem; }
dt { color: var(--soft); font-size: .8rem; } dd { margin: 0; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .87rem; }
th, td { padding: .3rem .5rem; border-bottom: 1px solid var(--line); text-align: right; font-variant-numeric: tabular-nums;
  white-space: nowrap; } th { color: var(--soft); font-weight: 500; }
th:nth-child(-n+3), td:nth-child(-n+2) { text-align: left; }
td:first-child { white-space: normal; min-width: 8rem; }
svg { display: block; width: 9rem; height: 2rem; } .then { fill: var(--then); } .now { fill: var(--now); }
.then-key { color: var(--then); } .now-key { color: var(--now); }
form { display: grid; gap: .6rem; max-width: 26rem; } input, button { font: inherit; padding: .5rem .6rem; border-radius: .4rem; border: 1px solid var(--line); }
a { color: inherit; } a[aria-current] { font-weight: 600; text-decoration: none; } :focus-visible { outline: 3px solid var(--now); outline-offset: 2px; }
@media print { body { max-width: none; } .wide { overflow: visible; } }
`;

/** For a Content-Security-Policy that allows this style and no other. */
export const STYLE_HASH = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;
