/** NannyML's `l_infinity`: by how much the share of any category moved at most; 0 … 1. */
import { lInfinity as distance } from '../../distances/lInfinity.ts';
import type { CategoricalMethod } from './method.ts';

export const lInfinity: CategoricalMethod = (reference) => (chunk) => distance(reference, chunk);
