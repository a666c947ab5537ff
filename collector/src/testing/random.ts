/** Seeded random numbers for simulations: a test that fails must fail again. */

export { randomFrom as uniform } from '@siskin/worker/reference';

/** Standard normal, by Box and Muller. */
export function normal(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
