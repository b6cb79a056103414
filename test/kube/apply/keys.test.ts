// Server-side apply of what a client may send and nobody would write: names that prototypes have, and very long lists.

import test from 'ava';
import { apply } from '#kube/apply/apply.ts';
import { fieldsOf } from '#kube/apply/fields-of.ts';
import { writeFields } from '#kube/apply/fields-v1.ts';
import { track } from '#kube/apply/track.ts';
import type { JsonObject, KubeObject } from '#kube/api/object.ts';
import { customResourceDefinitions } from '#kube/crds/index.ts';
import { toResources } from '#kube/schema/crd-resources.ts';
import { readDefinition } from '#kube/schema/definition.ts';
import { builtinResources } from '#kube/builtin/index.ts';

const configMaps = builtinResources.find(({ kind }) => kind === 'ConfigMap');
const writer = (name: string) => ({ name, subresource: undefined, nowText: '2026-01-01T00:00:00Z' }) as const;
const configMap = (data: JsonObject, finalizers: readonly string[] = []): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c', ...(finalizers.length === 0 ? {} : { finalizers }) },
  data,
});

test('constructor and __proto__ are keys like others: applied, kept by an apply of somebody else, taken away', (t) => {
  if (configMaps === undefined) throw new Error('no ConfigMaps');
  const odd: JsonObject = JSON.parse('{"constructor": "a", "__proto__": "b"}');
  const live = track(undefined, configMap({ k: 'v' }), configMaps, writer('first'));
  const applied = apply(live, configMap(odd), configMaps, writer('one'), false);
  t.deepEqual(applied['data'], JSON.parse('{"k": "v", "constructor": "a", "__proto__": "b"}'));
  const other = apply(applied, configMap({ l: 'w' }), configMaps, writer('two'), false);
  t.deepEqual(other['data'], JSON.parse('{"k": "v", "constructor": "a", "__proto__": "b", "l": "w"}'));
  const gone = apply(other, configMap({}), configMaps, writer('two'), false);
  t.deepEqual(gone['data'], applied['data']);
});

test('a set of 60,000 values takes another value between its own', (t) => {
  if (configMaps === undefined) throw new Error('no ConfigMaps');
  const names = Array.from({ length: 60_000 }, (_, at) => `example.com/f${at}`);
  const live = apply(undefined, configMap({}, names), configMaps, writer('one'), false);
  const applied = apply(live, configMap({}, ['example.com/new', ...names]), configMaps, writer('one'), false);
  t.is(applied.metadata.finalizers?.length, 60_001);
  t.is(applied.metadata.finalizers?.[0], 'example.com/new');
});

test("a pod's addresses have owners one by one, those of its host as a whole", (t) => {
  const pods = builtinResources.find(({ kind }) => kind === 'Pod');
  const status = { podIPs: [{ ip: '10.0.0.7' }], hostIPs: [{ ip: '192.0.2.1' }] };
  const fields = fieldsOf(status, pods?.schema?.properties?.['status']);
  t.deepEqual(writeFields(fields), {
    'f:hostIPs': {},
    'f:podIPs': { 'k:{"ip":"10.0.0.7"}': { '.': {}, 'f:ip': {} } },
  });
});

test('what a create of a Deployment owns has a dot where upstream has one: at maps, lists and structs that may be absent', (t) => {
  const deployments = builtinResources.find(({ kind }) => kind === 'Deployment');
  if (deployments === undefined) throw new Error('no Deployments');
  const container = { name: 'nginx', image: 'nginx', resources: {}, ports: [{ containerPort: 80, protocol: 'TCP' }] };
  const object: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', labels: { app: 'web' } },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [container], securityContext: {}, dnsPolicy: 'ClusterFirst' },
      },
    },
  };
  const tracked = track(undefined, object, deployments, writer('kubectl-create'));
  // As a real cluster shows it after `kubectl create deployment`.
  t.deepEqual(tracked.metadata.managedFields?.[0]?.['fieldsV1'], {
    'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
    'f:spec': {
      'f:replicas': {},
      'f:selector': {},
      'f:strategy': { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {}, 'f:maxUnavailable': {} }, 'f:type': {} },
      'f:template': {
        'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
        'f:spec': {
          'f:containers': {
            'k:{"name":"nginx"}': {
              '.': {},
              'f:image': {},
              'f:name': {},
              'f:ports': {
                '.': {},
                'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {}, 'f:protocol': {} },
              },
              'f:resources': {},
            },
          },
          'f:dnsPolicy': {},
          'f:securityContext': {},
        },
      },
    },
  });
});

test('of a custom kind nothing is there before it is written: its spec and lists have a dot too', (t) => {
  const pools = customResourceDefinitions
    .map((object) => readDefinition(object).definition)
    .flatMap((definition) => (definition === undefined ? [] : toResources(definition)))
    .find(({ kind, version }) => kind === 'CiliumLoadBalancerIPPool' && version === 'v2');
  if (pools === undefined) throw new Error('no pools');
  const object: KubeObject = {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumLoadBalancerIPPool',
    metadata: { name: 'p', finalizers: ['example.com/a'] },
    spec: { blocks: [{ cidr: '192.0.2.0/24' }], serviceSelector: { matchLabels: { a: 'b' } } },
  };
  const tracked = track(undefined, object, pools, writer('kubectl'));
  t.deepEqual(tracked.metadata.managedFields?.[0]?.['fieldsV1'], {
    'f:metadata': { 'f:finalizers': { '.': {}, 'v:"example.com/a"': {} } },
    'f:spec': {
      '.': {},
      'f:blocks': {},
      'f:serviceSelector': {},
    },
  });
});
