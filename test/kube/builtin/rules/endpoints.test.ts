// Endpoints, slices of them, leases, events and nodes: defaults, and what is refused in which words.

import test from 'ava';
import type { JsonObject } from '#kube/api/object.ts';
import { specOf, writeObject } from './write-object.ts';

const slice = 'discovery.k8s.io/EndpointSlice';
const lease = 'coordination.k8s.io/Lease';
const inWeb = { metadata: { namespace: 'web' } };
const newer = {
  eventTime: '2026-11-23T12:00:00.000000Z',
  reportingComponent: 'example.com/controller',
  reportingInstance: 'a',
  action: 'b',
  reason: 'c',
  involvedObject: { namespace: 'web' },
  ...inWeb,
};

const events = 'events.k8s.io/Event';
const strict = {
  eventTime: '2026-11-23T12:00:00.000000Z',
  reportingController: 'example.com/controller',
  reportingInstance: 'a',
  action: 'b',
  reason: 'c',
  type: 'Normal',
  regarding: { namespace: 'web' },
  ...inWeb,
};

test('ports of endpoints speak TCP', (t) => {
  const subsets = [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }];
  t.like(writeObject('/Endpoints', { subsets }).object, { subsets: [{ ports: [{ port: 80, protocol: 'TCP' }] }] });
  t.like(writeObject(slice, { addressType: 'IPv4', ports: [{ port: 80 }] }).object, {
    ports: [{ port: 80, protocol: 'TCP', name: '' }],
  });
});

for (const [kind, fields, faults] of [
  ['/Endpoints', {}, []],
  ['/Endpoints', { subsets: [{}] }, ['subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`']],
  [
    '/Endpoints',
    {
      subsets: [
        {
          addresses: [{ ip: 'x' }],
          notReadyAddresses: [{ ip: '127.0.0.1' }],
          ports: [{ port: 0 }, { name: 'b', port: 1 }],
        },
      ],
    },
    [
      'subsets[0].addresses[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'subsets[0].notReadyAddresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'subsets[0].ports[0].name: Required value',
      'subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
    ],
  ],
  [slice, { endpoints: [] }, ['addressType: Required value']],
  [slice, { addressType: 'MAC' }, ['addressType: Unsupported value: "MAC": supported values: "FQDN", "IPv4", "IPv6"']],
  [slice, { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'] }], ports: [] }, []],
  [
    slice,
    { addressType: 'IPv4', endpoints: [{ addresses: ['fd00::1'] }, { addresses: ['169.254.1.1'] }, {}] },
    [
      'endpoints[0].addresses[0]: Invalid value: "fd00::1": must be a valid IPv4 address',
      'endpoints[1].addresses[0]: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
      'endpoints[2].addresses: Required value: must contain at least 1 address',
    ],
  ],
  [
    slice,
    { addressType: 'IPv6', endpoints: [{ addresses: ['10.0.0.1'] }] },
    ['endpoints[0].addresses[0]: Invalid value: "10.0.0.1": must be a valid IPv6 address'],
  ],
  [slice, { addressType: 'FQDN', endpoints: [{ addresses: ['a.example.'] }] }, []],
  [
    slice,
    { addressType: 'FQDN', endpoints: [{ addresses: ['a'] }] },
    ['endpoints[0].addresses[0]: Invalid value: "a": should be a domain with at least two segments separated by dots'],
  ],
  [
    slice,
    { addressType: 'IPv4', endpoints: Array.from({ length: 1_001 }, () => ({ addresses: ['10.0.0.1'] })) },
    ['endpoints: Too many: 1001: must have at most 1000 items'],
  ],
  [
    slice,
    { addressType: 'IPv4', ports: [{ name: 'a' }, { name: 'a', protocol: 'X' }] },
    [
      'ports[1].name: Duplicate value: "a"',
      'ports[1].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
    ],
  ],
  [lease, { spec: { leaseDurationSeconds: 15, leaseTransitions: 0, holderIdentity: 'a' } }, []],
  [
    lease,
    { spec: { leaseDurationSeconds: 0, leaseTransitions: -1, preferredHolder: 'b' } },
    [
      'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
      'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
      'spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined',
    ],
  ],
  ['/Event', { involvedObject: { namespace: 'web' }, ...inWeb }, []],
  [
    '/Event',
    { involvedObject: { namespace: 'other' }, ...inWeb },
    ['involvedObject.namespace: Invalid value: "other": does not match event.namespace'],
  ],
  [
    '/Event',
    { involvedObject: {}, ...inWeb },
    ['involvedObject.namespace: Invalid value: "": does not match event.namespace'],
  ],
  ['/Event', { involvedObject: { kind: 'Node' }, metadata: { namespace: 'default' } }, []],
  ['/Event', newer, []],
  ['/Event', { ...newer, action: '' }, ['action: Required value']],
  ['/Event', { ...newer, reason: 'x'.repeat(129) }, ['reason: Invalid value: "": can have at most 128 characters']],
  [
    '/Event',
    { ...newer, message: 'x'.repeat(1_025) },
    ['message: Invalid value: "": can have at most 1024 characters'],
  ],
  [events, strict, []],
  [
    events,
    {
      ...strict,
      type: 'Loud',
      deprecatedCount: 2,
      deprecatedSource: {},
      deprecatedLastTimestamp: '2026-11-23T12:00:00Z',
    },
    [
      'type: Invalid value: "": has invalid value: Loud',
      'lastTimestamp: Invalid value: "": needs to be unset',
      'count: Invalid value: "": needs to be unset',
    ],
  ],
  [
    events,
    { ...strict, eventTime: undefined, series: { count: 1 } },
    [
      'series.count: Invalid value: "": should be at least 2',
      'series.lastObservedTime: Required value',
      'eventTime: Required value',
    ],
  ],
  [
    '/Node',
    {
      spec: {
        taints: [
          { key: 'a', effect: 'NoSchedule' },
          { key: 'a', effect: 'NoSchedule' },
          { key: 'b', effect: 'Never' },
          { key: 'c' },
        ],
      },
    },
    [
      'metadata.taints[1]: Duplicate value: {"key":"a","effect":"NoSchedule"}: taints must be unique by key and effect pair',
      'metadata.taints[2].effect: Unsupported value: "Never": supported values: "NoExecute", "NoSchedule", "PreferNoSchedule"',
      'metadata.taints[3].effect: Required value',
    ],
  ],
  [
    '/Node',
    { spec: { podCIDRs: ['10.0.1.0/24', '10.0.2.0/24'] } },
    [
      'spec.podCIDRs: Invalid value: ["10.0.1.0/24","10.0.2.0/24"]: may specify no more than one CIDR for each IP family',
    ],
  ],
  [
    '/Node',
    { spec: { podCIDR: '10.0.0.0/33' } },
    ['spec.podCIDRs[0]: Invalid value: "10.0.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'],
  ],
] satisfies readonly (readonly [string, JsonObject, readonly string[]])[]) {
  test(`${kind} ${JSON.stringify(fields).slice(0, 100)}: ${faults.join('; ').slice(0, 80) || 'good'}`, (t) => {
    t.deepEqual(writeObject(kind, fields).faults, faults);
  });
}

test('the type of a slice stays', (t) => {
  const before = writeObject(slice, { addressType: 'IPv4' }).object;
  t.deepEqual(writeObject(slice, { addressType: 'IPv6' }, before).faults, [
    'addressType: Invalid value: "IPv6": field is immutable',
  ]);
});

test('a node gets its prefix and its provider once, and has at hand what it has', (t) => {
  const before = writeObject('/Node', { spec: { podCIDR: '10.0.1.0/24', providerID: 'a://1' } }).object;
  t.deepEqual(specOf(before)['podCIDRs'], ['10.0.1.0/24']);
  t.deepEqual(writeObject('/Node', { spec: { podCIDR: '10.0.2.0/24', providerID: 'a://2' } }, before).faults, [
    'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
    'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
  ]);
  const capacity = { cpu: '4', memory: '8Gi' };
  t.like(writeObject('/Node', { spec: {}, status: { capacity } }).object, {
    status: { capacity, allocatable: capacity },
  });
});

test('an event of the newer group is what it was, but for its series', (t) => {
  const before = writeObject(events, strict).object;
  const series = { count: 2, lastObservedTime: '2026-11-23T12:01:00.000000Z' };
  t.deepEqual(writeObject(events, { ...strict, series }, before).faults, []);
  t.deepEqual(writeObject(events, { ...strict, note: 'other' }, before).faults, [
    'message: Invalid value: "other": field is immutable',
  ]);
});
