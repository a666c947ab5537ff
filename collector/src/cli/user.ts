import { userInfo } from 'node:os';

/** Undefined where the system does not know: containers run users that have no name. */
export function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
