// One run of the scenario "one table in and out": the device, the sessions, the whole table, and what it took. Memory and CPU
// are read when both sessions are up and idle, and again when everything was received.

import { setTimeout as sleep } from 'node:timers/promises';

import type { PeerProcess } from './child.ts';
import type { Cleanup } from './cleanup.ts';
import type { Device } from './devices/device.ts';
import { tablePlan } from './plan.ts';
import { readUsage } from './process-usage.ts';
import type { Usage } from './process-usage.ts';
import { withStage } from './stage.ts';
import type { Verdict } from './verify.ts';

/** Sessions are up: time for the device to finish what it does at session start. */
export const settleMs = 3000;

export interface LoadResult {
  readonly routes: number;
  /** First byte sent until the last prefix was received. */
  readonly seconds: number;
  readonly firstPrefixSec: number;
  readonly cpuSec: number;
  readonly idleRssBytes: number;
  readonly loadedRssBytes: number;
  readonly peakRssBytes: number;
  readonly verdict: Verdict;
  /** One prefix through the full table, in ms: the median and the 99th percentile; undefined when none arrived. */
  readonly probes: Probes | undefined;
}

export interface Probes {
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly lost: number;
}

export function runLoad(device: Device, routes: number, seed: number, cleanup: Cleanup): Promise<LoadResult> {
  return withStage(device, tablePlan, cleanup, async (stage) => {
    const peers = stage.startPeer('peers', 'table-peers.ts', routes, seed, device.transit);
    await peers.next();
    await sleep(settleMs);
    const loaded = await load(stage.device.pid, routes, peers);
    await sleep(settleMs);
    peers.send({ type: 'probe' });
    const report = await peers.next();
    return { ...loaded, probes: report.type === 'probed' ? judgeProbes(report.delaysMs, report.sent) : undefined };
  });
}

/** Starts the load that the peers have prepared, and waits for their verdict. */
export async function load(pid: number, routes: number, peers: PeerProcess): Promise<LoadResult> {
  const idle = readUsage(pid);
  peers.send({ type: 'start' });
  let loaded: Usage = idle;
  for (;;) {
    const report = await peers.next();
    if (report.type === 'received') loaded = readUsage(pid);
    if (report.type !== 'verdict') continue;
    const { verdict, sentMs } = report;
    return {
      routes,
      seconds: (verdict.lastPrefixMs - sentMs) / 1000,
      firstPrefixSec: (verdict.firstPrefixMs - sentMs) / 1000,
      cpuSec: loaded.cpuSec - idle.cpuSec,
      idleRssBytes: idle.rssBytes,
      loadedRssBytes: loaded.rssBytes,
      peakRssBytes: loaded.peakRssBytes,
      verdict,
      probes: undefined,
    };
  }
}

function judgeProbes(delaysMs: readonly number[], sent: number): Probes | undefined {
  if (delaysMs.length === 0) return undefined;
  const sorted = delaysMs.toSorted((left, right) => left - right);
  return {
    medianMs: sorted[sorted.length >> 1],
    p99Ms: sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))],
    lost: sent - sorted.length,
  };
}
