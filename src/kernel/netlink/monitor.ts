// What the kernel tells by itself of links, addresses, routes and nexthop objects, handed out in slices so that a flood of them
// does not keep the thread. After an overrun (ENOBUFS) something was missed: whoever listens reads everything anew.

import { type Group } from './code-points.ts';
import type { MessageReader } from './message-reader.ts';
import { buildNotificationFilter } from './notification-filter.ts';
import { NetlinkSocket } from './socket.ts';

/** Datagrams a turn of the event loop: about a millisecond's work. */
const datagramsPerTurn = 256;

export interface MonitorDeps {
  readonly message: (reader: MessageReader) => void;
  /** Some were dropped. */
  readonly overrun: () => void;
}

export interface MonitorOptions {
  readonly groups: readonly (typeof Group)[keyof typeof Group][];
  /** Routes that these sockets change are not told. */
  readonly ignoredPortIds: readonly number[];
}

export class NetlinkMonitor {
  readonly #socket = new NetlinkSocket();
  readonly #deps: MonitorDeps;

  constructor({ groups, ignoredPortIds }: MonitorOptions, deps: MonitorDeps) {
    this.#deps = deps;
    try {
      // Before the groups are joined: nothing unwanted is in the queue.
      if (ignoredPortIds.length > 0) this.#socket.filter(buildNotificationFilter(ignoredPortIds));
      for (const group of groups) this.#socket.join(group, `listen for changes of the kernel (group ${group})`);
      this.#socket.watch(() => void this.#read(datagramsPerTurn));
    } catch (error) {
      this.#socket.close();
      throw error;
    }
  }

  /**
   * Takes in what has been told up to now, without waiting for the event loop; a flood in several calls. False: there may be more.
   */
  drain(): boolean {
    return this.#read(datagramsPerTurn * 4);
  }

  close(): void {
    this.#socket.close();
  }

  /**
   * What is queued is older than what will be read, and would undo it; and the kernel drops without a further word until the queue
   * is empty. Nobody fills it faster than this empties it: a change costs the kernel more than a receive.
   */
  #discard(): void {
    while (this.#socket.receive() !== 'nothing');
  }

  /** True when nothing is left. */
  #read(limit: number): boolean {
    for (let count = 0; count < limit; count++) {
      const received = this.#socket.receive();
      if (received === 'nothing') return true;
      if (received === 'overrun') {
        this.#discard();
        this.#deps.overrun();
        return true;
      }
      const { reader } = this.#socket;
      while (reader.next()) this.#deps.message(reader);
    }
    return false;
  }
}
