// The daemon's API: one server on the unix socket, one on each TCP address. The composition roots create it, listen and close it;
// it reads views through SpeakerPort and owns no state but the count of large answers under way.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { ApiDeps, RouteContext } from './route.ts';
import { createServer } from './server.ts';
import { StreamLimit } from './slices.ts';
import { ApiListenError, openSocketToGroup, prepareSocket, SOCKET_NAME } from './unix-socket.ts';

export type { ApiDeps } from './route.ts';
export { ApiListenError } from './unix-socket.ts';

/** Route tables being sent at one time. The speaker opens eight views of a table; two are left for single prefixes. */
const MAX_STREAMS = 6;

export interface ApiOptions {
  /** Holds waggle.sock. */
  readonly runDir: string;
  /** Where `api.listen` says so; port 0 takes any free one. */
  readonly listen: readonly { readonly address: string; readonly port: number }[];
  readonly nodeName: string;
  readonly version: string;
}

export interface Api {
  readonly socketPath: string;
  /** Resolves to the TCP addresses listened on. Throws ApiListenError; nothing is left listening then. */
  listen(): Promise<readonly { readonly address: string; readonly port: number }[]>;
  /** Ends connections and removes the socket file. */
  close(): Promise<void>;
  /** Listens on more TCP addresses. Throws ApiListenError; none of these is left listening then. */
  openTcp(
    addresses: readonly { readonly address: string; readonly port: number }[],
  ): Promise<readonly { readonly address: string; readonly port: number }[]>;
  /** Ends the connections over TCP and listens there no longer; the unix socket stays. */
  closeTcp(): Promise<void>;
}

export function createApi(options: ApiOptions, deps: ApiDeps): Api {
  const context: RouteContext = {
    deps,
    nodeName: options.nodeName,
    version: options.version,
    streams: new StreamLimit(MAX_STREAMS),
  };
  const socketPath = join(options.runDir, SOCKET_NAME);
  const servers: FastifyInstance[] = [];
  const tcpServers: FastifyInstance[] = [];
  let ownsSocket = false;

  async function closeTcp(): Promise<void> {
    await Promise.all(tcpServers.splice(0).map((server) => server.close()));
  }

  async function close(): Promise<void> {
    await Promise.all([closeTcp(), ...servers.splice(0).map((server) => server.close())]);
    if (!ownsSocket) return;
    ownsSocket = false;
    await rm(socketPath, { force: true });
  }

  async function listenUnix(): Promise<void> {
    await prepareSocket(socketPath);
    const server = createServer(context, 'unix');
    servers.push(server);
    await server.listen({ path: socketPath }).catch((cause: unknown) => {
      throw listenError(socketPath, cause);
    });
    ownsSocket = true;
    await openSocketToGroup(socketPath);
  }

  async function listenTcp(address: string, port: number): Promise<{ address: string; port: number }> {
    const server = createServer(context, 'tcp');
    tcpServers.push(server);
    await server.listen({ host: address, port }).catch((cause: unknown) => {
      throw listenError(`${address.includes(':') ? `[${address}]` : address}:${port}`, cause);
    });
    const bound = server.server.address();
    return { address, port: typeof bound === 'object' && bound !== null ? bound.port : port };
  }

  async function openTcp(addresses: ApiOptions['listen']): Promise<readonly { address: string; port: number }[]> {
    const bound = [];
    try {
      for (const { address, port } of addresses) bound.push(await listenTcp(address, port));
    } catch (error) {
      await closeTcp();
      throw error;
    }
    return bound;
  }

  return {
    socketPath,
    openTcp,
    closeTcp,
    async listen() {
      try {
        await listenUnix();
        return await openTcp(options.listen);
      } catch (error) {
        await close();
        throw error;
      }
    },
    close,
  };
}

function listenError(where: string, cause: unknown): ApiListenError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'address in use',
    EACCES: 'permission denied',
    EADDRNOTAVAIL: 'no such address on this machine',
  };
  const reason = reasons[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new ApiListenError('LISTEN_FAILED', `the API cannot listen on ${where}: ${reason}`, { cause });
}
