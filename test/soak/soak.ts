// The soak: one waggle router as users start it, peers that announce, withdraw, fall and ask again without a pause, and a policy
// that changes every few seconds in the router file. In the end every table must be right, and the memory that is still held after a
// collection must be what it was when the run had warmed up.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BenchError } from '../bench/bench-error.ts';
import { DeviceProcess } from '../bench/child.ts';
import type { Cleanup } from '../bench/cleanup.ts';
import { createNamespaces } from '../bench/netns.ts';
import { deviceAsn, deviceRouterId, fanoutPlan } from '../bench/plan.ts';
import { readUsage } from '../bench/process-usage.ts';

export interface SoakOptions {
  readonly seconds: number;
  /** When the first memory is read. */
  readonly warmUpSeconds: number;
  readonly seed: number;
  readonly directory: string;
}

export interface SoakResult {
  readonly routes: number;
  readonly wrong: number;
  readonly faults: readonly string[];
  readonly updates: number;
  readonly falls: number;
  readonly policyChanges: number;
  readonly warmRssBytes: number;
  readonly lastRssBytes: number;
}

const peerCount = 8;
const policyChangeMs = 5000;
/** After a collection was asked for: time to do it, and for the allocator to give pages back. */
const collectMs = 4000;
const program = fileURLToPath(new URL('../../bin/waggle', import.meta.url));
const collector = new URL('./collect.ts', import.meta.url).href;
const peersFile = fileURLToPath(new URL('./soak-peers.ts', import.meta.url));

export async function soak(
  options: SoakOptions,
  cleanup: Cleanup,
  progress: (line: string) => void,
): Promise<SoakResult> {
  const plan = fanoutPlan(peerCount);
  const namespaces = createNamespaces(plan, cleanup);
  const config = path.join(options.directory, 'router.yaml');
  let policyChanges = 0;
  writeFileSync(config, renderConfig(0));
  const args = ['--config', config, '--node-name', 'soak'];
  args.push('--run-dir', path.join(options.directory, 'run'), '--state-dir', path.join(options.directory, 'state'));
  const command = { file: '/usr/bin/env', args: [`NODE_OPTIONS=--import=${collector}`, program, 'router', ...args] };
  const device = new DeviceProcess(namespaces.device, command, path.join(options.directory, 'waggle.log'), cleanup);
  const peers = spawn(
    'ip',
    ['netns', 'exec', namespaces.peers, process.execPath, peersFile, String(peerCount), String(options.seed)],
    {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );
  const endPeers = cleanup.add(() => peers.kill('SIGKILL'));
  const exited = device.exited();
  // Nobody waits for it once the run is over.
  exited.catch(() => undefined);
  try {
    await Promise.race([next(peers), exited]);
    peers.send({ type: 'start' });
    const startMs = performance.now();
    const endMs = startMs + options.seconds * 1000;
    let warmRssBytes = 0;
    for (let tellAtMs = startMs + 60_000; performance.now() < endMs;) {
      await Promise.race([sleep(Math.min(policyChangeMs, Math.max(1, endMs - performance.now()))), exited]);
      policyChanges += 1;
      writeFileSync(config, renderConfig(policyChanges));
      if (warmRssBytes === 0 && performance.now() - startMs >= options.warmUpSeconds * 1000) {
        warmRssBytes = await measure(device.pid);
      }
      if (performance.now() < tellAtMs) continue;
      tellAtMs += 60_000;
      const minutes = Math.round((performance.now() - startMs) / 60_000);
      progress(`minute ${minutes}: ${mebibytes(readUsage(device.pid).rssBytes)} MiB, ${policyChanges} policy changes`);
    }
    peers.send({ type: 'verify', community: communityOf(policyChanges) });
    const verdict = parseVerdict(await Promise.race([next(peers), exited]));
    return { ...verdict, policyChanges, warmRssBytes, lastRssBytes: await measure(device.pid) };
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    throw new BenchError(error.message, device.logTail(), { cause: error });
  } finally {
    endPeers();
    device.end();
    namespaces.remove();
  }
}

/** Resident memory after the garbage of every thread was collected. */
async function measure(rootPid: number): Promise<number> {
  process.kill(rootPid, 'SIGUSR2');
  await sleep(collectMs);
  return readUsage(rootPid).rssBytes;
}

function communityOf(change: number): number {
  return ((64_900 << 16) | (change % 100)) >>> 0;
}

function renderConfig(change: number): string {
  const lines = [
    'router:',
    `  asn: ${deviceAsn}`,
    `  routerId: ${deviceRouterId}`,
    '  listen: ["10.98.0.1:179"]',
    '  fib: none',
  ];
  lines.push('  neighbors:');
  for (const peer of fanoutPlan(peerCount).peers) {
    lines.push(`    - address: ${peer.address}`, `      remoteAsn: ${peer.asn}`, '      passive: true');
    lines.push(
      '      dampPeerOscillations: false',
      '      families: [ipv4-unicast]',
      '      import: mark',
      '      export: accept',
    );
  }
  lines.push('  policies:', '    - name: mark', '      statements:');
  lines.push(`        - { set: { addCommunities: ["64900:${change % 100}"] }, action: accept }`, '');
  return lines.join('\n');
}

function next(peers: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    peers.once('message', resolve);
    peers.once('exit', () => reject(new BenchError('the peers ended early')));
  });
}

type Verdict = Omit<SoakResult, 'policyChanges' | 'warmRssBytes' | 'lastRssBytes'>;

function parseVerdict(value: unknown): Verdict {
  const record: Readonly<Record<string, unknown>> = typeof value === 'object' && value !== null ? { ...value } : {};
  const number = (key: string): number => {
    const found = record[key];
    if (typeof found === 'number') return found;
    throw new BenchError(`no verdict: ${JSON.stringify(value)}`);
  };
  const faults = Array.isArray(record['faults']) ? record['faults'].map(String) : [];
  return {
    routes: number('routes'),
    wrong: number('wrong'),
    updates: number('updates'),
    falls: number('falls'),
    faults,
  };
}

export function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
