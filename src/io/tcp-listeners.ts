// Listening sockets: as many addresses as are configured, IPv6 ones for IPv6 only, so that `::` and
// `0.0.0.0` stand side by side. Told the wanted list, opens and closes the difference; an address that is
// not on the machine yet is tried again when the interfaces change.

import { createServer, isIPv6 } from 'node:net';
import type { Server, Socket } from 'node:net';
import { describeSocketError, errorCode } from './socket-errors.ts';

export interface ListenEndpoint {
  readonly address: string;
  readonly port: number;
}

const backlog = 128;

export class TcpListeners {
  readonly #accepted: (socket: Socket) => void;
  readonly #servers = new Map<string, Server>();
  #wanted: readonly ListenEndpoint[] = [];
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
    return this.#servers.size === this.#wanted.length ? Promise.resolve([]) : this.#reconcile();
  }

  listening(): readonly ListenEndpoint[] {
    return [...this.#servers.values()].flatMap((server) => {
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
    for (const [key, server] of this.#servers) {
      if (wanted.has(key)) continue;
      this.#servers.delete(key);
      await closeServer(server);
    }
    const problems: string[] = [];
    for (const [key, endpoint] of wanted) {
      if (this.#servers.has(key)) continue;
      const answer = await this.#open(endpoint);
      if (typeof answer === 'string') problems.push(answer);
      else if (answer !== undefined) this.#servers.set(key, answer);
    }
    return problems;
  }

  /** The server, or what is wrong in words; undefined for `::` on a machine without IPv6, which lacks nothing. */
  #open(endpoint: ListenEndpoint): Promise<Server | string | undefined> {
    return new Promise((resolve) => {
      const server = createServer({ noDelay: true }, this.#accepted);
      server.once('error', (error) => {
        const isWithoutIpv6 = endpoint.address === '::' && errorCode(error) === 'EAFNOSUPPORT';
        resolve(isWithoutIpv6 ? undefined : explain(endpoint, error));
      });
      server.once('listening', () => {
        server.removeAllListeners('error');
        // Running out of descriptors while accepting is the world's fault and passes; the listener goes on.
        server.on('error', () => undefined);
        resolve(server);
      });
      const { address, port } = endpoint;
      server.listen({ host: address, port, backlog, ipv6Only: isIPv6(address) });
    });
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // Resolves at once as far as accepting goes; connections that were accepted live on.
    server.close(() => undefined);
    setImmediate(resolve);
  });
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
      return `${line}: ports below 1024 need root or CAP_NET_BIND_SERVICE; grant it or choose another port`;
    case 'EADDRNOTAVAIL':
      return `${line}: add the address to an interface or listen on another one`;
    default:
      return line;
  }
}
