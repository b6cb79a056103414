// Listening sockets: as many addresses as are configured, IPv6 ones for IPv6 only, so that `::` and
// `0.0.0.0` stand side by side. Told the wanted list, opens and closes the difference; an address that is
// not on the machine yet is tried again when the interfaces change. Keys (RFC 2385) and what is known of the
// peers' TTL (RFC 5082) are kept on every one of them, from before the first connection on.

import { createServer, isIPv6 } from 'node:net';
import type { Server, Socket } from 'node:net';
import { parseAddress } from '#bgp/net/address.ts';
import { parsePrefix, type Prefix } from '#bgp/net/prefix.ts';
import { SocketOptions } from '#kernel/socket-options.ts';
import { buildTtlFilter, type TtlGuard } from '#kernel/ttl-filter.ts';
import { describeSocketError, errorCode } from './socket-errors.ts';

export interface ListenEndpoint {
  readonly address: string;
  readonly port: number;
}

/** TCP MD5 key of whoever connects from an address or, for dynamic neighbors, a prefix. Zones do not count. */
export interface ListenKey {
  readonly peer: string;
  readonly password: string;
}

interface Listening {
  readonly server: Server;
  readonly endpoint: ListenEndpoint;
  readonly fd: number;
  readonly version: 4 | 6;
  /** What the kernel has, by address or prefix. */
  readonly keys: Map<string, string>;
  /** The filter it has, as text; empty: none. */
  filter: string;
}

/** Connections of a whole fabric that starts at once; the kernel bounds it by net.core.somaxconn. */
const backlog = 1024;

export class TcpListeners {
  readonly #accepted: (socket: Socket) => void;
  readonly #options = new SocketOptions();
  readonly #open = new Map<string, Listening>();
  #wanted: readonly ListenEndpoint[] = [];
  #keys: ReadonlyMap<string, string> = new Map();
  #guards: readonly TtlGuard[] = [];
  /** Peers whose key some listener lacks: until it has it, nobody else may be taken for them. */
  #unkeyed: readonly Prefix[] = [];
  #running: Promise<unknown> = Promise.resolve();

  constructor(accepted: (socket: Socket) => void) {
    this.#accepted = accepted;
  }

  /** Listens on exactly these; answers what the world refused, each in one line with what to do. */
  configure(wanted: readonly ListenEndpoint[]): Promise<readonly string[]> {
    this.#wanted = wanted;
    return this.#reconcile();
  }

  /** Tries again what could not be opened. */
  retry(): Promise<readonly string[]> {
    return this.#open.size === this.#wanted.length ? Promise.resolve([]) : this.#reconcile();
  }

  /**
   * Exactly these keys, on every socket that listens or will; connections that stand keep theirs. A prefix holds for all
   * within it that have no key of their own. Answers what the kernel refused and what cannot be told apart.
   */
  setKeys(keys: readonly ListenKey[]): readonly string[] {
    const problems: string[] = [];
    const wanted = new Map<string, string>();
    for (const { peer, password } of keys) {
      const key = peer.split('%')[0];
      const known = wanted.get(key);
      if (known === undefined) wanted.set(key, password);
      else if (known !== password) {
        problems.push(
          `neighbor ${key} stands twice, on two interfaces or in two instances, with two passwords, and the kernel's keys ` +
            'know addresses alone: give both one password; until then only the first can connect to us',
        );
      }
    }
    this.#keys = wanted;
    this.#unkeyed = [];
    for (const listening of this.#open.values()) problems.push(...this.#applyKeys(listening));
    return problems;
  }

  /** Exactly these senders are held to a TTL (the smallest where one address stands twice). */
  setGuards(guards: readonly TtlGuard[]): readonly string[] {
    const merged = new Map<string, TtlGuard>();
    for (const guard of guards) {
      const known = merged.get(guard.prefix);
      if (known === undefined || guard.minTtl < known.minTtl) merged.set(guard.prefix, guard);
    }
    this.#guards = [...merged.values()];
    return [...this.#open.values()].flatMap((listening) => this.#applyGuards(listening));
  }

  /** True while an address ought to have a key that the kernel did not take everywhere. */
  lacksKey(address: string): boolean {
    if (this.#unkeyed.length === 0) return false;
    const parsed = parseAddress(address.split('%')[0]);
    return parsed !== undefined && this.#unkeyed.some((prefix) => prefix.containsAddress(parsed));
  }

  listening(): readonly ListenEndpoint[] {
    return [...this.#open.values()].flatMap(({ server }) => {
      const address = server.address();
      return typeof address === 'object' && address !== null ? [{ address: address.address, port: address.port }] : [];
    });
  }

  stop(): Promise<readonly string[]> {
    return this.configure([]);
  }

  /** One at a time: a second configuration waits for the first. */
  #reconcile(): Promise<readonly string[]> {
    const next = this.#running.then(() => this.#apply());
    this.#running = next;
    return next;
  }

  async #apply(): Promise<readonly string[]> {
    const wanted = new Map(this.#wanted.map((endpoint) => [formatEndpoint(endpoint), endpoint]));
    for (const [key, { server }] of this.#open) {
      if (wanted.has(key)) continue;
      this.#open.delete(key);
      await closeServer(server);
    }
    const problems: string[] = [];
    for (const [key, endpoint] of wanted) {
      if (this.#open.has(key)) continue;
      const answer = await this.#listen(endpoint);
      if (typeof answer === 'string') problems.push(answer);
      else if (answer !== undefined) this.#open.set(key, answer);
    }
    return problems;
  }

  /** The server, or what is wrong in words; undefined for `::` on a machine without IPv6, which lacks nothing. */
  #listen(endpoint: ListenEndpoint): Promise<Listening | string | undefined> {
    return new Promise((resolve) => {
      const fail = (error: unknown): void => {
        const isWithoutIpv6 = endpoint.address === '::' && errorCode(error) === 'EAFNOSUPPORT';
        resolve(isWithoutIpv6 ? undefined : explain(endpoint, error));
      };
      const server = createServer({ noDelay: true }, this.#accepted);
      let listening: Listening;
      try {
        listening = this.#openSocket(server, endpoint);
      } catch (error) {
        fail(error);
        return;
      }
      // The descriptor is the server's from here on, also when it fails.
      server.once('error', fail);
      server.once('listening', () => {
        server.removeAllListeners('error');
        // Running out of descriptors while accepting is the world's fault and passes; the listener goes on.
        server.on('error', () => undefined);
        resolve(listening);
      });
      server.listen({ fd: listening.fd, backlog });
    });
  }

  /** Our own socket, because what Node opens listens before it could have a key. */
  #openSocket(server: Server, endpoint: ListenEndpoint): Listening {
    const version = isIPv6(endpoint.address) ? 6 : 4;
    const { address, port } = endpoint;
    const fd = this.#options.openListener(version, address, port);
    const listening: Listening = { server, endpoint, fd, version, keys: new Map(), filter: '' };
    this.#applyKeys(listening);
    this.#applyGuards(listening);
    return listening;
  }

  #applyKeys(listening: Listening): string[] {
    const { fd, version, keys, endpoint } = listening;
    const failures = new Map<string, string[]>();
    const attempt = (peer: string, password: string | undefined): void => {
      try {
        this.#options.setKey(fd, peer, password);
        if (password === undefined) keys.delete(peer);
        else keys.set(peer, password);
      } catch (error) {
        const reason = describeKeyError(error);
        failures.set(reason, [...(failures.get(reason) ?? []), peer]);
        // The kernel goes on with the old key, or none.
        if (password !== undefined) this.#unkeyed = [...this.#unkeyed, ...toPrefix(peer)];
      }
    };
    // First what is no longer wanted: the room for keys is bounded.
    for (const peer of keys.keys()) if (!this.#keys.has(peer)) attempt(peer, undefined);
    for (const [peer, password] of this.#keys) {
      const isOwn = toPrefix(peer)[0]?.version === version;
      if (isOwn && keys.get(peer) !== password) attempt(peer, password);
    }
    return [...failures].map(([reason, peers]) => {
      const more = peers.length === 1 ? '' : ` and ${peers.length - 1} more`;
      return (
        `TCP MD5 on ${formatEndpoint(endpoint)} for ${peers[0]}${more}: ${reason}; ` +
        'until then what they open is refused'
      );
    });
  }

  #applyGuards(listening: Listening): string[] {
    const { fd, version, endpoint } = listening;
    const built = buildTtlFilter(version, this.#guards);
    const filter = built === undefined ? '' : Buffer.from(built.program).toString('base64');
    const where = `TTL security on ${formatEndpoint(endpoint)}`;
    const problems: string[] = [];
    if (built !== undefined && built.leftOut.length > 0) {
      const count = built.leftOut.length;
      problems.push(`${where}: no room for ${count} neighbors: theirs is checked only from the handshake on`);
    }
    if (filter === listening.filter) return problems;
    try {
      // The old one first: both together may be more than the kernel has room for.
      this.#options.setFilter(fd, undefined);
      listening.filter = '';
      this.#options.setFilter(fd, built?.program);
      listening.filter = filter;
    } catch (error) {
      const reason = errorCode(error) === 'ENOMEM' ? noRoom('TTL security') : describeSocketError(error);
      problems.push(`${where}: ${reason}: it is checked only from the handshake on`);
    }
    return problems;
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // Resolves at once as far as accepting goes; connections that were accepted live on.
    server.close(() => undefined);
    setImmediate(resolve);
  });
}

function toPrefix(peer: string): Prefix[] {
  const length = isIPv6(peer.split('/')[0]) ? 128 : 32;
  const prefix = parsePrefix(peer.includes('/') ? peer : `${peer}/${length}`);
  return prefix === undefined ? [] : [prefix];
}

function describeKeyError(error: unknown): string {
  if (errorCode(error) !== 'ENOMEM') return describeSocketError(error);
  return `${noRoom('more keys')} (about 140 octets a key)`;
}

function noRoom(what: string): string {
  return `the kernel has no room for ${what} on one socket: raise sysctl net.core.optmem_max`;
}

export function formatEndpoint({ address, port }: ListenEndpoint): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Whether one of the answers of `configure` speaks of an endpoint. */
export function isListenProblemOf(endpoint: ListenEndpoint, problem: string): boolean {
  return problem.startsWith(startOfProblem(endpoint));
}

function startOfProblem(endpoint: ListenEndpoint): string {
  return `cannot listen on ${formatEndpoint(endpoint)}: `;
}

function explain(endpoint: ListenEndpoint, error: unknown): string {
  const line = `${startOfProblem(endpoint)}${describeSocketError(error)}`;
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return `${line}: another program has it; stop that one (ss -ltnp shows it) or listen on another address or port`;
    case 'EACCES':
    case 'EPERM':
      return `${line}: \`listen\` (in the annotation: \`local-port\`) below port 1024 needs CAP_NET_BIND_SERVICE; grant it or choose another port`;
    case 'EADDRNOTAVAIL':
      return `${line}: add the address to an interface or listen on another one`;
    default:
      return line;
  }
}
