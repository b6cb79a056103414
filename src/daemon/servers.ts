// A daemon's servers beside BGP: API, metrics, health. Each is opened anew only when its own address
// changes; what cannot listen is said in words and, while running, left for the status to show.

import { ApiListenError, createApi } from '#api/api.ts';
import type { Api, ApiDeps, ApiOptions } from '#api/api.ts';
import { createHealthServer } from '#api/health.ts';
import { createMetrics, createMetricsServer } from '#api/metrics.ts';
import type { Metrics } from '#api/metrics.ts';
import type { ListeningServer } from '#api/plain-server.ts';
import type { Endpoint } from '#control/router/text-formats.ts';
import type { LogEvent } from '#io/log.ts';
import { formatEndpoint } from '#io/tcp-listeners.ts';

export interface ServerAddresses {
  /** TCP address of the API, beside its unix socket; undefined: none. */
  readonly apiListen: Endpoint | undefined;
  readonly metricsListen: Endpoint;
  readonly healthListen: Endpoint;
}

interface Slot {
  readonly name: string;
  readonly open: (wanted: readonly Endpoint[]) => Promise<{ readonly close: () => Promise<void> }>;
  /** The addresses it runs with, as text; undefined: closed. */
  running: string | undefined;
  server: { readonly close: () => Promise<void> } | undefined;
  problem: string | undefined;
}

export interface ServersDeps extends ApiDeps {
  readonly log: { write(event: LogEvent): void };
}

export class Servers {
  /** The composition root counts its reconciliations here. */
  readonly metrics: Metrics;
  readonly #socket: Slot;
  readonly #api: Slot;
  readonly #metricsSlot: Slot;
  readonly #health: Slot;
  #isStarted = false;

  constructor(options: Omit<ApiOptions, 'listen'>, deps: ServersDeps) {
    const { log, speaker, status } = deps;
    this.metrics = createMetrics({ speaker, version: options.version });
    const makeSlot = (name: string, open: Slot['open']): Slot => ({
      name,
      open,
      running: undefined,
      server: undefined,
      problem: undefined,
    });
    const openPlain = async (
      name: string,
      server: ListeningServer,
      { address }: Endpoint,
    ): Promise<ListeningServer> => {
      const port = await server.listen();
      log.write({ type: 'listening', what: name, address: formatEndpoint({ address, port }) });
      return server;
    };
    const api: Api = createApi({ ...options, listen: [] }, deps);
    const tell = (address: string): void => log.write({ type: 'listening', what: 'API', address });
    this.#socket = makeSlot('API', async () => {
      await api.listen();
      tell(api.socketPath);
      return api;
    });
    // On its own, so that the socket stays open, and is there to ask, whatever becomes of the TCP address.
    this.#api = makeSlot('API', async (listen) => {
      for (const address of await api.openTcp(listen)) tell(formatEndpoint(address));
      return { close: () => api.closeTcp() };
    });
    this.#metricsSlot = makeSlot('metrics', ([wanted]) =>
      openPlain('metrics', createMetricsServer(wanted, this.metrics), wanted),
    );
    this.#health = makeSlot('health', ([wanted]) =>
      openPlain('health', createHealthServer(wanted, { speaker, status, isStarted: () => this.#isStarted }), wanted),
    );
  }

  /** Opens what is wanted and is not open yet; answers what could not be, in words. */
  async configure({ apiListen, metricsListen, healthListen }: ServerAddresses): Promise<readonly string[]> {
    await ensure(this.#health, [healthListen]);
    await ensure(this.#metricsSlot, [metricsListen]);
    await ensure(this.#socket, []);
    await ensure(this.#api, apiListen === undefined ? [] : [apiListen]);
    return this.problems();
  }

  /** The first configuration is in force: the health port says so from now on. */
  started(): void {
    this.#isStarted = true;
  }

  problems(): readonly string[] {
    return [this.#health, this.#metricsSlot, this.#socket, this.#api].flatMap(({ problem }) => problem ?? []);
  }

  async close(): Promise<void> {
    const slots = [this.#api, this.#socket, this.#metricsSlot, this.#health];
    await Promise.all(slots.map(async ({ server }) => server?.close()));
    this.metrics.close();
  }
}

async function ensure(slot: Slot, wanted: readonly Endpoint[]): Promise<void> {
  const key = wanted.map(formatEndpoint).join(' ');
  if (slot.running === key) return;
  await slot.server?.close();
  slot.server = undefined;
  slot.running = undefined;
  slot.problem = undefined;
  try {
    slot.server = await slot.open(wanted);
    slot.running = key;
  } catch (error) {
    if (!(error instanceof ApiListenError)) throw error;
    slot.problem = `${error.message}: ${adviseOn(error)}`;
  }
}

function adviseOn({ code, cause }: ApiListenError): string {
  switch (code) {
    case 'ALREADY_RUNNING':
      return 'stop that one, or give this one its own --run-dir';
    case 'NOT_A_SOCKET':
      return 'remove it, or give another --run-dir';
    case 'PATH_TOO_LONG':
      return 'give a shorter --run-dir';
    case 'LISTEN_FAILED':
  }
  switch (cause instanceof Error && 'code' in cause ? cause.code : undefined) {
    case 'EADDRINUSE':
      return 'stop what uses it (ss -ltnp shows it), or choose another address';
    case 'EACCES':
    case 'EPERM':
      return 'run as root, or choose another address (ports below 1024 need CAP_NET_BIND_SERVICE)';
    case 'EADDRNOTAVAIL':
      return 'add the address to an interface, or choose another one';
    default:
      return 'choose another address';
  }
}
