// Objects beside our definitions: what upstream's take is taken, what they refuse is refused, at the same field.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parseAllDocuments } from 'yaml';
import type { JsonObject, KubeObject } from '#kube/api/object.ts';
import { ciliumKinds } from '#kube/crds/index.ts';
import { CustomRules } from '#kube/registry/custom-rules.ts';
import { readObject } from '#kube/registry/read-object.ts';
import { isRecord } from '#kube/record.ts';
import { environmentPath, needs } from '#support/skip.ts';

interface Kind {
  readonly rules: CustomRules;
  readonly isNamespaced: boolean;
}

const kinds = new Map<string, Kind>(
  ciliumKinds.flatMap(({ spec }) =>
    spec.versions.map(({ name, schema }) => [
      `cilium.io/${name} ${spec.names.kind}`,
      { rules: new CustomRules(schema.openAPIV3Schema), isNamespaced: spec.scope === 'Namespaced' },
    ]),
  ),
);

interface Verdict {
  readonly object: KubeObject;
  readonly unknown: readonly string[];
  readonly fields: readonly string[];
}

function judge(body: unknown, before?: KubeObject): Verdict {
  const { apiVersion, kind, metadata } = isRecord(body) ? body : {};
  const known = kinds.get(`${String(apiVersion)} ${String(kind)}`);
  if (known === undefined) throw new TypeError(`${String(apiVersion)} ${String(kind)} is not defined`);
  const [group, version] = String(apiVersion).split('/');
  const namespace = isRecord(metadata) && typeof metadata.namespace === 'string' ? metadata.namespace : undefined;
  const read = readObject(body, { group, version, kind: String(kind), isNamespaced: known.isNamespaced }, namespace);
  const { object, unknown } = known.rules.prune(read);
  const prepared = known.rules.prepare(object);
  return { object: prepared, unknown, fields: known.rules.validate(prepared, before).map(({ field }) => field ?? '') };
}

const make = (kind: string, spec: JsonObject, version = 'v2'): JsonObject => ({
  apiVersion: `cilium.io/${version}`,
  kind,
  metadata: { name: 'one' },
  spec,
});
const advertise = (advertisement: JsonObject): JsonObject =>
  make('CiliumBGPAdvertisement', { advertisements: [advertisement] });
const peerAt = (peerAddress: string): JsonObject =>
  make('CiliumBGPClusterConfig', { bgpInstances: [{ name: 'a', peers: [{ name: 'p', peerAddress }] }] });
const community = (sort: string, value: string): JsonObject =>
  advertise({ advertisementType: 'PodCIDR', attributes: { communities: { [sort]: [value] } } });
const gateway = (egressIP: string, destination = '0.0.0.0/0'): JsonObject =>
  make('CiliumEgressGatewayPolicy', {
    destinationCIDRs: [destination],
    selectors: [{}],
    egressGateway: { nodeSelector: {}, egressIP },
  });
const policy = (rules: JsonObject): JsonObject => make('CiliumNetworkPolicy', { endpointSelector: {}, ...rules });
const toPort = (port: string): JsonObject => policy({ egress: [{ toPorts: [{ ports: [{ port }] }] }] });

const taken: readonly (readonly [why: string, object: JsonObject])[] = [
  ['an advertisement of Services', advertise({ advertisementType: 'Service', service: { addresses: ['ClusterIP'] } })],
  ['an IPv4 peer', peerAt('192.0.2.1')],
  ['an IPv6 peer', peerAt('2001:db8::1')],
  ['a link-local peer of an interface', peerAt('fe80::1%eth0')],
  ['an IPv4 address within an IPv6 one', peerAt('::ffff:192.0.2.1')],
  ['a community of one number', community('standard', '4294967295')],
  ['a community of two numbers', community('standard', '65535:65535')],
  ['a large community', community('large', '4294967295:0:1')],
  ['an egress address', gateway('192.0.2.1')],
  ['an empty egress address', gateway('')],
  ['an IPv6 destination', gateway('', '2001:db8::/32')],
  ['a named port', toPort('http-8080')],
  ['a policy of nothing but a denial', policy({ ingressDeny: [{ fromEntities: ['world'] }] })],
  ['an ICMP type by number', policy({ ingress: [{ icmps: [{ fields: [{ type: 8 }] }] }] })],
  ['an ICMP type by name', policy({ ingress: [{ icmps: [{ fields: [{ type: 'EchoRequest' }] }] }] })],
];

for (const [why, object] of taken) {
  test(`${why} is taken: ${JSON.stringify(object['spec'])}`, (t) => {
    const { unknown, fields } = judge(object);
    t.deepEqual([unknown, fields], [[], []]);
  });
}

const instance = 'spec.bgpInstances[0]';
const refused: readonly (readonly [why: string, object: JsonObject, field: string])[] = [
  ['Services without their addresses', advertise({ advertisementType: 'Service' }), 'spec.advertisements[0]'],
  ['a selector of pod prefixes', advertise({ advertisementType: 'PodCIDR', selector: {} }), 'spec.advertisements[0]'],
  ['half an address', peerAt('192.0.2'), `${instance}.peers[0].peerAddress`],
  ['an address too large', peerAt('192.0.2.256'), `${instance}.peers[0].peerAddress`],
  ['a peer as a prefix', peerAt('192.0.2.1/32'), `${instance}.peers[0].peerAddress`],
  ['two runs of zeros', peerAt('2001:db8::1::2'), `${instance}.peers[0].peerAddress`],
  [
    'two instances of a name',
    make('CiliumBGPClusterConfig', { bgpInstances: [{ name: 'a' }, { name: 'a' }] }),
    'spec.bgpInstances[1]',
  ],
  ['AS 0', make('CiliumBGPClusterConfig', { bgpInstances: [{ name: 'a', localASN: 0 }] }), `${instance}.localASN`],
  [
    'a keepalive after the hold time',
    make('CiliumBGPPeerConfig', { timers: { holdTimeSeconds: 9, keepAliveTimeSeconds: 10 } }),
    'spec.timers',
  ],
  [
    'a community too large',
    community('standard', '65536:1'),
    'spec.advertisements[0].attributes.communities.standard[0]',
  ],
  ['a large community too short', community('large', '1:2'), 'spec.advertisements[0].attributes.communities.large[0]'],
  ['an egress address that is none', gateway('192.0.2.300'), 'spec.egressGateway.egressIP'],
  ['a destination without a length', gateway('', '192.0.2.0'), 'spec.destinationCIDRs[0]'],
  ['a port that is no word', toPort('_'), 'spec.egress[0].toPorts[0].ports[0].port'],
  ['an entity that nobody knows', policy({ ingress: [{ fromEntities: ['moon'] }] }), 'spec.ingress[0].fromEntities[0]'],
  ['requirements', policy({ ingress: [{ fromRequires: [''] }] }), 'spec.ingress[0].fromRequires'],
  [
    'an ICMP type of 256',
    policy({ ingress: [{ icmps: [{ fields: [{ type: '256' }] }] }] }),
    'spec.ingress[0].icmps[0].fields[0].type',
  ],
  [
    'a pool prefix that is none',
    make('CiliumLoadBalancerIPPool', { blocks: [{ cidr: '192.0.2.0' }] }),
    'spec.blocks[0].cidr',
  ],
];

for (const [why, object, field] of refused) {
  test(`${why}: refused at ${field}`, (t) => {
    t.true(judge(object).fields.includes(field), JSON.stringify(judge(object).fields));
  });
}

test('a policy without rules, or without one selector, or without specs is refused', (t) => {
  t.not(judge(policy({})).fields.length, 0);
  t.not(judge(policy({ nodeSelector: {}, ingress: [] })).fields.length, 0);
  const { spec: _spec, ...none } = policy({});
  t.not(judge(none).fields.length, 0);
});

test('a mask size may not change', (t) => {
  const pool = (maskSize: number): JsonObject =>
    make('CiliumPodIPPool', { ipv4: { cidrs: ['10.0.0.0/8'], maskSize } }, 'v2alpha1');
  const { object, fields } = judge(pool(24));
  t.deepEqual(fields, []);
  t.deepEqual(judge(pool(24), object).fields, []);
  t.deepEqual(judge(pool(25), object).fields, ['spec.ipv4.maskSize']);
});

test('defaults are upstream’s', (t) => {
  const { spec } = judge(
    make(
      'CiliumBGPPeeringPolicy',
      {
        virtualRouters: [{ localASN: 1, neighbors: [{ peerAddress: '192.0.2.1/32', peerASN: 2 }] }],
      },
      'v2alpha1',
    ),
  ).object;
  t.deepEqual(spec, {
    virtualRouters: [
      {
        localASN: 1,
        exportPodCIDR: false,
        serviceAdvertisements: ['LoadBalancerIP'],
        neighbors: [
          {
            peerAddress: '192.0.2.1/32',
            peerASN: 2,
            peerPort: 179,
            eBGPMultihopTTL: 1,
            connectRetryTimeSeconds: 120,
            holdTimeSeconds: 90,
            keepAliveTimeSeconds: 30,
          },
        ],
      },
    ],
  });
});

test(
  'the examples of upstream are taken, but for the one that upstream refuses too',
  needs([environmentPath('WAGGLE_UPSTREAM')], (t) => {
    const root = process.env['WAGGLE_UPSTREAM'] ?? '';
    const faults: string[] = [];
    let read = 0;
    for (const folder of ['policies', 'labs']) {
      for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
        if (!/\.ya?ml$/.test(name)) continue;
        for (const document of parseAllDocuments(readFileSync(join(root, folder, name), 'utf8'))) {
          const body: unknown = document.toJS();
          if (!isRecord(body) || !String(body.apiVersion).startsWith('cilium.io/')) continue;
          read++;
          const { fields, unknown } = judge(body);
          if (fields.length > 0) faults.push(`${name}: ${fields.join(' ')}`);
          else if (unknown.length > 0) faults.push(`${name}: unknown ${unknown.join(' ')}`);
        }
      }
    }
    t.is(read, 80);
    // auth.yaml has a field of an earlier version, which API servers drop with a warning.
    t.deepEqual(faults.toSorted(), [
      'auth/auth.yaml: unknown spec.egress[0].auth',
      'l3/requires/requires.yaml: specs[0].ingress[0].fromRequires',
    ]);
  }),
);
