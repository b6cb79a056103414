// The results of the scenario "one table in and out" as a Markdown table, and judged against the limits.

import type { Device } from './devices/device.ts';
import type { Limit } from './limit.ts';
import type { LoadResult } from './load.ts';
import { formatSpread, spreadOf } from './spread.ts';
import type { Spread } from './spread.ts';

export interface TableRow {
  readonly device: string;
  readonly version: string;
  readonly isSpeaker: boolean;
  readonly runs: number;
  readonly seconds: Spread;
  readonly firstPrefixSec: Spread;
  readonly cpuSec: Spread;
  readonly idleRssBytes: Spread;
  readonly loadedRssBytes: Spread;
  readonly peakRssBytes: Spread;
  readonly growthBytesPerRoute: Spread;
  readonly updates: Spread;
  readonly probeMedianMs: Spread | undefined;
  readonly probeP99Ms: Spread | undefined;
  readonly probesLost: number;
  readonly routes: number;
  /** The worst of all runs. */
  readonly correct: number;
  readonly faults: readonly string[];
}

const mebibyte = 1 << 20;
const growthLimitBytes = 200;
const probeLimitMs = 1;
/** Of FRR's time. */
const shareLimit = 0.5;

export function summarize(device: Device, version: string, results: readonly LoadResult[]): TableRow {
  const spread = (pick: (result: LoadResult) => number): Spread => spreadOf(results.map(pick));
  const probes = results.flatMap((result) => result.probes ?? []);
  return {
    device: device.name,
    version,
    isSpeaker: device.transit === 'ebgp',
    runs: results.length,
    seconds: spread((result) => result.seconds),
    firstPrefixSec: spread((result) => result.firstPrefixSec),
    cpuSec: spread((result) => result.cpuSec),
    idleRssBytes: spread((result) => result.idleRssBytes),
    loadedRssBytes: spread((result) => result.loadedRssBytes),
    peakRssBytes: spread((result) => result.peakRssBytes),
    growthBytesPerRoute: spread((result) => (result.loadedRssBytes - result.idleRssBytes) / result.routes),
    updates: spread((result) => result.verdict.updates),
    probeMedianMs: probes.length === 0 ? undefined : spreadOf(probes.map((probe) => probe.medianMs)),
    probeP99Ms: probes.length === 0 ? undefined : spreadOf(probes.map((probe) => probe.p99Ms)),
    probesLost: probes.reduce((sum, probe) => sum + probe.lost, 0),
    routes: results[0].routes,
    correct: Math.min(...results.map((result) => result.verdict.correct)),
    faults: results.flatMap((result) => result.verdict.faults),
  };
}

export function formatTable(rows: readonly TableRow[]): string {
  const lines = [
    '| device | s, first byte out to last prefix in | CPU s | RSS MiB idle → loaded (peak) | RSS growth B/route | UPDATEs out | one prefix through it, ms: median; p99 | prefixes right |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
  ];
  for (const row of rows) {
    const mib = (spread: Spread): string => (spread.median / mebibyte).toFixed(0);
    const cells = [
      `${row.device} ${row.version}`,
      formatSpread(row.seconds, 2),
      formatSpread(row.cpuSec, 2),
      `${mib(row.idleRssBytes)} → ${mib(row.loadedRssBytes)} (${mib(row.peakRssBytes)})`,
      row.isSpeaker ? formatSpread(row.growthBytesPerRoute, 0) : '–',
      formatSpread(row.updates, 0),
      formatProbes(row),
      `${row.correct} of ${row.routes}`,
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  return lines.join('\n');
}

function formatProbes({ probeMedianMs, probeP99Ms, probesLost }: TableRow): string {
  if (probeMedianMs === undefined || probeP99Ms === undefined) return 'none arrived';
  const lost = probesLost === 0 ? '' : `, ${probesLost} lost`;
  return `${formatSpread(probeMedianMs, 2)}; ${formatSpread(probeP99Ms, 2)}${lost}`;
}

export function judgeTable(rows: readonly TableRow[]): Limit[] {
  const limits: Limit[] = rows.map((row) => ({
    claim: `${row.device}: every prefix with next hop, AS path, MED and communities as expected, in every run`,
    measured: `${row.correct} of ${row.routes}${row.faults.length > 0 ? `; ${row.faults[0]}` : ''}`,
    isMet: row.correct === row.routes && row.faults.length === 0,
  }));
  const waggle = rows.find((row) => row.device === 'waggle');
  if (waggle === undefined) return limits;
  const frr = rows.find((row) => row.device === 'FRR bgpd');
  const own = waggle.seconds.median;
  limits.push({
    claim: `waggle takes at most ${shareLimit * 100} % of FRR's time`,
    measured: `${own.toFixed(2)} s, FRR ${frr === undefined ? 'not measured' : `${frr.seconds.median.toFixed(2)} s`}`,
    isMet: frr === undefined ? undefined : own <= frr.seconds.median * shareLimit,
  });
  const growth = waggle.growthBytesPerRoute.median;
  limits.push({
    claim: `waggle's RSS grows by at most ${growthLimitBytes} bytes a route`,
    measured: `${growth.toFixed(0)} bytes`,
    isMet: growth <= growthLimitBytes,
  });
  const p99 = waggle.probeP99Ms?.median;
  limits.push({
    claim: `one prefix through the full table of waggle: p99 under ${probeLimitMs} ms`,
    measured: p99 === undefined ? 'none arrived' : `${p99.toFixed(2)} ms, ${waggle.probesLost} lost`,
    isMet: p99 !== undefined && p99 < probeLimitMs && waggle.probesLost === 0,
  });
  return limits;
}
