// The file descriptor of a socket or server of node:net, for options that Node has no call for.

import type { Server, Socket } from 'node:net';

/** Node has no public name for it; the handle has had this one since the beginning. undefined once it is closed. */
export function descriptorOf(owner: Socket | Server): number | undefined {
  const handle: unknown = Reflect.get(owner, '_handle');
  if (typeof handle !== 'object' || handle === null) return undefined;
  const fd: unknown = Reflect.get(handle, 'fd');
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}
