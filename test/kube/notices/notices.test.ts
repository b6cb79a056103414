// What a writer is told of what nothing acts on: by kind, by field, and never twice for nothing. The tables are held against the
// definitions, so that no field of ours is forgotten.

import test from 'ava';
import { joinLocalNode } from '#control/bgp/local-node.ts';
import { desiredBgp } from '#control/bgp/peering-policy.ts';
import { formatFieldPath } from '#control/yaml/field-path.ts';
import type { JsonObject, KubeObject } from '#kube/api/object.ts';
import type { OpenApiSchema } from '#kube/api/openapi-schema.ts';
import { builtinKinds } from '#kube/builtin/kinds.ts';
import { listIdleFields } from '#kube/notices/idle-fields.ts';
import { listWarnings, noticeOf } from '#kube/notices/notices.ts';
import { coverages } from '#kube/notices/table.ts';
import { ciliumKinds } from '#kube/crds/index.ts';

const kindOf = (plural: string, kind: string, group = 'cilium.io', version = 'v2') => ({
  group,
  version,
  plural,
  kind,
});
const object = (kind: string, spec: JsonObject, metadata: JsonObject = {}): KubeObject => ({
  apiVersion: 'cilium.io/v2',
  kind,
  metadata: { name: 'a', ...metadata },
  spec,
});
const peering = kindOf('ciliumbgppeeringpolicies', 'CiliumBGPPeeringPolicy', 'cilium.io', 'v2alpha1');
const neighbor = { peerAddress: '192.0.2.1/32', peerASN: 64_500 };
const policyWith = (router: JsonObject, peer: JsonObject = {}): KubeObject =>
  object('CiliumBGPPeeringPolicy', {
    nodeSelector: { matchLabels: { rack: 'a' } },
    virtualRouters: [{ localASN: 64_512, exportPodCIDR: true, neighbors: [{ ...neighbor, ...peer }], ...router }],
  });

test('every kind of ours has a row, and every row is of a kind that is served', (t) => {
  const custom = ciliumKinds.map(({ spec }) => `cilium.io/${spec.names.plural}`);
  t.is(custom.length, 23);
  for (const key of custom) t.true(Object.hasOwn(coverages, key), key);
  const known = new Set([...custom, ...builtinKinds.map(({ group, plural }) => `${group}/${plural}`)]);
  for (const key of Object.keys(coverages)) t.true(known.has(key), key);
});

test('every field that is acted on stands in the definition of its kind', (t) => {
  let looked = 0;
  for (const { spec } of ciliumKinds) {
    const coverage = coverages[`cilium.io/${spec.names.plural}`];
    if (coverage.type !== 'fields') continue;
    for (const { path } of coverage.acted) {
      let schema: OpenApiSchema | undefined = spec.versions[0].schema.openAPIV3Schema;
      for (const step of path.replaceAll('[]', '.[]').split('.')) {
        schema = step === '[]' ? schema?.items : schema?.properties?.[step];
      }
      t.not(schema, undefined, path);
      looked++;
    }
  }
  t.is(looked, 21);
});

test('of a peering policy that the agent can do nothing is said', (t) => {
  const whole = policyWith(
    { serviceAdvertisements: ['LoadBalancerIP'] },
    {
      peerPort: 179,
      eBGPMultihopTTL: 2,
      connectRetryTimeSeconds: 12,
      holdTimeSeconds: 9,
      keepAliveTimeSeconds: 3,
      authSecretRef: 'secret',
      gracefulRestart: { enabled: true, restartTimeSeconds: 60 },
      families: [{ afi: 'ipv4', safi: 'unicast' }],
      advertisedPathAttributes: [
        { selectorType: 'PodCIDR', selector: {}, localPreference: 200, communities: { standard: ['64512:1'] } },
      ],
    },
  );
  t.deepEqual(listWarnings(peering, whole, undefined), []);
  t.is(noticeOf(peering, whole), undefined);
});

test('the fields of a peering policy that the agent refuses are named with their place', (t) => {
  const idle = policyWith(
    { serviceSelector: {}, podIPPoolSelector: { matchLabels: {} }, serviceAdvertisements: ['ClusterIP'] },
    {
      families: [{ afi: 'l2vpn', safi: 'evpn' }],
      advertisedPathAttributes: [{ selectorType: 'CiliumPodIPPool' }],
    },
  );
  const fields = [
    'spec.virtualRouters[0].neighbors[0].families[0].afi: "l2vpn"',
    'spec.virtualRouters[0].neighbors[0].families[0].safi: "evpn"',
    'spec.virtualRouters[0].neighbors[0].advertisedPathAttributes[0].selectorType: "CiliumPodIPPool"',
    'spec.virtualRouters[0].serviceSelector',
    'spec.virtualRouters[0].podIPPoolSelector',
    'spec.virtualRouters[0].serviceAdvertisements: ["ClusterIP"]',
  ];
  t.deepEqual(
    listWarnings(peering, idle, undefined),
    fields.map((field) => `CiliumBGPPeeringPolicy ${field}: stored, and nothing acts on it yet`),
  );
  t.deepEqual(noticeOf(peering, idle), {
    reason: 'NotActedOn',
    message: `Stored, and nothing acts on it yet: ${fields.join(', ')}`,
  });
});

test('a kind that nothing acts on is one warning, however many fields it has', (t) => {
  const kind = kindOf('ciliumbgpclusterconfigs', 'CiliumBGPClusterConfig');
  const config = object('CiliumBGPClusterConfig', { nodeSelector: {}, bgpInstances: [{ name: 'a' }, { name: 'b' }] });
  t.deepEqual(listWarnings(kind, config, undefined), ['CiliumBGPClusterConfig is stored and nothing acts on it yet']);
  t.is(noticeOf(kind, config)?.reason, 'NotActedOn');
});

test('a write that leaves the spec as it was is no reason to say anything', (t) => {
  const kind = kindOf('ciliumnetworkpolicies', 'CiliumNetworkPolicy');
  const before = object('CiliumNetworkPolicy', { endpointSelector: {} });
  t.deepEqual(listWarnings(kind, { ...before, metadata: { name: 'a', labels: { x: 'y' } } }, before), []);
  t.deepEqual(listWarnings(kind, { ...before, status: { conditions: [] } }, before), []);
  const words = ['CiliumNetworkPolicy is stored and not enforced yet: traffic passes as if it were not there'];
  t.deepEqual(listWarnings(kind, before, undefined), words);
  t.deepEqual(listWarnings(kind, object('CiliumNetworkPolicy', { description: 'b' }), before), words);
});

test('a Deployment is said to be stored, not run, when it is made and not again', (t) => {
  const kind = kindOf('deployments', 'Deployment', 'apps', 'v1');
  const before = object('Deployment', { replicas: 1 });
  t.deepEqual(listWarnings(kind, before, undefined), [
    'apps/v1 Deployment is stored, not run: no controller makes Pods of it',
  ]);
  t.deepEqual(listWarnings(kind, object('Deployment', { replicas: 2 }), before), []);
  // Of a real cluster's Deployments it would be a lie.
  t.is(noticeOf(kind, before), undefined);
});

test('of kinds that agents write no Event is told, and of kinds outside the table nothing at all', (t) => {
  const endpoint = kindOf('ciliumendpoints', 'CiliumEndpoint');
  t.is(noticeOf(endpoint, object('CiliumEndpoint', {})), undefined);
  t.is(listWarnings(endpoint, object('CiliumEndpoint', {}), undefined).length, 1);
  const map = kindOf('configmaps', 'ConfigMap', '', 'v1');
  t.deepEqual(listWarnings(map, object('ConfigMap', {}), undefined), []);
  t.is(noticeOf(map, object('ConfigMap', {})), undefined);
  // What every object inherits is no row.
  t.deepEqual(listWarnings(kindOf('constructor', 'Constructor'), object('Constructor', {}), undefined), []);
});

test('very many fields are told in part, in at most the 1,024 octets of an Event', (t) => {
  const routers = Array.from({ length: 3_000 }, () => ({ localASN: 1, serviceSelector: {}, ['x'.repeat(500)]: 1 }));
  const kind = object('CiliumBGPPeeringPolicy', { virtualRouters: routers });
  const warnings = listWarnings(peering, kind, undefined);
  t.is(warnings.length, 9);
  t.regex(warnings[8], /and 5992 more fields/);
  t.true((noticeOf(peering, kind)?.message.length ?? 9_999) <= 1_024);
});

test('a value of the wrong shape is named, not walked', (t) => {
  const acted = [{ path: 'spec.a[].b' }];
  t.deepEqual(listIdleFields(object('X', { a: 'text', c: null }), acted), ['spec.a', 'spec.c']);
  t.deepEqual(listIdleFields({ apiVersion: 'v1', kind: 'X', metadata: {} }, acted), []);
});

test('what the agent refuses as not supported is what the table has no row for', (t) => {
  const node = joinLocalNode('a', undefined, {
    labels: { rack: 'a' },
    annotations: {},
    podCIDR: undefined,
    podCIDRs: ['10.244.1.0/24'],
    addresses: [{ type: 'InternalIP', address: '192.0.2.9' }],
  });
  if (node === undefined) return t.fail('no node');
  const timers = { connectRetryTimeSeconds: 120, holdTimeSeconds: 90, keepAliveTimeSeconds: 30 };
  const peer = {
    ...neighbor,
    ...timers,
    peerPort: 179,
    eBGPMultihopTTL: 1,
    families: [{ afi: 'l2vpn', safi: 'evpn' }],
    advertisedPathAttributes: [{ selectorType: 'CiliumPodIPPool' }, { selectorType: 'PodCIDR' }],
  };
  const router = {
    localASN: 64_512,
    exportPodCIDR: true,
    neighbors: [peer],
    serviceSelector: {},
    podIPPoolSelector: {},
    serviceAdvertisements: ['ClusterIP'],
  };
  const spec = { virtualRouters: [router] };
  const { problems } = desiredBgp([{ name: 'a', creationTimestamp: '2026-11-23T00:00:00Z', spec }], node);
  const refused = problems.filter(({ reason }) => reason === 'unsupported').map(({ path }) => formatFieldPath(path));
  const coverage = coverages['cilium.io/ciliumbgppeeringpolicies'];
  if (coverage.type !== 'fields') return t.fail('no fields');
  const idle = listIdleFields(object('CiliumBGPPeeringPolicy', spec), coverage.acted);
  // The agent refuses a family as a whole.
  const paths = new Set(idle.map((field) => field.split(': ')[0].replace(/\.(afi|safi)$/, '')));
  t.deepEqual([...paths].toSorted(), refused.toSorted());
  t.is(refused.length, 5);
});
