/** Keys and secrets. Both are long random strings, so one SHA-256 is enough to keep one at rest. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Publishable: it only lets a page send counts. 128 random bits. */
export const newWriteKey = (): string => `pk_${randomBytes(16).toString('base64url')}`;

/** Lets its holder publish and roll out. 256 random bits. */
export const newAdminSecret = (): string => `sk_${randomBytes(32).toString('base64url')}`;

export const hashSecret = (secret: string): string =>
  createHash('sha256').update(secret).digest('hex');

/** Takes the same time whatever differs. */
export function secretMatches(candidate: string, hash: string): boolean {
  const known = Buffer.from(hash, 'hex');
  const given = Buffer.from(hashSecret(candidate), 'hex');
  return known.length === given.length && timingSafeEqual(known, given);
}
