// What services are given: addresses of a range, ports of nodes; and what is refused. After the Kubernetes documentation, "Service"
// and "IPv4/IPv6 dual-stack". Chance is fixed: the first free number of the upper part.

import test from 'ava';
import { ApiError } from '#kube/api/api-error.ts';
import type { JsonObject, KubeObject } from '#kube/api/object.ts';
import { rulesOf } from '#kube/builtin/rules/index.ts';
import { mapAt } from '#kube/builtin/read-fields.ts';
import {
  AddressRange,
  allocateService,
  defaultAddressRange,
  defaultPorts,
  readTaken,
  ServiceAllocator,
  type ServiceRanges,
} from '#kube/builtin/services/index.ts';

const port = { port: 80 };

function rangesOf(...texts: readonly string[]): ServiceRanges {
  return { addresses: texts.flatMap((text) => AddressRange.parse(text) ?? []), ports: defaultPorts };
}

const single = rangesOf(defaultAddressRange);
const dual = rangesOf(defaultAddressRange, 'fd00:96::/112');

interface World {
  readonly ranges?: ServiceRanges;
  readonly others?: readonly KubeObject[];
  readonly before?: KubeObject;
}

/** As the registry does: defaults, then what is given out. */
function write(spec: JsonObject, { ranges = single, others = [], before }: World = {}): KubeObject {
  const rules = rulesOf({ group: '', kind: 'Service', schema: undefined }, (service, old) =>
    allocateService(service, old, readTaken(others), ranges, () => 0),
  );
  const object = rules.prepare({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' }, spec }, before);
  const causes = rules.validate(object, before);
  if (causes.length > 0)
    throw new ApiError('Invalid', causes.map(({ field, message }) => `${field}: ${message}`).join());
  return object;
}

const specOf = (service: KubeObject): JsonObject => mapAt(service, 'spec');

for (const [what, spec, ranges, given] of [
  [
    'one of the default family',
    { ports: [port] },
    single,
    { clusterIP: '10.96.1.1', clusterIPs: ['10.96.1.1'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
  ],
  [
    'the one that it asks for',
    { ports: [port], clusterIP: '10.96.0.10' },
    single,
    { clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10'] },
  ],
  [
    'two where there are two families',
    { ports: [port], ipFamilyPolicy: 'PreferDualStack' },
    dual,
    { clusterIP: '10.96.1.1', clusterIPs: ['10.96.1.1', 'fd00:96::101'], ipFamilies: ['IPv4', 'IPv6'] },
  ],
  [
    'one where it prefers two and there is one family',
    { ports: [port], ipFamilyPolicy: 'PreferDualStack' },
    single,
    { clusterIPs: ['10.96.1.1'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'PreferDualStack' },
  ],
  [
    'two, the second family first',
    { ports: [port], ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6'] },
    dual,
    { clusterIP: 'fd00:96::101', clusterIPs: ['fd00:96::101', '10.96.1.1'], ipFamilies: ['IPv6', 'IPv4'] },
  ],
  [
    'one of the family of the address that it asks for',
    { ports: [port], clusterIP: 'fd00:96::5' },
    dual,
    { clusterIPs: ['fd00:96::5'], ipFamilies: ['IPv6'], ipFamilyPolicy: 'SingleStack' },
  ],
  [
    'none when it is headless',
    { ports: [port], clusterIP: 'None', selector: { app: 'web' } },
    dual,
    { clusterIP: 'None', clusterIPs: ['None'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
  ],
  [
    'none, and both families, when it is headless and selects nothing',
    { clusterIP: 'None' },
    single,
    { clusterIP: 'None', clusterIPs: ['None'], ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' },
  ],
  [
    'none when it is another name',
    { type: 'ExternalName', externalName: 'a.b' },
    single,
    { clusterIP: undefined, clusterIPs: undefined, ipFamilies: undefined, ipFamilyPolicy: undefined },
  ],
] satisfies readonly (readonly [string, JsonObject, ServiceRanges, JsonObject])[]) {
  test(`a service is given an address: ${what}`, (t) => {
    t.like(specOf(write(spec, { ranges })), given);
  });
}

const other: KubeObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'other' },
  spec: { clusterIPs: ['10.96.1.1', 'fd00:96::5'], ports: [{ nodePort: 30_086 }], healthCheckNodePort: 30_087 },
};

test('what others have is passed over', (t) => {
  t.like(specOf(write({ ports: [port], type: 'NodePort' }, { others: [other] })), {
    clusterIP: '10.96.1.2',
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80, nodePort: 30_088 }],
  });
});

const range = 'The range of valid IPs is 10.96.0.0/16';
const prefix = 'Service "x" is invalid: spec.';
for (const [spec, ranges, message] of [
  [
    { ports: [port], clusterIP: '10.96.1.1' },
    single,
    `${prefix}clusterIPs: Invalid value: ["10.96.1.1"]: failed to allocate IP 10.96.1.1: provided IP is already allocated`,
  ],
  [
    { ports: [port], clusterIP: 'fd00:96:0::0005' },
    dual,
    `${prefix}clusterIPs: Invalid value: ["fd00:96:0::0005"]: failed to allocate IP fd00:96:0::0005: provided IP is already allocated`,
  ],
  ...['10.97.0.1', '10.96.0.0', '10.96.255.255'].map(
    (ip) =>
      [
        { ports: [port], clusterIP: ip },
        single,
        `${prefix}clusterIPs: Invalid value: ["${ip}"]: failed to allocate IP ${ip}: provided IP is not in the valid range. ${range}`,
      ] as const,
  ),
  [
    { ports: [port], clusterIP: 'fd00:96::7' },
    single,
    `${prefix}clusterIPs[0]: Invalid value: ["fd00:96::7"]: IPv6 is not configured on this cluster`,
  ],
  [
    { ports: [port], ipFamilies: ['IPv6'] },
    single,
    `${prefix}ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster`,
  ],
  [
    { ports: [port], ipFamilyPolicy: 'RequireDualStack' },
    single,
    `${prefix}ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services`,
  ],
  [
    { ports: [port], ipFamilies: ['IPv4', 'IPv6'] },
    dual,
    `${prefix}ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified`,
  ],
  [
    { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] },
    single,
    `${prefix}ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767`,
  ],
  [
    { type: 'NodePort', ports: [{ port: 80, nodePort: 30_086 }] },
    single,
    `${prefix}ports[0].nodePort: Invalid value: 30086: provided port is already allocated`,
  ],
  [
    { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30_087, ports: [port] },
    single,
    'failed to allocate requested HealthCheck NodePort 30087: provided port is already allocated',
  ],
] satisfies readonly (readonly [JsonObject, ServiceRanges, string])[]) {
  test(`refused: ${message}`, (t) => {
    const error = t.throws(() => write(spec, { ranges, others: [other] }), { instanceOf: ApiError });
    t.is(error?.message, message);
  });
}

test('a node port for each port, the same for one number over TCP and UDP', (t) => {
  const ports = [
    { name: 'a', port: 53 },
    { name: 'b', port: 53, protocol: 'UDP' },
    { name: 'c', port: 80, nodePort: 30_087 },
    { name: 'd', port: 81 },
  ];
  const { ports: given } = specOf(write({ type: 'NodePort', ports }));
  t.like(given, [{ nodePort: 30_086 }, { nodePort: 30_086 }, { nodePort: 30_087 }, { nodePort: 30_088 }]);
});

test('a balancer that needs no node ports gets none, but for those that are asked for', (t) => {
  const ports = [
    { name: 'a', port: 80 },
    { name: 'b', port: 81, nodePort: 30_500 },
  ];
  const given = mapAt(write({ type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports }), 'spec');
  t.deepEqual(given['ports'], [
    { name: 'a', port: 80, protocol: 'TCP', targetPort: 80 },
    { name: 'b', port: 81, protocol: 'TCP', targetPort: 81, nodePort: 30_500 },
  ]);
});

test('a balancer that asks nodes for their health gets a port for that, and keeps it', (t) => {
  const spec = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', ports: [port] };
  const before = write(spec);
  t.is(specOf(before)['healthCheckNodePort'], 30_087);
  t.is(specOf(write(spec, { before }))['healthCheckNodePort'], 30_087);
  const error = t.throws(() => write({ ...spec, healthCheckNodePort: 30_500 }, { before }), { instanceOf: ApiError });
  t.is(error?.message, `${prefix}healthCheckNodePort: Invalid value: 30500: field is immutable`);
  t.is(specOf(write({ ...spec, externalTrafficPolicy: 'Cluster' }, { before }))['healthCheckNodePort'], undefined);
});

test('a change of type gives and takes', (t) => {
  const named = write({ type: 'ExternalName', externalName: 'a.b' });
  const inside = write({ ports: [port] }, { before: named });
  t.is(specOf(inside)['clusterIP'], '10.96.1.1');
  const open = write({ ...specOf(inside), type: 'NodePort' }, { before: inside });
  t.like(specOf(open), {
    clusterIP: '10.96.1.1',
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80, nodePort: 30_086 }],
  });
  const closed = write({ ...specOf(open), type: 'ClusterIP' }, { before: open });
  t.deepEqual(specOf(closed)['ports'], [{ port: 80, protocol: 'TCP', targetPort: 80 }]);
  const gone = write({ ...specOf(open), type: 'ExternalName', externalName: 'a.b' }, { before: open });
  t.is(specOf(gone)['clusterIP'], undefined);
});

test('a service is raised to two families, and brought back to one', (t) => {
  const before = write({ ports: [port] }, { ranges: dual });
  const raised = write({ ports: [port], ipFamilyPolicy: 'RequireDualStack' }, { ranges: dual, before });
  t.like(specOf(raised), { clusterIPs: ['10.96.1.1', 'fd00:96::101'], ipFamilies: ['IPv4', 'IPv6'] });
  const back = write({ ...specOf(raised), ipFamilyPolicy: 'SingleStack' }, { ranges: dual, before: raised });
  t.like(specOf(back), { clusterIPs: ['10.96.1.1'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' });
});

test('who prefers two families is not moved when the server gets a second range', (t) => {
  const before = write({ ports: [port], ipFamilyPolicy: 'PreferDualStack' }, { ranges: single });
  t.deepEqual(specOf(write(specOf(before), { ranges: dual, before })), specOf(before));
});

test('a range gives every address once, the low ones last, and is full then', (t) => {
  const small = AddressRange.parse('192.0.2.0/27');
  const taken = new Set<string>();
  const order: number[] = [];
  for (;;) {
    const next = small?.next(
      (text) => taken.has(text),
      () => 0,
    );
    if (next === undefined) break;
    taken.add(next);
    order.push(Number(next.split('.')[3]));
  }
  t.deepEqual(order, [
    ...Array.from({ length: 14 }, (_, at) => 17 + at),
    ...Array.from({ length: 16 }, (_, at) => 1 + at),
  ]);
});

test('a full range is the fault of the server, not of the caller', (t) => {
  const addresses = new Set(['192.0.2.1', '192.0.2.2']);
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' }, spec: { type: 'ClusterIP' } };
  const error = t.throws(
    () => allocateService(service, undefined, { addresses, ports: new Set() }, rangesOf('192.0.2.0/30'), () => 0),
    { instanceOf: ApiError },
  );
  t.is(error?.reason, 'InternalError');
  t.is(error?.message, 'failed to allocate a serviceIP: range is full');
});

test('ranges without room are none', (t) => {
  for (const text of ['10.0.0.0/31', '10.0.0.1/32', 'fd00::/127', 'x', '10.0.0.0'])
    t.is(AddressRange.parse(text), undefined);
});

test('two services of one moment get different addresses, and what came to nothing is free again', (t) => {
  let [nowMs, revision] = [0, 1];
  const stored: KubeObject[] = [];
  const deps = { listServices: () => stored, revision: () => revision, nowMs: () => nowMs, pick: () => 0 };
  const allocator = new ServiceAllocator(single, deps);
  const make = (name: string): unknown => {
    const metadata = { namespace: 'n', name };
    const service = { apiVersion: 'v1', kind: 'Service', metadata, spec: { type: 'ClusterIP' } };
    return specOf(allocator.allocate(service, undefined))['clusterIP'];
  };
  const store = (name: string, address: string): void => {
    const metadata = { namespace: 'n', name };
    stored.push({ apiVersion: 'v1', kind: 'Service', metadata, spec: { clusterIPs: [address] } });
    revision++;
  };
  t.is(make('a'), '10.96.1.1');
  t.is(make('b'), '10.96.1.2');
  t.is(make('a'), '10.96.1.1', 'once more, after a conflict');
  store('a', '10.96.1.1');
  t.is(make('c'), '10.96.1.2', 'b was not written with a');
  nowMs = 1_999;
  t.is(make('d'), '10.96.1.3');
  nowMs = 2_000;
  t.is(make('e'), '10.96.1.2', 'nothing was written for long');
  stored.pop();
  revision++;
  t.is(make('f'), '10.96.1.1', 'a is gone');
});
