// Routes with our protocol number that are in a kernel table now, read within the call: what an earlier run left there. Needs no
// privilege.

import { MessageType } from '#kernel/netlink/code-points.ts';
import { MessageWriter } from '#kernel/netlink/message-writer.ts';
import { decodeRoute, type KernelRoute, writeGetRoutes } from '#kernel/netlink/route.ts';
import { NetlinkSocket } from '#kernel/netlink/socket.ts';
import { KernelError } from '#kernel/errors.ts';
import { ownProtocol } from './protocol.ts';

export interface OwnRoutesFound {
  readonly routes: readonly KernelRoute[];
  /** False: the tables changed each time that they were read, and there may be more. */
  readonly isComplete: boolean;
}

/** Of both families; undefined: of every table. Throws KernelError. */
export function readOwnRoutes(table: number | undefined): OwnRoutesFound {
  using socket = new NetlinkSocket();
  const writer = new MessageWriter(256);
  const filter = table === undefined ? { protocol: ownProtocol } : { table, protocol: ownProtocol };
  const all: KernelRoute[] = [];
  let isComplete = true;
  for (const version of [4, 6] as const) {
    let found: KernelRoute[] = [];
    try {
      const isWhole = socket.dump(
        writer,
        (to, flags, sequence) => writeGetRoutes(to, flags, sequence, version, filter),
        `list the routes of ${table === undefined ? 'all tables' : `table ${table}`}`,
        (reader) => {
          const route = reader.type === MessageType.NewRoute ? decodeRoute(reader) : undefined;
          if (route?.version !== version || route.protocol !== ownProtocol) return;
          if (table === undefined || route.table === table) found.push(route);
        },
        () => (found = []),
      );
      isComplete &&= isWhole;
    } catch (error) {
      // A table that nothing was ever put into does not exist.
      if (!(error instanceof KernelError && error.code === 'ENOENT')) throw error;
    }
    all.push(...found);
  }
  return { routes: all, isComplete };
}
