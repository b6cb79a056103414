// How many network policies a cluster has, counted over the embedded API, and what `waggle status` makes of it.

import { setTimeout as pause } from 'node:timers/promises';
import test from 'ava';
import { describePolicies } from '#agent/agent-status.ts';
import { InProcessCluster } from '#kube/cluster/in-process-cluster.ts';
import { coverages } from '#kube/notices/table.ts';
import { PolicyCount, policyKinds } from '#kube/notices/policy-kinds.ts';
import { openEmbedded } from '../examples/apply-documents.ts';

test('the kinds that are counted are those that the table calls policies', (t) => {
  const inTable = Object.entries(coverages).flatMap(([key, { type }]) => (type === 'policy' ? [key] : []));
  t.deepEqual(policyKinds.map(({ group, plural }) => `${group}/${plural}`).toSorted(), inTable.toSorted());
});

test('policies of every kind and namespace are counted, and none once they are gone', async (t) => {
  const { api } = await openEmbedded(t);
  const cluster = new InProcessCluster(api, { user: 'test', groups: ['system:masters'] });
  const count = new PolicyCount(cluster);
  t.teardown(() => count.stop());
  count.start();
  const write = { fieldManager: 'test' };
  const rules = { ingress: [{}] };
  const [cnp, ccnp, plain] = policyKinds;
  const make = (kind: string, apiVersion: string, spec: object) => ({
    apiVersion,
    kind,
    metadata: { name: 'a' },
    spec: { ...spec },
  });
  const names = { cnp: make('CiliumNetworkPolicy', 'cilium.io/v2', { endpointSelector: {}, ...rules }) };
  await cluster.create({ ...cnp, namespace: 'default' }, names.cnp, write);
  const clusterwide = make('CiliumClusterwideNetworkPolicy', 'cilium.io/v2', { nodeSelector: {}, ...rules });
  await cluster.create(ccnp, clusterwide, write);
  const networking = make('NetworkPolicy', 'networking.k8s.io/v1', { podSelector: {} });
  await cluster.create({ ...plain, namespace: 'default' }, networking, write);
  const until = async (expected: number): Promise<void> => {
    for (let tries = 0; tries < 200 && count.stored !== expected; tries++) await pause(25);
    t.is(count.stored, expected);
  };
  await until(3);
  await cluster.delete({ ...ccnp, name: 'a' }, {});
  await until(2);
});

test('the status counts policies that are stored and not enforced, and is silent where there are none', (t) => {
  t.deepEqual(describePolicies(0), []);
  t.deepEqual(describePolicies(3), [{ component: 'policies', state: 'warning', message: '3 stored, none enforced' }]);
});
