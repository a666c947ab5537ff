/** NannyML's `l_infinity`: by how much the share of any category moved at most; 0 … 1. */
import { lInfinity as distance } from '../../distances/lInfinity.ts';
import type { Method } from './method.ts';

export const lInfinity: Method = (reference) => (chunk) => distance(reference, chunk);
