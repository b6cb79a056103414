// hot: writes of routes, collected into one send to the kernel and answered one by one. Knows slots of a table and what was asked
// for each; what an answer means is decided by route-writer.ts.

import { isRefused, MissingCapabilityError } from '#kernel/capabilities.ts';
import { MessageFlag } from '#kernel/netlink/code-points.ts';
import { MessageWriter } from '#kernel/netlink/message-writer.ts';
import { routeOverheadBytes, type RouteTarget, writeDelRoute, writeNewRoute } from '#kernel/netlink/route.ts';
import type { NetlinkSocket } from '#kernel/netlink/socket.ts';
import type { Path, PathId } from './paths.ts';

/** `add` fails when there is a route of the prefix and metric already, `replace` takes its place. */
export const Write = { Add: 0, Replace: 1, Delete: 2 } as const;
export type Write = (typeof Write)[keyof typeof Write];

/** About a millisecond and a half of the kernel's time. */
const batchLimit = 256;
const batchBytes = 64 * 1024;

export interface Answer {
  readonly code: string;
  readonly detail: string;
}

/** In words where the code alone leads astray. */
export function describeAnswer({ code, detail }: Answer, option = 'fib: kernel'): string {
  if (isRefused(code)) return new MissingCapabilityError(code, 'CAP_NET_ADMIN', option).message;
  if (code === 'EEXIST') return 'another program has a route of this prefix and metric (EEXIST)';
  return detail === '' ? code : `${detail} (${code})`;
}

/** The process may not write: true of every route, as long as it lives. */
export function isForbidden({ code }: Answer): boolean {
  return isRefused(code);
}

/** The kernel lacks something, or we do: of the route itself that says nothing. */
export function isShortage({ code }: Answer): boolean {
  return isRefused(code) || ['ENOBUFS', 'ENOMEM', 'ENOSPC', 'EAGAIN', 'ETIMEDOUT'].includes(code);
}

export class RouteBatch {
  readonly slots = new Uint32Array(batchLimit);
  readonly writes = new Uint8Array(batchLimit);
  readonly paths = new Uint32Array(batchLimit);
  count = 0;
  /** What the kernel refused, by position. */
  readonly refused = new Map<number, Answer>();
  readonly #socket: NetlinkSocket;
  readonly #writer = new MessageWriter(batchBytes);
  #first = 0;

  constructor(socket: NetlinkSocket) {
    this.#socket = socket;
  }

  begin(): void {
    this.count = 0;
    this.refused.clear();
    this.#writer.clear();
    this.#first = this.#socket.takeSequence(batchLimit);
  }

  hasRoom(path: Path | undefined): boolean {
    return this.count < batchLimit && this.#writer.fits(routeOverheadBytes + (path?.encoded.length ?? 0));
  }

  write(
    write: Write,
    slot: number,
    version: 4 | 6,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    length: number,
    target: RouteTarget,
    id: PathId,
    path: Path | undefined,
  ): void {
    const at = this.count++;
    this.slots[at] = slot;
    this.writes[at] = write;
    this.paths[at] = id;
    if (write === Write.Delete || path === undefined) {
      writeDelRoute(this.#writer, this.#first + at, version, w0, w1, w2, w3, length, target);
      return;
    }
    const flags = MessageFlag.Create | (write === Write.Add ? MessageFlag.Exclusive : MessageFlag.Replace);
    const { type, scope, encoded } = path;
    writeNewRoute(this.#writer, flags, this.#first + at, version, w0, w1, w2, w3, length, target, type, scope, encoded);
  }

  /** Sends what was written. `lost`: it is not known what was refused. Throws KernelError when nothing could be sent. */
  send(): 'done' | 'lost' {
    if (this.count === 0) return 'done';
    const last = this.#first + this.count - 1;
    return this.#socket.batch(this.#writer, this.#first, last, 'write routes', (sequence, code, detail) => {
      this.refused.set(sequence - this.#first, { code, detail });
    });
  }
}
