// The kernel's interfaces, addresses and foreign routes as they are now: read once, then kept by notifications, and read anew
// when one may have been missed (overruns; IPv4 routes go without a word when their link or address goes). Routes of our own
// protocol are not kept here but shown to whoever owns them. Needs no privilege. Decides nothing.

import type { Address } from '#bgp/net/address.ts';
import { Prefix } from '#bgp/net/prefix.ts';
import type { InterfaceAddress } from '#io/interfaces.ts';
import { KernelError } from '#kernel/errors.ts';
import { Group, MessageFlag, MessageType, RouteProtocol, RouteTable, RouteType } from '#kernel/netlink/code-points.ts';
import { decodeAddress, decodeLink, type KernelAddress, type KernelLink } from '#kernel/netlink/link.ts';
import { writeGetAddresses, writeGetLinks } from '#kernel/netlink/link.ts';
import type { MessageReader } from '#kernel/netlink/message-reader.ts';
import { MessageWriter } from '#kernel/netlink/message-writer.ts';
import { NetlinkMonitor } from '#kernel/netlink/monitor.ts';
import { decodeRoute, type KernelRoute, writeGetRoutes } from '#kernel/netlink/route.ts';
import { NetlinkSocket } from '#kernel/netlink/socket.ts';
import { ownProtocol } from './protocol.ts';
import { RouteReading } from './route-reading.ts';
import type { Settled } from './route-writer.ts';
import { RouteTable as Routes } from './route-table.ts';

/** What owns the routes of our protocol is told of them: changes by others, and every one there is when all are read. */
export interface OwnRoutes {
  changed(route: KernelRoute, isDeleted: boolean): void;
  /** A foreign route came without taking another one's place. */
  foreignAdded(route: KernelRoute): void;
  /** A foreign route went: its prefix may be free. */
  foreignDeleted(route: KernelRoute): void;
  readingBegun(version: 4 | 6): void;
  found(route: KernelRoute): void;
  /** `isComplete` false: the table changed too often; what was not found may be there all the same. */
  readingEnded(version: 4 | 6, isComplete: boolean): void;
}

export interface KernelViewOptions {
  /** Sockets of ours that write routes: what they change is not news. */
  readonly ignoredPortIds: readonly number[];
  /** Changes are told at most this late after the kernel told the first of them. */
  readonly settleMs: number;
  readonly maxRoutes: number;
}

export const defaultKernelViewOptions = { settleMs: 10, maxRoutes: 500_000 };

export interface KernelViewDeps {
  /** Something of interfaces, addresses or foreign routes is not what it was. */
  readonly changed: () => void;
  readonly own?: OwnRoutes;
  /** What an operator should know, e.g. that a limit was reached. */
  readonly problem?: (text: string) => void;
}

const groups = Object.values(Group);
/** After interfaces and addresses could not be read. */
const readAgainMs = 1_000;
/** Doubts of single routes within this time cost one reading. */
const suspicionMs = 1_000;

export class KernelView {
  readonly links = new Map<number, KernelLink>();
  #addresses = new Map<string, KernelAddress>();
  readonly #options: KernelViewOptions;
  readonly #deps: KernelViewDeps;
  readonly #monitor: NetlinkMonitor;
  readonly #readings: Record<4 | 6, RouteReading>;
  #routes: Record<4 | 6, Routes>;
  #interfaceAddresses: readonly InterfaceAddress[] | undefined;
  #settling: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  #suspicion: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** What was told of routes was lost in part, and they were not read since. */
  readonly #isUnsure: Record<4 | 6, boolean> = { 4: false, 6: false };

  /** Reads everything once, within the call. Throws KernelError. */
  constructor(options: KernelViewOptions, deps: KernelViewDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#routes = { 4: new Routes(4, options.maxRoutes), 6: new Routes(6, options.maxRoutes) };
    this.#readings = { 4: this.#makeReading(4), 6: this.#makeReading(6) };
    // Listening comes first: what changes while the first reading runs is told afterwards.
    this.#monitor = new NetlinkMonitor(
      { groups, ignoredPortIds: options.ignoredPortIds },
      { message: (reader) => this.#take(reader), overrun: () => this.#recover() },
    );
    try {
      this.#readInterfaces();
      for (const version of [4, 6] as const) this.#readRoutes(version);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get addresses(): Iterable<KernelAddress> {
    return this.#addresses.values();
  }

  /** Foreign routes of table main, and local ones that somebody added to table local. */
  routes(version: 4 | 6): Routes {
    return this.#routes[version];
  }

  /** Addresses of interfaces that are up and have a carrier, as sessions need them. */
  interfaceAddresses(): readonly InterfaceAddress[] {
    // A flood of other news is not waited for: what is not taken in yet wakes the event loop.
    this.#monitor.drain();
    this.#interfaceAddresses ??= this.#listInterfaceAddresses();
    return this.#interfaceAddresses;
  }

  isOwnAddress(address: Address): boolean {
    for (const entry of this.#addresses.values()) if (entry.address.equals(address)) return true;
    return false;
  }

  /** What is known of our routes may be wrong: all are read again, and settle() says so until then. */
  doubt(): void {
    for (const version of [4, 6] as const) this.#isUnsure[version] = true;
    this.readRoutesAgain();
  }

  /** Reads all routes of both families again, in slices. */
  readRoutesAgain(): void {
    for (const version of [4, 6] as const) this.#readings[version].begin();
  }

  /** The same a second later, once for all that ask meanwhile. */
  readRoutesSoon(): void {
    if (this.#suspicion !== undefined || this.#isClosed) return;
    this.#suspicion = setTimeout(() => {
      this.#suspicion = undefined;
      this.readRoutesAgain();
    }, suspicionMs);
    this.#suspicion.unref();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#suspicion);
    clearTimeout(this.#settling);
    clearTimeout(this.#again);
    this.#monitor.close();
    for (const version of [4, 6] as const) this.#readings[version].close();
  }

  // --- reading everything ---------------------------------------------------------------------------

  /** Some notifications were dropped. */
  #recover(): void {
    this.#isUnsure[4] = this.#isUnsure[6] = true;
    this.#readAll();
  }

  #readAll(): void {
    try {
      this.#readInterfaces();
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#deps.problem?.(error.message);
      this.#planReadAll();
      return;
    }
    this.readRoutesAgain();
    this.#planChanged();
  }

  #planReadAll(): void {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#readAll(), readAgainMs);
    this.#again.unref();
  }

  /** What is known stays as it is until everything was read; what changed each time that it was read is read again later. */
  #readInterfaces(): void {
    clearTimeout(this.#again);
    using socket = new NetlinkSocket();
    const writer = new MessageWriter(256);
    const links = new Map<number, KernelLink>();
    const takeLink = (reader: MessageReader): void => {
      const link = decodeLink(reader);
      if (link !== undefined) links.set(link.index, link);
    };
    const hasLinks = socket.dump(writer, writeGetLinks, 'list the interfaces', takeLink, () => links.clear());
    const addresses = new Map<string, KernelAddress>();
    const takeAddress = (reader: MessageReader): void => {
      const address = decodeAddress(reader);
      if (address !== undefined) addresses.set(keyOf(address), address);
    };
    const dropAddresses = (): void => addresses.clear();
    const hasAddresses = socket.dump(writer, writeGetAddresses, 'list the addresses', takeAddress, dropAddresses);
    if (!hasLinks || !hasAddresses) this.#planReadAll();
    this.links.clear();
    for (const [index, link] of links) this.links.set(index, link);
    this.#addresses = addresses;
    this.#interfaceAddresses = undefined;
  }

  #readRoutes(version: 4 | 6): void {
    using socket = new NetlinkSocket();
    const writer = new MessageWriter(256);
    const restart = (): void => {
      this.#routes[version] = new Routes(version, this.#options.maxRoutes);
    };
    const isComplete = socket.dump(
      writer,
      (to, flags, sequence) => writeGetRoutes(to, flags, sequence, version, {}),
      'list the routes',
      (reader) => {
        const route = reader.type === MessageType.NewRoute ? decodeRoute(reader) : undefined;
        if (route?.version === version && isKept(route)) this.#routes[version].put(route);
      },
      restart,
    );
    this.#tellLimit(version);
    if (!isComplete) this.#readings[version].begin();
  }

  #makeReading(version: 4 | 6): RouteReading {
    return new RouteReading(
      { version, maxRoutes: this.#options.maxRoutes },
      {
        isKept,
        begun: () => this.#deps.own?.readingBegun(version),
        foundOwn: (route) => this.#deps.own?.found(route),
        foundForeign: (route) => this.#deps.own?.foreignAdded(route),
        ended: (routes) => {
          this.#deps.own?.readingEnded(version, routes !== undefined);
          if (routes === undefined) return;
          // A reading that had begun before may lack what was lost.
          if (!this.#readings[version].isWantedAgain) this.#isUnsure[version] = false;
          this.#routes[version] = routes;
          this.#tellLimit(version);
          this.#planChanged();
        },
        failed: (error) => this.#deps.problem?.(error.message),
      },
    );
  }

  #tellLimit(version: 4 | 6): void {
    const { leftOut } = this.#routes[version];
    if (leftOut === 0) return;
    this.#deps.problem?.(
      `the kernel has more than ${this.#options.maxRoutes} foreign IPv${version} routes: ${leftOut} are not looked at for next hops`,
    );
  }

  // --- notifications ----------------------------------------------------------------------------------

  #take(reader: MessageReader): void {
    switch (reader.type) {
      case MessageType.NewLink:
      case MessageType.DelLink:
        this.#takeLink(reader);
        return;
      case MessageType.NewAddress:
      case MessageType.DelAddress:
        this.#takeAddress(reader);
        return;
      case MessageType.NewRoute:
      case MessageType.DelRoute:
        this.#takeRoute(reader);
        return;
      case MessageType.DelNextHop:
        // The routes that used it went with it, IPv4 ones without a word.
        this.readRoutesAgain();
        return;
      default:
    }
  }

  #takeLink(reader: MessageReader): void {
    const link = decodeLink(reader);
    if (link === undefined) return;
    const before = this.links.get(link.index);
    if (reader.type === MessageType.DelLink) this.links.delete(link.index);
    else this.links.set(link.index, link);
    const isSame =
      reader.type === MessageType.NewLink &&
      before !== undefined &&
      before.name === link.name &&
      before.isUp === link.isUp &&
      before.isRunning === link.isRunning;
    if (isSame) return;
    this.#interfaceAddresses = undefined;
    // IPv4 routes through a link that went down are gone, and nobody says so.
    this.readRoutesAgain();
    this.#planChanged();
  }

  #takeAddress(reader: MessageReader): void {
    const address = decodeAddress(reader);
    if (address === undefined) return;
    const before = this.#addresses.get(keyOf(address));
    if (reader.type === MessageType.DelAddress) {
      this.#addresses.delete(keyOf(address));
      this.readRoutesAgain();
    } else {
      this.#addresses.set(keyOf(address), address);
      // Lifetimes are told again and again.
      if (before !== undefined && before.isTentative === address.isTentative) return;
    }
    this.#interfaceAddresses = undefined;
    this.#planChanged();
  }

  #takeRoute(reader: MessageReader): void {
    const route = decodeRoute(reader);
    if (route === undefined) return;
    const isDeleted = reader.type === MessageType.DelRoute;
    const isReplacing = (reader.flags & MessageFlag.Replace) !== 0;
    if (route.protocol === ownProtocol) {
      this.#deps.own?.changed(route, isDeleted);
      this.#heedOthers(route, isDeleted, isReplacing);
      return;
    }
    // A foreign route may have taken the place of one of ours.
    if (!isDeleted && isReplacing) this.#deps.own?.changed(route, true);
    else if (isDeleted) this.#deps.own?.foreignDeleted(route);
    else this.#deps.own?.foreignAdded(route);
    if (!isKept(route)) return;
    const change = { route, isDeleted, isReplacing };
    this.#readings[route.version].changed(change);
    if (!this.#routes[route.version].apply(change)) this.#readings[route.version].begin();
    this.#planChanged();
  }

  /** A route of our protocol that another program wrote or removed, for this thread's own writes are not told. */
  #heedOthers(
    { version, table, metric, hops, w0, w1, w2, w3, length }: KernelRoute,
    isDeleted: boolean,
    isReplacing: boolean,
  ): void {
    if (table !== RouteTable.Main) return;
    const reading = this.#readings[version];
    const known = this.#routes[version].at(w0, w1, w2, w3, length);
    const isInPlace = known.some((other) => other.metric === metric && other.table === table);
    // Of an IPv6 route of several hops the kernel names the protocol of the first: a foreign one may come to light, or be hidden.
    if (isReplacing && (isInPlace || reading.isRunning)) reading.begin();
    else if (version === 6 && (isDeleted || hops.length > 1)) this.readRoutesSoon();
  }

  /**
   * Takes in and tells now what waits for it: before something is written that the change makes wrong. `more`: so much waits that
   * it takes several calls, and nothing was told yet.
   */
  settle(version: 4 | 6): Settled {
    if (!this.#monitor.drain()) return 'more';
    this.#tellChanged();
    return this.#isUnsure[version] ? 'unsure' : 'sure';
  }

  #tellChanged(): void {
    if (this.#settling === undefined) return;
    clearTimeout(this.#settling);
    this.#settling = undefined;
    this.#deps.changed();
  }

  /** Several changes in one go are told once. */
  #planChanged(): void {
    if (this.#settling !== undefined || this.#isClosed) return;
    this.#settling = setTimeout(() => this.#tellChanged(), this.#options.settleMs);
    this.#settling.unref();
  }

  #listInterfaceAddresses(): InterfaceAddress[] {
    const found: InterfaceAddress[] = [];
    for (const { interfaceIndex, address, length } of this.#addresses.values()) {
      const link = this.links.get(interfaceIndex);
      if (link === undefined || !link.isRunning) continue;
      const { version, w0, w1, w2, w3 } = address;
      found.push({
        interfaceName: link.name,
        address,
        text: address.toString(),
        subnet: new Prefix(version, length, w0, w1, w2, w3),
        isLoopback: isLoopback(address),
      });
    }
    return found;
  }
}

/** Table main for next hops; of table local what people add to it by hand (addresses are known anyway). */
function isKept({ table, type, protocol }: KernelRoute): boolean {
  if (protocol === ownProtocol || protocol === RouteProtocol.Redirect) return false;
  if (table === RouteTable.Main) return true;
  return table === RouteTable.Local && type === RouteType.Local && protocol !== RouteProtocol.Kernel;
}

/** 127.0.0.0/8 and ::1, which mean another machine everywhere else and are no next hop. */
function isLoopback(address: Address): boolean {
  if (address.version === 4) return address.w0 >>> 24 === 127;
  return address.w0 === 0 && address.w1 === 0 && address.w2 === 0 && address.w3 === 1;
}

function keyOf({ interfaceIndex, address, length }: KernelAddress): string {
  return `${interfaceIndex} ${address.toString()}/${length}`;
}
