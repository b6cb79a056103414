// Metrics of `fib: kernel`: what the kernel has of our routes, what is on its way, and what it refused and why. None where no
// instance installs routes.

import { Counter, Gauge, type Registry } from 'prom-client';
import type { SpeakerPort } from '#speaker/port.ts';
import type { FibFigure } from './fib-status.ts';
import { shareRefresh } from './share-refresh.ts';
import { splitFamily } from './v1/peers.ts';

const tableLabels = ['instance_name', 'table'] as const;
const states: readonly FibFigure[] = ['installed', 'stale', 'pending', 'failed', 'unresolved'];

export function registerFibMetrics(speaker: SpeakerPort, registers: Registry[]): void {
  const collect = shareRefresh(async () => {
    const fibs = await speaker.fibs();
    for (const metric of [routes, batches, writes, refusals, lastRefusal]) metric.reset();
    for (const fib of fibs) {
      const labels = { instance_name: fib.instance, table: String(fib.table) };
      for (const family of fib.families) {
        const { afi } = splitFamily(family.family);
        for (const state of states) routes.set({ ...labels, afi, state }, family[state]);
      }
      batches.inc(labels, fib.batches);
      writes.inc(labels, fib.writes);
      refusals.inc(labels, fib.refusals);
      if (fib.lastRefusal === undefined) continue;
      lastRefusal.set({ ...labels, reason: fib.lastRefusal.reason }, fib.lastRefusal.wallMs / 1000);
    }
  });
  const routes = new Gauge({
    name: 'waggle_fib_routes',
    help: 'Routes by what the kernel has of them: installed, of these stale (of an earlier run), pending, failed, unresolved',
    labelNames: [...tableLabels, 'afi', 'state'],
    registers,
    collect,
  });
  const counter = (name: string, help: string): Counter<(typeof tableLabels)[number]> =>
    new Counter({ name: `waggle_fib_${name}`, help, labelNames: tableLabels, registers, collect });
  const batches = counter('batches_total', 'Batches sent to the kernel since the table was taken up');
  const writes = counter('writes_total', 'Routes added, replaced and deleted, refused ones included');
  const refusals = counter('refusals_total', 'Writes that the kernel refused, each time that one was tried');
  const lastRefusal = new Gauge({
    name: 'waggle_fib_last_refusal_timestamp_seconds',
    help: 'When the kernel refused a route last, with its reason; none when it never did',
    labelNames: [...tableLabels, 'reason'],
    registers,
    collect,
  });
}
