// Reads all routes of a family again while the thread goes on with its work: some datagrams a turn of the event loop. What is told
// meanwhile is done once more to what was read, which may be older or newer: either way the last word on a route is the same, or
// it is in doubt and all is read once more. The live table is no source, for it still has what went without a word before.

import { KernelError } from '#kernel/errors.ts';
import { MessageType } from '#kernel/netlink/code-points.ts';
import type { MessageReader } from '#kernel/netlink/message-reader.ts';
import { MessageWriter } from '#kernel/netlink/message-writer.ts';
import { decodeRoute, type KernelRoute, writeGetRoutes } from '#kernel/netlink/route.ts';
import { NetlinkSocket, type RunningDump } from '#kernel/netlink/socket.ts';
import { ownProtocol } from './protocol.ts';
import { type RouteChange, RouteTable } from './route-table.ts';

/** Datagrams of up to 32 KiB a turn: about two milliseconds. */
const datagramsPerTurn = 4;
/** A dump that the tables change under is begun again at once so often, then after a pause. */
const maxRestarts = 8;
const pauseMs = 1_000;
/** Changes told during one reading; with more it is begun again. */
const maxChanges = 50_000;

export interface RouteReadingDeps {
  readonly isKept: (route: KernelRoute) => boolean;
  readonly begun: () => void;
  readonly foundOwn: (route: KernelRoute) => void;
  readonly foundForeign: (route: KernelRoute) => void;
  /** undefined: the table changed too often, or could not be read; it is read again after a pause. */
  readonly ended: (routes: RouteTable | undefined) => void;
  readonly failed: (error: KernelError) => void;
}

interface Running {
  readonly socket: NetlinkSocket;
  dump: RunningDump;
  routes: RouteTable;
  restarts: number;
  /** Told since the dump began, in order. */
  changes: RouteChange[];
}

export class RouteReading {
  readonly #options: { readonly version: 4 | 6; readonly maxRoutes: number };
  readonly #deps: RouteReadingDeps;
  readonly #writer = new MessageWriter(256);
  #running: Running | undefined;
  #isWantedAgain = false;
  #pause: NodeJS.Timeout | undefined;

  constructor(options: { readonly version: 4 | 6; readonly maxRoutes: number }, deps: RouteReadingDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** It is read once more after the present reading. */
  get isWantedAgain(): boolean {
    return this.#isWantedAgain;
  }

  /** Once more after the present one, when one is running. */
  begin(): void {
    if (this.#running !== undefined) {
      this.#isWantedAgain = true;
      return;
    }
    clearTimeout(this.#pause);
    this.#pause = undefined;
    let socket: NetlinkSocket | undefined;
    try {
      socket = new NetlinkSocket();
      const dump = this.#start(socket);
      this.#running = { socket, dump, routes: this.#makeTable(), restarts: 0, changes: [] };
      socket.watch(() => this.#read());
    } catch (error) {
      socket?.close();
      this.#running = undefined;
      this.#fail(error);
      return;
    }
    this.#deps.begun();
  }

  changed(change: RouteChange): void {
    const changes = this.#running?.changes;
    if (changes !== undefined && changes.length < maxChanges) changes.push(change);
  }

  close(): void {
    clearTimeout(this.#pause);
    this.#running?.socket.close();
    this.#running = undefined;
    this.#isWantedAgain = false;
  }

  #makeTable(): RouteTable {
    return new RouteTable(this.#options.version, this.#options.maxRoutes);
  }

  #start(socket: NetlinkSocket): RunningDump {
    const { version } = this.#options;
    const write = (to: MessageWriter, flags: number, sequence: number): void =>
      writeGetRoutes(to, flags, sequence, version, {});
    return socket.beginDump(this.#writer, write, 'list the routes');
  }

  #read(): void {
    const running = this.#running;
    if (running === undefined) return;
    try {
      for (let count = 0; count < datagramsPerTurn; count++) {
        const received = running.socket.receive();
        if (received === 'nothing') return;
        // A dump waits for its reader and is not dropped; what cannot be is taken for broken off.
        if (received === 'overrun') return this.#breakOff(running);
        const state = running.dump.read((reader) => this.#take(reader));
        if (state === 'done' && running.changes.length < maxChanges) return this.#end(running);
        if (state === 'more') continue;
        if (running.restarts++ === maxRestarts) return this.#breakOff(running);
        running.routes = this.#makeTable();
        running.changes = [];
        running.dump = this.#start(running.socket);
      }
    } catch (error) {
      this.#fail(error);
      this.#breakOff(running);
    }
  }

  #fail(error: unknown): void {
    if (!(error instanceof KernelError)) throw error;
    this.#deps.failed(error);
    this.#planAgain();
  }

  #take(reader: MessageReader): void {
    const running = this.#running;
    if (running === undefined || reader.type !== MessageType.NewRoute) return;
    const route = decodeRoute(reader);
    // Without IPv6 in the kernel, a request for its routes is answered with those of all families.
    if (route === undefined || route.version !== this.#options.version) return;
    if (route.protocol === ownProtocol) return this.#deps.foundOwn(route);
    this.#deps.foundForeign(route);
    if (this.#deps.isKept(route)) running.routes.put(route);
  }

  /** The table stays as notifications made it. */
  #breakOff({ socket }: Running): void {
    this.#running = undefined;
    this.#isWantedAgain = false;
    socket.close();
    this.#deps.ended(undefined);
    this.#planAgain();
  }

  #planAgain(): void {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.begin(), pauseMs);
    this.#pause.unref();
  }

  #end({ socket, routes, changes }: Running): void {
    this.#running = undefined;
    socket.close();
    for (const change of changes) if (!routes.apply(change)) this.#isWantedAgain = true;
    this.#deps.ended(routes);
    if (!this.#isWantedAgain) return;
    this.#isWantedAgain = false;
    this.begin();
  }
}
