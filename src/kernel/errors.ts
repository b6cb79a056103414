// What the kernel refused: one error type with a stable code, and one for features that the running
// kernel lacks (the only error on which a kernel test may skip).

import { constants } from 'node:os';

const codeByErrno: ReadonlyMap<number, string> = new Map(
  // Where a number has two names (EAGAIN and EWOULDBLOCK), the first one stays.
  Object.entries(constants.errno)
    .map(([code, errno]): [number, string] => [errno, code])
    .reverse(),
);

export class KernelError extends Error {
  override readonly name: string = 'KernelError';
  /** `EADDRNOTAVAIL`, `EPERM`, … */
  readonly code: string;
  /** The call in words, e.g. `bind to 192.0.2.1`. */
  readonly attempted: string;

  /** `detail`: the kernel's own words, where it has some. */
  constructor(code: string, attempted: string, options?: ErrorOptions & { readonly detail?: string }) {
    const detail = options?.detail ?? '';
    super(`cannot ${attempted}: ${code}${detail === '' ? '' : ` (${detail})`}`, options);
    this.code = code;
    this.attempted = attempted;
  }
}

export class UnsupportedFeatureError extends Error {
  override readonly name = 'UnsupportedFeatureError';
  readonly feature: string;
  readonly minKernel: string;

  constructor(feature: string, minKernel: string) {
    super(`this kernel has no ${feature}: Linux ${minKernel} or newer is needed`);
    this.feature = feature;
    this.minKernel = minKernel;
  }
}

export function errnoCode(errno: number): string {
  return codeByErrno.get(errno) ?? `errno ${errno}`;
}
