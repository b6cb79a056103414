// hot: every byte of every session passes here.
// The TCP side of bgp/ports.ts over node:net: connects, takes accepted connections, queues and counts what
// is sent, closes only after a last NOTIFICATION was flushed. Listening sockets live in tcp-listeners.ts.
// Numbers of connections come from the owner, so that several speakers can share one transport.
// RFC 2385 and RFC 5082 are the kernel's work: here it is told of keys and TTLs, before anything is read.

import { createConnection, isIPv6, Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { ConnectionId, ConnectionInfo, ConnectRequest, Transport } from '#bgp/ports.ts';
import { SocketOptions } from '#kernel/socket-options.ts';
import { descriptorOf } from './descriptor.ts';
import { describeAgain, describeConnection, normaliseAddress } from './interfaces.ts';
import type { InterfaceAddress } from './interfaces.ts';
import { describeSocketError, errorCode } from './socket-errors.ts';

/** What happens to connections; never called from within a method of the transport. */
export interface TransportEvents {
  opened(connection: ConnectionId, info: ConnectionInfo): void;
  failed(connection: ConnectionId, error: string): void;
  accepted(connection: ConnectionId, info: ConnectionInfo): void;
  received(connection: ConnectionId, bytes: Uint8Array): void;
  closed(connection: ConnectionId, error: string | undefined): void;
  /** The kernel took everything that was queued. */
  drained(connection: ConnectionId): void;
}

export interface TcpTransportOptions {
  readonly connectTimeoutMs: number;
  /** How long a closed connection may take to flush its last bytes. */
  readonly closeTimeoutMs: number;
  /** A connection whose queue grows beyond this is dropped: its peer does not read. */
  readonly maxQueuedBytes: number;
  /** How long one turn of the event loop may spend on input; what is left waits for the next turn. */
  readonly readBudgetMs: number;
  /** Accepted connections alive at a time, in all and from one address, those being closed too; more are reset at once. */
  readonly maxAccepted: number;
  readonly maxAcceptedPerAddress: number;
}

/** What a neighbor's connections are like, set on an accepted one before its first byte is read. */
export interface AcceptedOptions {
  /** undefined: the system's. */
  readonly ttl: number | undefined;
  /** RFC 5082; undefined: from anywhere. */
  readonly gtsmHops: number | undefined;
  readonly deviceName: string | undefined;
  readonly password: string | undefined;
}

export const defaultTransportOptions: TcpTransportOptions = {
  connectTimeoutMs: 30_000,
  closeTimeoutMs: 2_000,
  maxQueuedBytes: 256 * 1024 * 1024,
  readBudgetMs: 8,
  maxAccepted: 4096,
  maxAcceptedPerAddress: 4,
};

export interface TcpTransportDeps {
  readonly events: TransportEvents;
  readonly nextAcceptedId: () => ConnectionId;
  readonly interfaces: () => readonly InterfaceAddress[];
}

export class TcpTransport implements Transport {
  readonly #options: TcpTransportOptions;
  readonly #deps: TcpTransportDeps;
  readonly #socketOptions = new SocketOptions();
  readonly #connections = new Map<ConnectionId, TcpConnection>();
  readonly #closing = new Set<Socket>();
  readonly #corked: TcpConnection[] = [];
  readonly #acceptedByAddress = new Map<string, number>();
  /** Connections with input left over from this turn. */
  #held: TcpConnection[] = [];
  /** What connections were last held against. */
  #interfaces: readonly InterfaceAddress[] | undefined;
  #turnStartMs = 0;
  #isTurnCounted = false;
  #accepted = 0;
  #refused = 0;
  #isFlushing = false;

  constructor(options: TcpTransportOptions, deps: TcpTransportDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  connect(request: ConnectRequest): void {
    const { connection } = request;
    let socket: Socket;
    try {
      socket = this.#startConnecting(request);
    } catch (error) {
      // The caller is in the middle of its own work: the answer comes in a later turn.
      setImmediate(() => this.#deps.events.failed(connection, describeConnectError(error, request)));
      return;
    }
    const entry = this.#adopt(connection, socket, { peer: request.address });
    const { connectTimeoutMs } = this.#options;
    const timer = setTimeout(() => {
      entry.error = `timed out after ${Math.round(connectTimeoutMs / 1000)} s${explainSilence(request)}`;
      socket.destroy();
    }, connectTimeoutMs);
    socket.once('connect', () => {
      entry.isOpen = true;
      this.#deps.events.opened(connection, this.#describe(entry));
    });
    // Emitted for every end of the attempt, a successful one included.
    socket.once('connect', () => clearTimeout(timer));
    socket.once('close', () => clearTimeout(timer));
  }

  /** Takes a connection that a listener accepted; one beyond the limits is reset at once. */
  accept(socket: Socket): void {
    const remote = socket.remoteAddress;
    if (remote === undefined) {
      // The peer was gone before we looked.
      socket.destroy();
      return;
    }
    const address = normaliseAddress(remote);
    const sameAddress = this.#acceptedByAddress.get(address) ?? 0;
    if (this.#accepted >= this.#options.maxAccepted || sameAddress >= this.#options.maxAcceptedPerAddress) {
      this.#refused++;
      drop(socket);
      return;
    }
    this.#accepted++;
    this.#acceptedByAddress.set(address, sameAddress + 1);
    socket.once('close', () => this.#release(address));
    const connection = this.#deps.nextAcceptedId();
    const entry = this.#adopt(connection, socket, { peer: address });
    entry.isOpen = true;
    this.#deps.events.accepted(connection, this.#describe(entry));
  }

  /** Within the event `accepted`, when nothing has been read yet; the answer says what the kernel refused. */
  prepareAccepted(connection: ConnectionId, options: AcceptedOptions): string | undefined {
    return this.#withSocket(connection, (fd, version, peer) => {
      const { ttl, gtsmHops, deviceName, password } = options;
      this.#socketOptions.setMinTtl(fd, version, smallestTtl(gtsmHops) ?? 0);
      this.#socketOptions.setTtl(fd, version, gtsmHops === undefined ? ttl : gtsmTtl);
      // The listener's own watch over the TTL is inherited and has done its work.
      this.#socketOptions.setFilter(fd, undefined);
      if (deviceName !== undefined) this.#socketOptions.bindToDevice(fd, deviceName);
      // Also inherited, unless it changed since the peer began to connect.
      this.#socketOptions.setKey(fd, peer, password);
    });
  }

  /** Ends a connection that is nobody's: reset, so that neither this process nor the kernel keeps anything of it. */
  refuse(connection: ConnectionId): void {
    const entry = this.#connections.get(connection);
    if (entry === undefined) return;
    this.#connections.delete(connection);
    drop(entry.socket);
  }

  send(connection: ConnectionId, bytes: Uint8Array): void {
    const entry = this.#connections.get(connection);
    if (entry === undefined || entry.error !== undefined) return;
    const { socket } = entry;
    if (!entry.isCorked) {
      // One system call for everything that one turn of work queues.
      socket.cork();
      entry.isCorked = true;
      this.#corked.push(entry);
      if (!this.#isFlushing) {
        this.#isFlushing = true;
        process.nextTick(this.#flush);
      }
    }
    entry.hasQueued = true;
    socket.write(bytes, entry.written);
    if (socket.writableLength > this.#options.maxQueuedBytes) {
      entry.error = `dropped: more than ${this.#options.maxQueuedBytes} bytes wait for a peer that does not read`;
      setImmediate(() => socket.destroy());
    }
  }

  queuedBytes(connection: ConnectionId): number {
    return this.#connections.get(connection)?.socket.writableLength ?? 0;
  }

  setPassword(connection: ConnectionId, password: string | undefined): string | undefined {
    return this.#withSocket(connection, (fd, _version, peer) => this.#socketOptions.setKey(fd, peer, password));
  }

  setReading(connection: ConnectionId, isReading: boolean): void {
    const entry = this.#connections.get(connection);
    if (entry === undefined) return;
    entry.isReadingWanted = isReading;
    if (!isReading) entry.socket.pause();
    else if (!entry.isHeld) entry.socket.resume();
  }

  /** TTL or hop limit of an open connection; says what went wrong. */
  setTtl(connection: ConnectionId, ttl: number | undefined): string | undefined {
    return this.#withSocket(connection, (fd, version) => this.#socketOptions.setTtl(fd, version, ttl));
  }

  close(connection: ConnectionId): void {
    const entry = this.#connections.get(connection);
    if (entry === undefined) return;
    this.#forget(entry);
    const { socket } = entry;
    if (!entry.isOpen || entry.error !== undefined) {
      socket.destroy();
      return;
    }
    // Unread input would turn the close into a reset that overtakes the NOTIFICATION: it is read and dropped.
    this.#closing.add(socket);
    const timer = setTimeout(() => socket.destroy(), this.#options.closeTimeoutMs);
    socket.once('close', () => {
      clearTimeout(timer);
      this.#closing.delete(socket);
    });
    if (entry.isCorked) socket.uncork();
    entry.isCorked = false;
    socket.end();
    socket.resume();
  }

  /** Resolves when every connection that was closed has been flushed or given up. */
  async settled(): Promise<void> {
    const waiting = [...this.#closing].map(
      (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
    );
    await Promise.all(waiting);
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Connections that were closed at once because of a limit. */
  get refusedCount(): number {
    return this.#refused;
  }

  /** Interfaces may have other addresses now: what is to be said anew of open connections. */
  describeAgain(): readonly (readonly [ConnectionId, ConnectionInfo])[] {
    const interfaces = this.#deps.interfaces();
    if (interfaces === this.#interfaces) return [];
    this.#interfaces = interfaces;
    return [...this.#connections.values()].flatMap((entry) => {
      const { id, info } = entry;
      if (info === undefined) return [];
      entry.info = describeAgain(info, interfaces);
      return entry.info === info ? [] : [[id, entry.info] as const];
    });
  }

  #startConnecting(request: ConnectRequest): Socket {
    const { address, port, sourceAddress, ttl, gtsmHops, deviceName, password } = request;
    if ([sourceAddress, ttl, gtsmHops, deviceName, password].every((option) => option === undefined)) {
      return createConnection({ host: address, port, noDelay: true });
    }
    const fd = this.#socketOptions.openClient({
      version: isIPv6(address) ? 6 : 4,
      sourceAddress,
      ttl: gtsmHops === undefined ? ttl : gtsmTtl,
      minTtl: smallestTtl(gtsmHops),
      deviceName,
      key: password === undefined ? undefined : { peer: address, password },
    });
    const socket = new Socket({ fd, readable: true, writable: true });
    socket.connect({ host: address, port });
    return socket;
  }

  #withSocket(connection: ConnectionId, act: (fd: number, version: 4 | 6, peer: string) => void): string | undefined {
    const entry = this.#connections.get(connection);
    const fd = entry === undefined ? undefined : descriptorOf(entry.socket);
    if (entry === undefined || fd === undefined) return undefined;
    try {
      act(fd, isIPv6(entry.peer) ? 6 : 4, entry.peer);
      return undefined;
    } catch (error) {
      return describeSocketError(error);
    }
  }

  #adopt(connection: ConnectionId, socket: Socket, { peer }: { readonly peer: string }): TcpConnection {
    const { events } = this.#deps;
    const entry = new TcpConnection(connection, socket, peer, (drained) => events.drained(drained));
    this.#connections.set(connection, entry);
    socket.setNoDelay(true);
    socket.on('data', (chunk: Uint8Array) => {
      if (!this.#connections.has(connection)) return;
      if (!this.#isTurnCounted) this.#beginTurn();
      // A Buffer's slice() is a window, a Uint8Array's is a copy, and the speaker counts on the copy.
      events.received(connection, new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      // libuv reads a busy socket up to 32 times before it looks at anything else.
      if (performance.now() - this.#turnStartMs > this.#options.readBudgetMs) this.#hold(entry);
    });
    // RFC 4271 §8.1.4 Event 18: a peer that closed its half is gone; what waits for it is not worth keeping.
    socket.on('end', () => socket.destroy());
    socket.on('error', (error) => {
      entry.error ??= describeSocketError(error);
    });
    socket.once('close', () => {
      if (!this.#connections.has(connection)) return;
      this.#forget(entry);
      if (entry.isOpen) events.closed(connection, entry.error);
      else events.failed(connection, entry.error ?? 'connection closed');
    });
    return entry;
  }

  #beginTurn(): void {
    this.#isTurnCounted = true;
    this.#turnStartMs = performance.now();
    setImmediate(this.#endTurn);
  }

  readonly #endTurn = (): void => {
    this.#isTurnCounted = false;
    const held = this.#held;
    this.#held = [];
    for (const entry of held) {
      entry.isHeld = false;
      if (entry.isReadingWanted) entry.socket.resume();
    }
  };

  #hold(entry: TcpConnection): void {
    if (entry.isHeld) return;
    entry.isHeld = true;
    entry.socket.pause();
    this.#held.push(entry);
  }

  #forget(entry: TcpConnection): void {
    this.#connections.delete(entry.id);
  }

  #release(address: string): void {
    this.#accepted--;
    const left = (this.#acceptedByAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#acceptedByAddress.delete(address);
    else this.#acceptedByAddress.set(address, left);
  }

  readonly #flush = (): void => {
    this.#isFlushing = false;
    for (const entry of this.#corked) {
      if (!entry.isCorked) continue;
      entry.isCorked = false;
      entry.socket.uncork();
    }
    this.#corked.length = 0;
  };

  #describe(entry: TcpConnection): ConnectionInfo {
    const { socket } = entry;
    entry.info = describeConnection(
      {
        localAddress: normaliseAddress(socket.localAddress ?? ''),
        localPort: socket.localPort ?? 0,
        remoteAddress: normaliseAddress(socket.remoteAddress ?? ''),
        remotePort: socket.remotePort ?? 0,
      },
      this.#deps.interfaces(),
    );
    return entry.info;
  }
}

class TcpConnection {
  readonly id: ConnectionId;
  readonly socket: Socket;
  /** The remote address, with its zone. */
  readonly peer: string;
  /** Called by the stream after each chunk the kernel took. */
  readonly written: () => void;
  isOpen = false;
  isCorked = false;
  isReadingWanted = true;
  isHeld = false;
  hasQueued = false;
  /** undefined while it is being opened. */
  info: ConnectionInfo | undefined = undefined;
  error: string | undefined = undefined;

  constructor(id: ConnectionId, socket: Socket, peer: string, drained: (id: ConnectionId) => void) {
    this.id = id;
    this.socket = socket;
    this.peer = peer;
    this.written = (): void => {
      if (!this.hasQueued || socket.writableLength > 0 || socket.destroyed || socket.writableEnded) return;
      this.hasQueued = false;
      drained(id);
    };
  }
}

/** RFC 5082 §3: sent with the largest TTL there is. */
const gtsmTtl = 255;

/** RFC 5082 §3: 255 of a neighbor on the link, one less for each router that may stand between. */
function smallestTtl(gtsmHops: number | undefined): number | undefined {
  return gtsmHops === undefined ? undefined : gtsmTtl + 1 - gtsmHops;
}

/** What else an unanswered attempt can mean. */
function explainSilence({ password, gtsmHops }: ConnectRequest): string {
  if (password !== undefined) return ' (the peer is away, or has no password or another one)';
  return gtsmHops === undefined ? '' : ` (the peer is away, or more than ${gtsmHops} hops, or sends with a small TTL)`;
}

function drop(socket: Socket): void {
  socket.on('error', () => undefined);
  socket.resetAndDestroy();
}

/** Of two addresses that may be meant, the one that is. */
function describeConnectError(error: unknown, { sourceAddress }: ConnectRequest): string {
  if (sourceAddress === undefined || errorCode(error) !== 'EADDRNOTAVAIL') return describeSocketError(error);
  return `source address ${sourceAddress} is not on this machine, or not usable yet`;
}
