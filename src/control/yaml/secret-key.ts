// Keys under which people write what nobody else may read. Complaints go to logs, so they leave out what stands there,
// misspelt keys included.

import { findNearest } from './field-path.ts';

export function isSecretKey(key: string): boolean {
  return /pass|pwd|psk|secret|token|auth|md5|key/i.test(key) || findNearest(key, ['password', 'secret']) !== undefined;
}

/** What a complaint says where the value would stand. */
export const hiddenValue = '(its value is not shown)';
