// What the speaker needs from the world, as interfaces. The shell (src/io) implements them with
// sockets and timers, tests with a memory network and a fake clock. Events of the world come back
// through the methods of Speaker (speaker.ts): connectionOpened, received, connectionClosed, …

import type { Address } from './net/address.ts';
import type { Family } from './net/family.ts';

/** Identifies one TCP connection for its lifetime; never reused within a process. */
export type ConnectionId = number;

export interface ConnectRequest {
  readonly connection: ConnectionId;
  /** Remote address as text, with a zone for link-local ones (`fe80::1%eth0`). */
  readonly address: string;
  readonly port: number;
  readonly sourceAddress: string | undefined;
  /** IP TTL / hop limit of what we send; undefined leaves the system's. */
  readonly ttl: number | undefined;
  /** RFC 5082: at most this many hops away; TTL 255 goes out, less than 256 - hops is dropped by the kernel. */
  readonly gtsmHops?: number;
  /** SO_BINDTODEVICE. */
  readonly deviceName?: string;
  /** TCP MD5 signature key (RFC 2385), 1..80 octets of UTF-8. */
  readonly password?: string;
}

/** What is known of a connection once TCP is up. */
export interface ConnectionInfo {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Addresses of the interface that carries the session, for next hops of another family. */
  readonly interfaceName: string | undefined;
  readonly interfaceIpv4: string | undefined;
  readonly interfaceIpv6Global: string | undefined;
  readonly interfaceIpv6LinkLocal: string | undefined;
  /** True when the peer's address lies in a subnet of that interface. */
  readonly isDirectlyConnected: boolean;
}

export interface Transport {
  /** Starts a TCP connection; the answer is Speaker.connectionOpened or connectionFailed. */
  connect(request: ConnectRequest): void;
  /** Queues bytes; the transport may keep `bytes`, so the caller never changes them again. */
  send(connection: ConnectionId, bytes: Uint8Array): void;
  /** Bytes queued and not yet taken by the kernel. */
  queuedBytes(connection: ConnectionId): number;
  /** Stops reading from the connection (back-pressure) or goes on. */
  setReading(connection: ConnectionId, isReading: boolean): void;
  /** Closes after what is queued was sent. Speaker.connectionClosed does not follow. */
  close(connection: ConnectionId): void;
  /** Another MD5 key on the live socket (undefined: none); the answer is an error in words, undefined when it was done. */
  setPassword(connection: ConnectionId, password: string | undefined): string | undefined;
}

export type TimerHandle = number;

export interface Clock {
  /** Milliseconds of a clock that never goes back. */
  nowMs(): number;
  /** Milliseconds since 1970 UTC, for what people read. */
  wallMs(): number;
  setTimer(delayMs: number, expired: () => void): TimerHandle;
  clearTimer(timer: TimerHandle): void;
  /** A number in [0, 1), for the jitter of RFC 4271 §10. */
  random(): number;
}

export interface ResolvedNextHop {
  readonly isReachable: boolean;
  /** Distance for RFC 4271 §9.1.2.2 (e); 0 for a connected subnet, else the metric of the kernel's route. */
  readonly metric: number;
  readonly interfaceName: string | undefined;
  /** Where packets go in the end, after recursion through the kernel's routes; empty when not reachable. */
  readonly gateways?: readonly Gateway[];
}

export interface Gateway {
  /** undefined: the next hop itself is on the link. */
  readonly address: Address | undefined;
  readonly interfaceIndex: number;
  /** Share among the gateways of one next hop, 1 or more. */
  readonly weight: number;
}

export interface NextHopResolver {
  resolve(address: Address): ResolvedNextHop;
}

/** One next hop of a route to be installed. */
export interface FibHop {
  readonly nextHop: Address;
  /** Of the session that a link-local next hop came over (RFC 2545 §3): without it the link may be ambiguous. */
  readonly interfaceName?: string | undefined;
  /** Share among the hops of the route, 1..256; all 1 when bandwidths do not count. */
  readonly weight: number;
}

/**
 * Takes best routes for the kernel (src/fib). Calls are cheap: routes are collected and written in batches, only the last
 * state of a prefix counts. Answers come by Speaker.routeInstalled. Prefixes as words, as everywhere in the RIB.
 */
export interface Fib {
  /** Installs or replaces; `hops` is not kept. */
  install(
    family: Family,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    length: number,
    hops: readonly FibHop[],
  ): void;
  /** A route without use (RFC 7999 blackhole): packets are dropped. */
  installBlackhole(family: Family, w0: number, w1: number, w2: number, w3: number, length: number): void;
  remove(family: Family, w0: number, w1: number, w2: number, w3: number, length: number): void;
  /**
   * Everything that this run wants is known: routes with our protocol number that were there before it and were not
   * installed again are removed (RFC 4724 §4.1, after selection deferral).
   */
  sweepStale(family: Family): void;
  /** The speaker begins anew with empty tables: nothing that it installed so far is wanted. */
  clear?(): void;
}
