// The compliance cases through @kubernetes/client-node's way to a cluster, over HTTPS, against a `waggle apiserver` process.

import test from 'ava';
import type { Cluster } from '#kube/cluster/cluster.ts';
import { openCluster } from '#kube/cluster/open-cluster.ts';
import { ServerProcess } from '../../apiserver/server-process.ts';
import { testCases } from './run-cases.ts';

let server: ServerProcess | undefined;
let cluster: Cluster | undefined;

test.before(async (t) => {
  t.timeout(60_000);
  // A hook has no teardown of its own.
  server = new ServerProcess({ teardown: () => undefined });
  await server.start();
  const source = { type: 'kubeconfig', file: server.kubeconfig } as const;
  cluster = await openCluster(source, 'compliance', { rate: { perSecond: 10_000, burst: 1_000 } });
});

test.after.always('the server has no fault of its own to tell', async (t) => {
  await server?.remove();
  t.notRegex(server?.output ?? '', /"level":(50|60)/);
});

testCases(test, () => {
  if (cluster === undefined) throw new Error('the server did not start');
  return cluster;
});
