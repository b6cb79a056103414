// Capabilities (capabilities(7)) that a few options need: what the kernel refused becomes one line that names the
// capability and the option. Whether one is there is found out by trying; nothing is decided by looking at the set,
// which says nothing of user namespaces or security modules.

import { readFileSync } from 'node:fs';
import { KernelError } from './errors.ts';

export type Capability = 'CAP_NET_BIND_SERVICE' | 'CAP_NET_ADMIN' | 'CAP_NET_RAW';

/** Bit numbers of linux/capability.h. */
const bits: Readonly<Record<Capability, number>> = { CAP_NET_BIND_SERVICE: 10, CAP_NET_ADMIN: 12, CAP_NET_RAW: 13 };

/** The kernel said EPERM or EACCES to something that a capability allows. */
export class MissingCapabilityError extends KernelError {
  override readonly name = 'MissingCapabilityError';
  readonly capability: Capability;
  /** As it is written where it was asked for, e.g. `fib: kernel`. */
  readonly option: string;

  constructor(code: string, capability: Capability, option: string, options?: ErrorOptions) {
    super(code, `do what \`${option}\` asks for`, options);
    this.capability = capability;
    this.option = option;
    this.message = `\`${option}\` needs ${capability}, ${hasCapability(capability) ? 'which is not enough here' : 'which this process does not have'}`;
  }
}

/** True for the errors that lacking a capability gives. */
export function isRefused(code: string | undefined): boolean {
  return code === 'EPERM' || code === 'EACCES';
}

/** Whether this thread has it in its effective set; for words, not for decisions. */
export function hasCapability(capability: Capability): boolean {
  const status = readFileSync('/proc/thread-self/status', 'utf8');
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> BigInt(bits[capability])) & 1n) === 1n;
}
