// One run of the scenario "one table in and out": a fresh pair of namespaces, the device, the sessions, 1,000,000 routes,
// and what it took. Memory and CPU are read when both sessions are up and idle, and again when everything was received.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { BenchError } from './bench-error.ts';
import { DeviceProcess, PeerProcess } from './child.ts';
import type { Cleanup } from './cleanup.ts';
import type { Device } from './devices/device.ts';
import { createNamespaces } from './netns.ts';
import { readUsage } from './process-usage.ts';
import type { Usage } from './process-usage.ts';
import type { Verdict } from './verify.ts';

/** Sessions are up: time for the device to finish what it does at session start. */
const settleMs = 3000;

export interface LoadResult {
  readonly device: string;
  readonly routes: number;
  /** First byte sent until the last prefix was received. */
  readonly seconds: number;
  readonly firstPrefixSec: number;
  readonly cpuSec: number;
  readonly idleRssBytes: number;
  readonly loadedRssBytes: number;
  readonly peakRssBytes: number;
  readonly verdict: Verdict;
}

export async function runLoad(device: Device, routes: number, seed: number, cleanup: Cleanup): Promise<LoadResult> {
  const namespaces = createNamespaces(cleanup);
  const directory = mkdtempSync(path.join(tmpdir(), 'waggle-bench-'));
  const removeDirectory = cleanup.add(() => rmSync(directory, { recursive: true, force: true }));
  const process = new DeviceProcess(
    namespaces.device,
    device.prepare({ path: directory }),
    path.join(directory, 'device.log'),
    cleanup,
  );
  const args = [String(routes), String(seed), device.transit];
  const peers = new PeerProcess(namespaces.peers, 'table-peers.ts', args, cleanup);
  try {
    return await measure(device, routes, process, peers);
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    throw new BenchError(`${device.name}: ${error.message}`, process.logTail(), { cause: error });
  } finally {
    peers.end();
    process.end();
    namespaces.remove();
    removeDirectory();
  }
}

async function measure(
  device: Device,
  routes: number,
  process: DeviceProcess,
  peers: PeerProcess,
): Promise<LoadResult> {
  await peers.next();
  await sleep(settleMs);
  if (process.hasExited) throw new BenchError('ended before the load began');
  const idle = readUsage(process.pid);
  peers.send({ type: 'start' });
  let loaded: Usage = idle;
  for (;;) {
    const report = await peers.next();
    if (report.type === 'received') loaded = readUsage(process.pid);
    if (report.type !== 'verdict') continue;
    const { verdict, sentMs } = report;
    return {
      device: device.name,
      routes,
      seconds: (verdict.lastPrefixMs - sentMs) / 1000,
      firstPrefixSec: (verdict.firstPrefixMs - sentMs) / 1000,
      cpuSec: loaded.cpuSec - idle.cpuSec,
      idleRssBytes: idle.rssBytes,
      loadedRssBytes: loaded.rssBytes,
      peakRssBytes: loaded.peakRssBytes,
      verdict,
    };
  }
}
