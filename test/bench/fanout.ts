// The scenario "many peers": every one of them announces a few prefixes, and gets those of all the others. What update groups are
// for. Time runs from the first byte sent until the last prefix was received by the last peer.

import { setTimeout as sleep } from 'node:timers/promises';

import { BenchError } from './bench-error.ts';
import type { Cleanup } from './cleanup.ts';
import type { Device } from './devices/device.ts';
import type { Limit } from './limit.ts';
import { settleMs } from './load.ts';
import { fanoutPlan } from './plan.ts';
import { readUsage } from './process-usage.ts';
import { formatSpread, spreadOf } from './spread.ts';
import type { Spread } from './spread.ts';
import { withStage } from './stage.ts';

export const fanoutPeers = 100;
export const fanoutRoutes = 1000;

const mebibyte = 1 << 20;

export interface FanoutRun {
  readonly seconds: number;
  /** The round was cut off: `seconds` is what it took at least. */
  readonly isCut: boolean;
  readonly cpuSec: number;
  readonly rssBytes: number;
  readonly correct: number;
  readonly expected: number;
  readonly faults: readonly string[];
}

export interface FanoutRow {
  readonly device: string;
  readonly version: string;
  readonly seconds: Spread;
  readonly isCut: boolean;
  readonly cpuSec: Spread;
  readonly rssBytes: Spread;
  /** The worst of all runs. */
  readonly correct: number;
  readonly expected: number;
  readonly faults: readonly string[];
}

export function runFanout(device: Device, peers: number, routes: number, cleanup: Cleanup): Promise<FanoutRun> {
  return withStage(device, fanoutPlan(peers), cleanup, async (stage) => {
    const process = stage.startPeer('peers', 'fanout-peers.ts', peers, routes);
    await process.next();
    await sleep(settleMs);
    const before = readUsage(stage.device.pid);
    process.send({ type: 'start' });
    const report = await process.next();
    if (report.type !== 'fanned') throw new BenchError(`the peers said ${report.type}`);
    const after = readUsage(stage.device.pid);
    const { seconds, isCut, correct, expected, faults } = report;
    return {
      seconds,
      isCut,
      correct,
      expected,
      faults,
      cpuSec: after.cpuSec - before.cpuSec,
      rssBytes: after.rssBytes,
    };
  });
}

export function summarizeFanout(device: Device, version: string, runs: readonly FanoutRun[]): FanoutRow {
  return {
    device: device.name,
    version,
    seconds: spreadOf(runs.map((run) => run.seconds)),
    isCut: runs.some((run) => run.isCut),
    cpuSec: spreadOf(runs.map((run) => run.cpuSec)),
    rssBytes: spreadOf(runs.map((run) => run.rssBytes)),
    correct: Math.min(...runs.map((run) => run.correct)),
    expected: runs[0].expected,
    faults: runs.flatMap((run) => run.faults),
  };
}

export function formatFanout(rows: readonly FanoutRow[]): string {
  const lines = [
    `| ${fanoutPeers} peers × ${fanoutRoutes} prefixes, to all | s, first byte out to last prefix in | CPU s | RSS MiB | routes right |`,
    '| --- | --- | --- | --- | --- |',
  ];
  for (const row of rows) {
    const cells = [
      `${row.device} ${row.version}`,
      `${row.isCut ? 'cut off after ' : ''}${formatSpread(row.seconds, 2)}`,
      formatSpread(row.cpuSec, 2),
      (row.rssBytes.median / mebibyte).toFixed(0),
      `${row.correct} of ${row.expected}`,
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  return lines.join('\n');
}

export function judgeFanout(rows: readonly FanoutRow[]): Limit[] {
  const limits: Limit[] = rows.map((row) => ({
    claim: `${row.device}: every peer has every route of the others, in every run`,
    measured: `${row.correct} of ${row.expected}${row.faults.length > 0 ? `; ${row.faults[0]}` : ''}`,
    isMet: row.isCut ? undefined : row.correct === row.expected && row.faults.length === 0,
  }));
  const waggle = rows.find((row) => row.device === 'waggle');
  if (waggle === undefined) return limits;
  for (const name of ['GoBGP', 'OpenBGPD']) {
    const other = rows.find((row) => row.device === name);
    const theirs =
      other === undefined
        ? 'not measured'
        : `${other.isCut ? 'cut off after ' : ''}${other.seconds.median.toFixed(2)} s`;
    limits.push({
      claim: `many peers: waggle is faster than ${name}`,
      measured: `${waggle.seconds.median.toFixed(2)} s, ${name} ${theirs}`,
      isMet: other === undefined || waggle.isCut ? undefined : waggle.seconds.median < other.seconds.median,
    });
  }
  return limits;
}
