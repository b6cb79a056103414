// Whatever is sent, and whatever was stored before: rules answer or throw ApiError, columns answer, and what was written once is written
// again unchanged.

import test from 'ava';
import fc from 'fast-check';
import { ApiError } from '#kube/api/api-error.ts';
import type { Json, JsonObject, KubeObject } from '#kube/api/object.ts';
import { isSameJson } from '#kube/api/same-json.ts';
import { builtinColumns } from '#kube/builtin/columns/index.ts';
import { rulesOf } from '#kube/builtin/rules/index.ts';
import { AddressRange, allocateService, defaultPorts } from '#kube/builtin/services/index.ts';

const runs = 200;

/** Fields that code looks at, so that values get where it looks. */
const names = `
  spec status metadata name kind type data stringData binaryData immutable template containers initContainers
  image ports port containerPort hostPort protocol nodePort selector matchLabels matchExpressions key operator
  values labels annotations replicas strategy updateStrategy rollingUpdate maxSurge maxUnavailable volumes
  volumeMounts env clusterIP clusterIPs ipFamilies ipFamilyPolicy externalIPs externalTrafficPolicy resources
  limits requests cpu rules subjects roleRef subsets addresses endpoints ingress egress from to ipBlock cidr
  except http paths backend service names versions group scope conditions containerStatuses
  initContainerStatuses state terminated series taints tolerations podCIDR podCIDRs providerID capacity
  livenessProbe httpGet lifecycle
`
  .trim()
  .split(/\s+/);
const words = ['', 'a', 'web', 'None', 'NodePort', 'LoadBalancer', 'ExternalName', 'Local', 'ClientIP', 'IPv4', 'IPv6'];
const texts = [...words, 'RequireDualStack', 'RollingUpdate', 'In', '10.96.0.5', 'fd00::5', '10.0.0.0/8', '25%', '1Gi'];

const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'medium', maxDepth: 6, withCrossShrink: true },
    fc.oneof(fc.constant(null), fc.boolean(), fc.integer({ min: -2, max: 70_000 }), fc.constantFrom(...texts)),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...names), tie('tree'), { maxKeys: 6 }),
  ),
}));
const inner = fc.dictionary(fc.constantFrom(...names), tree, { maxKeys: 6 });
const part = fc.oneof({ weight: 4, arbitrary: inner }, { weight: 1, arbitrary: tree });
const list = fc.oneof({ weight: 4, arbitrary: fc.array(part, { maxLength: 3 }) }, { weight: 1, arbitrary: tree });
const fields = fc.record(
  {
    spec: part,
    status: part,
    data: part,
    binaryData: part,
    stringData: part,
    subsets: list,
    endpoints: list,
    ports: list,
    rules: list,
    subjects: list,
    roleRef: part,
    aggregationRule: part,
    involvedObject: part,
    regarding: part,
    series: part,
    source: part,
    type: tree,
    immutable: tree,
    addressType: tree,
    eventTime: tree,
  },
  { requiredKeys: [] },
);

function toObject(kind: string, rest: JsonObject): KubeObject {
  return { ...rest, apiVersion: 'v1', kind, metadata: { name: 'x', namespace: 'default' } };
}

/** undefined: it was refused in a way that clients understand. */
function tryWrite(write: () => KubeObject): KubeObject | undefined {
  try {
    return write();
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

const range = AddressRange.parse('10.96.0.0/16');
const ranges = { addresses: range === undefined ? [] : [range], ports: defaultPorts };

function allocateAlone(service: KubeObject, before: KubeObject | undefined): KubeObject {
  return allocateService(service, before, { addresses: new Set(), ports: new Set() }, ranges, () => 0);
}

const kinds = [...builtinColumns.keys()];

for (const key of kinds) {
  test(`${key}: any object, in the place of any other`, (t) => {
    const [group, kind] = key.split('/');
    const rules = rulesOf({ group, kind, schema: undefined }, allocateAlone);
    let tried = 0;
    fc.assert(
      fc.property(fields, fields, (one, other) => {
        tried++;
        const before = tryWrite(() => rules.prepare(toObject(kind, one), undefined));
        if (before === undefined) return;
        for (const { read } of builtinColumns.get(key) ?? []) read(before, 0);
        rules.validate(before, undefined);
        const after = tryWrite(() => rules.prepare(toObject(kind, other), before));
        if (after !== undefined) rules.validate(after, before);
      }),
      { numRuns: runs },
    );
    t.is(tried, runs);
  });
}

test('every kind with columns was tried', (t) => {
  t.true(kinds.length >= 24, kinds.join(' '));
});

const containers = [
  {
    name: 'web',
    image: 'nginx',
    ports: [{ containerPort: 80 }],
    livenessProbe: { httpGet: { port: 80 } },
    resources: { limits: { cpu: '1' } },
    env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
  },
];
const volumes = [{ name: 'a' }, { name: 'b', projected: { sources: [{ downwardAPI: { items: [] } }] } }];
const template = { metadata: { labels: { app: 'web' } }, spec: { containers, volumes } };
const selector = { matchLabels: { app: 'web' } };
const ports = [{ port: 80 }];
for (const [key, one] of [
  ['/Pod', { spec: { containers, volumes, serviceAccountName: 'a', hostNetwork: true } }],
  ['/Service', { spec: { ports } }],
  ['/Service', { spec: { clusterIP: 'None' } }],
  ['/Service', { spec: { type: 'NodePort', ports, sessionAffinity: 'ClientIP' } }],
  ['/Service', { spec: { type: 'LoadBalancer', ports, externalTrafficPolicy: 'Local' } }],
  ['/Service', { spec: { type: 'ExternalName', externalName: 'a.b' } }],
  ['/Secret', { stringData: { a: 'b' } }],
  ['/Namespace', {}],
  ['/Node', { spec: { podCIDR: '10.0.0.0/24' }, status: { capacity: { cpu: '1' } } }],
  ['apps/Deployment', { spec: { selector, template } }],
  ['apps/StatefulSet', { spec: { selector, template } }],
  ['apps/DaemonSet', { spec: { selector, template } }],
  ['networking.k8s.io/NetworkPolicy', { spec: { egress: [{ ports: [{ port: 53 }] }] } }],
] satisfies readonly (readonly [string, JsonObject])[]) {
  test(`what is good stays as it was written: ${key} ${JSON.stringify(one).slice(0, 60)}`, (t) => {
    const [group, kind] = key.split('/');
    const rules = rulesOf({ group, kind, schema: undefined }, allocateAlone);
    const before = rules.prepare(toObject(kind, one), undefined);
    t.deepEqual(rules.validate(before, undefined), []);
    const again = rules.prepare(before, before);
    t.deepEqual(again, before);
    t.deepEqual(rules.validate(again, before), []);
    // As somebody applies it once more, who says only what he said before.
    const applied = rules.prepare({ ...toObject(kind, one), status: before['status'] }, before);
    t.deepEqual(rules.validate(applied, before), []);
    t.true(isSameJson({ ...applied, metadata: before.metadata }, before));
  });
}
