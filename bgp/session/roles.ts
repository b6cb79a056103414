// BGP roles (RFC 9234 §4): code points, which pairs may meet, and what follows when they may not. The attribute that goes with them
// (OTC) is not handled here.

import type { BgpRole } from '../config.ts';
import type { Capability } from '../wire/capability.ts';
import { NotificationCode, NotificationError, OpenSubcode } from '../wire/notification.ts';

/** RFC 9234 §4.1, table 1: by value. */
const roles: readonly BgpRole[] = ['provider', 'rs-server', 'rs-client', 'customer', 'peer'];

/** RFC 9234 §4.2, table 2. */
const counterpart: Readonly<Record<BgpRole, BgpRole>> = {
  provider: 'customer',
  customer: 'provider',
  'rs-server': 'rs-client',
  'rs-client': 'rs-server',
  peer: 'peer',
};

/** RFC 9234 §4.2: what the code of our own OPEN stands for. */
export function roleOf(code: number | undefined): BgpRole | undefined {
  return code === undefined ? undefined : roles[code];
}

export function roleCode(role: BgpRole): number {
  return roles.indexOf(role);
}

/** Throws 2/11 (RFC 9234 §4.2); `local` undefined: we sent no role, and the peer's means nothing. */
export function negotiateRole(
  local: BgpRole | undefined,
  theirs: readonly Capability[],
  isStrict: boolean,
): BgpRole | undefined {
  if (local === undefined) return undefined;
  const received = new Set(theirs.flatMap((capability) => (capability.type === 'role' ? [capability.role] : [])));
  const [code, ...others] = received;
  if (code === undefined) {
    if (isStrict) throw mismatch('the peer sent no role');
    return undefined;
  }
  // RFC 9234 §4.2: several capabilities that agree are one; others are a mismatch.
  if (others.length > 0) throw mismatch(`several roles: ${[...received].map(nameRole).join(', ')}`);
  if (roles[code] !== counterpart[local]) throw mismatch(`${nameRole(code)} and ${local}`);
  return roles[code];
}

export function nameRole(code: number): string {
  return roles[code] ?? `role ${code}`;
}

function mismatch(reason: string): NotificationError {
  return new NotificationError(NotificationCode.OpenMessageError, OpenSubcode.RoleMismatch, undefined, reason);
}
