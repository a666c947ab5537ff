/** What a session must pass before it answers anybody: loaded beside the first model, not before. */
export { checkGraph } from './check-graph.ts';
export { readSelfTest, runSelfTest } from './self-test.ts';
