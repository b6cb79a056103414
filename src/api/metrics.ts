// Prometheus metrics: Cilium's names for the BGP control plane, frr_exporter's for its dashboards (frr-metrics.ts), Node's own of
// this process, and how the speaker thread does.
// Every scrape asks the speaker anew, so a series disappears with its neighbor. The server listens where it is told (9962).

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { NeighborView } from '#bgp/views.ts';
import type { SpeakerPort } from '#speaker/port.ts';
import { registerFibMetrics } from './fib-metrics.ts';
import { registerFrrMetrics } from './frr-metrics.ts';
import { type ListeningServer, createPlainServer } from './plain-server.ts';
import { shareRefresh } from './share-refresh.ts';
import { splitFamily } from './v1/peers.ts';

export interface Metrics {
  readonly registry: Registry;
  /** Counted by the control plane. */
  readonly reconcileErrors: Counter<'instance_name'>;
  /** Seconds. */
  readonly reconcileDuration: Histogram<'instance_name'>;
  close(): void;
}

export interface MetricsDeps {
  readonly speaker: SpeakerPort;
  readonly version: string;
}

const prefix = 'cilium_bgp_control_plane_';
const sessionLabels = ['instance_name', 'local_asn', 'neighbor', 'neighbor_asn'] as const;
const familyLabels = [...sessionLabels, 'afi', 'safi'] as const;

/** `192.0.2.1:179`, `[2001:db8::1]:179`, as Go joins host and port. */
function joinHostPort({ address, port }: NeighborView): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

export function createMetrics(deps: MetricsDeps): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  registerSessions(deps.speaker, registers);
  registerFrrMetrics(deps.speaker, registers);
  registerSpeakerFigures(deps.speaker, registers);
  registerFibMetrics(deps.speaker, registers);
  const build = new Gauge({
    name: 'waggle_build_info',
    help: '1, with the version',
    labelNames: ['version'],
    registers,
  });
  build.set({ version: deps.version }, 1);
  return {
    registry,
    reconcileErrors: new Counter({
      name: `${prefix}reconcile_errors_total`,
      help: 'Failed reconciliations of the BGP configuration',
      labelNames: ['instance_name'],
      registers,
    }),
    reconcileDuration: new Histogram({
      name: `${prefix}reconcile_run_duration_seconds`,
      help: 'How long a reconciliation of the BGP configuration took',
      labelNames: ['instance_name'],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
      registers,
    }),
    close: () => registry.clear(),
  };
}

function registerSessions(speaker: SpeakerPort, registers: Registry[]): void {
  const collect = shareRefresh(async () => {
    const instances = await speaker.instances();
    for (const gauge of [session, advertised, received]) gauge.reset();
    for (const instance of instances) {
      for (const neighbor of instance.neighbors) setNeighbor(instance.instance, neighbor);
    }
  });
  const session = new Gauge({
    name: `${prefix}session_state`,
    help: '1 while the session is Established, else 0',
    labelNames: sessionLabels,
    registers,
    collect,
  });
  const advertised = new Gauge({
    name: `${prefix}advertised_routes`,
    help: 'Routes sent to the neighbor, while the session is up',
    labelNames: familyLabels,
    registers,
    collect,
  });
  const received = new Gauge({
    name: `${prefix}received_routes`,
    help: 'Routes received from the neighbor before policy, while the session is up',
    labelNames: familyLabels,
    registers,
    collect,
  });

  function setNeighbor(instance: string, neighbor: NeighborView): void {
    const labels = {
      instance_name: instance,
      local_asn: String(neighbor.localAsn),
      neighbor: joinHostPort(neighbor),
      neighbor_asn: String(neighbor.remoteAsn),
    };
    const isUp = neighbor.state === 'Established';
    session.set(labels, isUp ? 1 : 0);
    if (!isUp) return;
    for (const view of neighbor.families.filter((entry) => entry.isNegotiated)) {
      const family = { ...labels, ...splitFamily(view.family) };
      advertised.set(family, view.sent);
      received.set(family, view.receivedPrePolicy);
    }
  }
}

function registerSpeakerFigures(speaker: SpeakerPort, registers: Registry[]): void {
  const collect = shareRefresh(async () => {
    const figures = await speaker.figures();
    delay.set({ quantile: '0.5' }, figures.eventLoopDelaySec.p50);
    delay.set({ quantile: '0.99' }, figures.eventLoopDelaySec.p99);
    delay.set({ quantile: '1' }, figures.eventLoopDelaySec.max);
    heap.set(figures.heapUsedBytes);
    buffers.set(figures.arrayBufferBytes);
    views.set(figures.openViews);
  });
  const delay = new Gauge({
    name: 'waggle_speaker_event_loop_delay_seconds',
    help: 'Event-loop delay of the speaker thread over the last window; quantile 1 is the longest',
    labelNames: ['quantile'],
    registers,
    collect,
  });
  const heap = new Gauge({
    name: 'waggle_speaker_heap_used_bytes',
    help: 'JavaScript heap of the speaker thread',
    registers,
    collect,
  });
  const buffers = new Gauge({
    name: 'waggle_speaker_array_buffers_bytes',
    help: 'Typed arrays of the speaker thread: tables and attribute sets',
    registers,
    collect,
  });
  const views = new Gauge({
    name: 'waggle_speaker_open_views',
    help: 'Views of tables being read',
    registers,
    collect,
  });
}

/** `GET /metrics` and nothing else. */
export function createMetricsServer(options: { address: string; port: number }, metrics: Metrics): ListeningServer {
  return createPlainServer(options, new Map([['/metrics', () => answerMetrics(metrics)]]));
}

async function answerMetrics({ registry }: Metrics): Promise<{ status: number; type: string; body: string }> {
  return { status: 200, type: registry.contentType, body: await registry.metrics() };
}
