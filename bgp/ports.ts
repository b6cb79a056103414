// What the speaker needs from the world, as interfaces. The shell (src/io) implements them with
// sockets and timers, tests with a memory network and a fake clock. Events of the world come back
// through the methods of Speaker (speaker.ts): connectionOpened, received, connectionClosed, …

import type { Address } from './net/address.ts';

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
  /** Distance for RFC 4271 §9.1.2.2 (e); 0 for a connected subnet. */
  readonly metric: number;
  readonly interfaceName: string | undefined;
}

export interface NextHopResolver {
  resolve(address: Address): ResolvedNextHop;
}
