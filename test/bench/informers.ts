// `npm run bench:informers`: what an agent's start costs in a large cluster, against a real `waggle apiserver` over HTTPS: informers that
// know every CiliumNode, as whoever needs all of them has, at the rate that agents keep; and a whole `waggle agent` process from exec until
// its health says that its first configuration is in force. In a network namespace of its own, as root. Exit code 1 when one takes too long.

import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import type { KubeObject } from '#kube/api/object.ts';
import type { Collection } from '#kube/cluster/cluster.ts';
import { Informer } from '#kube/cluster/informer.ts';
import { openCluster } from '#kube/cluster/open-cluster.ts';
import { ServerProcess } from '../apiserver/server-process.ts';
import { BenchError } from './bench-error.ts';
import { formatLimit, type Limit } from './limit.ts';
import { describeMachine } from './machine.ts';
import { runInOwnNamespace } from './own-namespace.ts';
import { readUsage } from './process-usage.ts';
import { formatSpread, spreadOf } from './spread.ts';

const limitMs = 5000;
const giveUpMs = 60_000;
const writers = 50;
const agentNode = 'node-0';
const program = join(import.meta.dirname, '../../src/main.ts');

const nodes: Collection = { group: 'cilium.io', version: 'v2', plural: 'ciliumnodes', namespace: undefined };
const policies: Collection = {
  group: 'cilium.io',
  version: 'v2alpha1',
  plural: 'ciliumbgppeeringpolicies',
  namespace: undefined,
};
const collections: readonly Collection[] = [
  policies,
  nodes,
  { group: '', version: 'v1', plural: 'nodes', namespace: undefined },
  { group: '', version: 'v1', plural: 'secrets', namespace: 'kube-system' },
];

function ciliumNode(index: number): KubeObject {
  const octets = `${(index >> 8) & 255}.${index & 255}`;
  return {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNode',
    metadata: { name: `node-${index}`, labels: { rack: `rack-${index % 40}`, 'kubernetes.io/os': 'linux' } },
    spec: {
      addresses: [{ type: 'InternalIP', ip: `10.1.${octets}` }],
      ipam: { podCIDRs: [`10.${128 + (index >> 8)}.${index & 255}.0/24`] },
    },
  };
}

const policy: KubeObject = {
  apiVersion: 'cilium.io/v2alpha1',
  kind: 'CiliumBGPPeeringPolicy',
  metadata: { name: 'bench' },
  spec: {
    virtualRouters: [
      { localASN: 64900, exportPodCIDR: true, neighbors: [{ peerAddress: '127.0.0.2/32', peerASN: 64901 }] },
    ],
  },
};

async function main(args: readonly string[]): Promise<number> {
  const inside = await runInOwnNamespace(import.meta.filename, args);
  if (inside !== undefined) return inside;
  const { values } = parseArgs({
    args: [...args],
    options: { nodes: { type: 'string', default: '5000' }, runs: { type: 'string', default: '5' } },
  });
  const [count, runs] = [Number(values.nodes), Number(values.runs)];
  const endings: (() => Promise<void>)[] = [];
  try {
    const server = new ServerProcess({ teardown: (end) => void endings.push(end) });
    await server.start();
    await fill(server.kubeconfig, count);
    const informed: number[] = [];
    for (let run = 0; run < runs; run++) informed.push(await measureInformers(server.kubeconfig, count));
    const kubeconfig = join(server.home, 'agent.kubeconfig');
    writeFileSync(kubeconfig, await server.kubeconfigOf('agent', `waggle:agent:${agentNode}`), { mode: 0o600 });
    const agents: AgentRun[] = [];
    for (let run = 0; run < runs; run++) agents.push(await measureAgent(kubeconfig));
    const limits = [
      judge('every CiliumNode is known to informers', informed),
      judge(
        'an agent is in force',
        agents.map(({ ms }) => ms),
      ),
    ];
    const memory = formatSpread(spreadOf(agents.map(({ rssBytes }) => rssBytes / 2 ** 20)), 0);
    process.stdout.write(
      `${count} CiliumNodes, ${runs} runs, median (least–most); ${describeMachine()}\n` +
        `${limits.map(formatLimit).join('\n')}\nmemory of the agent ${memory} MiB\n`,
    );
    return limits.every(({ isMet }) => isMet === true) ? 0 : 1;
  } finally {
    for (const end of endings) await end();
  }
}

function judge(what: string, times: readonly number[]): Limit {
  const spread = spreadOf(times.map((ms) => ms / 1000));
  const claim = `${what} within ${limitMs / 1000} s`;
  return { claim, measured: `${formatSpread(spread, 2)} s`, isMet: spread.median * 1000 < limitMs };
}

async function fill(kubeconfig: string, count: number): Promise<void> {
  const rate = { perSecond: 1e6, burst: 1e6 };
  const cluster = await openCluster({ type: 'kubeconfig', file: kubeconfig }, 'waggle-bench', { rate });
  let next = 0;
  const write = async (): Promise<void> => {
    while (next < count) await cluster.create(nodes, ciliumNode(next++), { fieldManager: 'waggle-bench' });
  };
  try {
    await Promise.all(Array.from({ length: writers }, write));
    await cluster.create(policies, policy, { fieldManager: 'waggle-bench' });
  } finally {
    cluster.close();
  }
}

/** Milliseconds. Throws when an informer does not have what there is. */
async function measureInformers(kubeconfig: string, count: number): Promise<number> {
  const begunMs = performance.now();
  const cluster = await openCluster({ type: 'kubeconfig', file: kubeconfig }, 'waggle-agent');
  const informers = collections.map((collection) => new Informer(collection, cluster, { changed: () => {} }));
  try {
    await Promise.all(informers.map((informer) => informer.start()));
    const tookMs = performance.now() - begunMs;
    const known = informers[collections.indexOf(nodes)].cache.size;
    if (known !== count) throw new BenchError(`${known} of ${count} CiliumNodes are known`);
    return tookMs;
  } finally {
    await Promise.all(informers.map((informer) => informer.close()));
    cluster.close();
  }
}

interface AgentRun {
  /** From exec until `/healthz` is 200. */
  readonly ms: number;
  readonly rssBytes: number;
}

async function measureAgent(kubeconfig: string): Promise<AgentRun> {
  const home = mkdtempSync(join(tmpdir(), 'waggle-bench-agent-'));
  const directories = ['--run-dir', join(home, 'run'), '--state-dir', join(home, 'state')];
  const words = [program, 'agent', '--kubeconfig', kubeconfig, '--node-name', agentNode, ...directories];
  const begunMs = performance.now();
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  try {
    while (!(await isHealthy())) {
      if (child.exitCode !== null || performance.now() - begunMs > giveUpMs) {
        throw new BenchError('the agent is not in force', output);
      }
      await sleep(5);
    }
    const ms = performance.now() - begunMs;
    // Its own node and the policy are what it acts on, and it says so.
    if (!/"policy bench"/.test(output)) throw new BenchError('the policy is not in force', output);
    return { ms, rssBytes: readUsage(child.pid ?? 0).rssBytes };
  } finally {
    if (child.exitCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    rmSync(home, { recursive: true, force: true });
  }
}

async function isHealthy(): Promise<boolean> {
  try {
    return (await fetch('http://127.0.0.1:9879/healthz')).status === 200;
  } catch {
    return false;
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const text = error instanceof BenchError ? `${error.message}\n${error.details}` : String(error);
  process.stderr.write(`bench: ${text}\n`);
  process.exitCode = 2;
}
