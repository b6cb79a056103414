// What a socket's error code means, in few words that stand well in a table: `connection refused`.

import { MissingCapabilityError } from '#kernel/capabilities.ts';
import { UnsupportedFeatureError } from '#kernel/errors.ts';

const words: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection reset by peer'],
  ['EPIPE', 'connection closed by peer'],
  ['ECONNABORTED', 'connection aborted'],
  ['ETIMEDOUT', 'timed out'],
  ['EHOSTUNREACH', 'no route to host'],
  ['EHOSTDOWN', 'host is down'],
  ['ENETUNREACH', 'network unreachable'],
  ['ENETDOWN', 'network is down'],
  ['EADDRNOTAVAIL', 'address is not on this machine'],
  ['EADDRINUSE', 'address in use'],
  ['EAFNOSUPPORT', 'address family not supported here'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EMFILE', 'too many open files'],
  ['ENFILE', 'too many open files'],
  ['ENODEV', 'no such interface'],
  ['EINVAL', 'invalid address for this interface'],
]);

export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

export function describeSocketError(error: unknown): string {
  // These say more than their code: which capability, which feature of the kernel.
  if (error instanceof MissingCapabilityError || error instanceof UnsupportedFeatureError) return error.message;
  const code = errorCode(error);
  if (code !== undefined) return words.get(code) ?? code;
  return error instanceof Error ? error.message : String(error);
}
