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
  readonly routes: number;
  /** The worst of all runs. */
  readonly correct: number;
  readonly faults: readonly string[];
}

const mebibyte = 1 << 20;
const growthLimitBytes = 300;

export function summarize(device: Device, version: string, results: readonly LoadResult[]): TableRow {
  const spread = (pick: (result: LoadResult) => number): Spread => spreadOf(results.map(pick));
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
    routes: results[0].routes,
    correct: Math.min(...results.map((result) => result.verdict.correct)),
    faults: results.flatMap((result) => result.verdict.faults),
  };
}

export function formatTable(rows: readonly TableRow[]): string {
  const lines = [
    '| device | s, first byte out to last prefix in | CPU s | RSS MiB idle → loaded (peak) | RSS growth B/route | UPDATEs out | prefixes right |',
    '| --- | --- | --- | --- | --- | --- | --- |',
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
      `${row.correct} of ${row.routes}`,
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  return lines.join('\n');
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
    claim: 'waggle is no slower than FRR',
    measured: `${own.toFixed(2)} s, FRR ${frr === undefined ? 'not measured' : `${frr.seconds.median.toFixed(2)} s`}`,
    isMet: frr === undefined ? undefined : own <= frr.seconds.median,
  });
  const growth = waggle.growthBytesPerRoute.median;
  limits.push({
    claim: `waggle's RSS grows by at most ${growthLimitBytes} bytes a route`,
    measured: `${growth.toFixed(0)} bytes`,
    isMet: growth <= growthLimitBytes,
  });
  return limits;
}
