// `npm run bench:informers`: the informers of an agent (policies, CiliumNodes, Nodes, Secrets) against a real `waggle apiserver`
// over HTTPS, at the rate that agents keep, from opening the cluster until every object is known. Exit code 1 when that takes too long.

import { parseArgs } from 'node:util';
import type { KubeObject } from '#kube/api/object.ts';
import type { Collection } from '#kube/cluster/cluster.ts';
import { Informer } from '#kube/cluster/informer.ts';
import { openCluster } from '#kube/cluster/open-cluster.ts';
import { ServerProcess } from '../apiserver/server-process.ts';
import { describeMachine } from './machine.ts';

const limitMs = 5000;
const writers = 50;

const nodes: Collection = { group: 'cilium.io', version: 'v2', plural: 'ciliumnodes', namespace: undefined };
const collections: readonly Collection[] = [
  { group: 'cilium.io', version: 'v2alpha1', plural: 'ciliumbgppeeringpolicies', namespace: undefined },
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

async function main(args: readonly string[]): Promise<number> {
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
    const times: number[] = [];
    for (let run = 0; run < runs; run++) times.push(await measure(server.kubeconfig, count));
    times.sort((a, b) => a - b);
    const median = times[Math.floor(runs / 2)];
    const isMet = median < limitMs;
    process.stdout.write(
      `${count} CiliumNodes known after ${Math.round(median)} ms (${Math.round(times[0])}–${Math.round(times[runs - 1])}), ` +
        `${runs} runs; ${describeMachine()}\n${isMet ? 'PASS' : 'FAIL'}: under ${limitMs} ms\n`,
    );
    return isMet ? 0 : 1;
  } finally {
    for (const end of endings) await end();
  }
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
  } finally {
    cluster.close();
  }
}

/** Milliseconds. Throws when an informer does not have what there is. */
async function measure(kubeconfig: string, count: number): Promise<number> {
  const begunMs = performance.now();
  const cluster = await openCluster({ type: 'kubeconfig', file: kubeconfig }, 'waggle-agent');
  const informers = collections.map((collection) => new Informer(collection, cluster, { changed: () => {} }));
  try {
    await Promise.all(informers.map((informer) => informer.start()));
    const tookMs = performance.now() - begunMs;
    const known = informers[collections.indexOf(nodes)].cache.size;
    if (known !== count) throw new Error(`${known} of ${count} CiliumNodes are known`);
    return tookMs;
  } finally {
    await Promise.all(informers.map((informer) => informer.close()));
    cluster.close();
  }
}

process.exitCode = await main(process.argv.slice(2));
