/** What `npm start` and `npm test` need before they can run. */
export { BROWSER_ARGS, findBrowser } from './browser.js';
