// Manifest texts → objects, and each complaint in full: file, line, field path, value, what would be right.

import test from 'ava';
import { admitManifest } from '#agent/judge-manifest.ts';
import { ManifestReader, type ManifestReading } from '#kube/read-manifests.ts';

const reader = new ManifestReader(admitManifest);

function read(text: string, ...more: readonly string[]): ManifestReading {
  return reader.read([text, ...more].map((content, index) => ({ name: `${'ab'[index]}.yaml`, text: content })));
}

function complaints(text: string): string[] {
  return read(text).faults.map(({ where, message }) => `${where}: ${message}`);
}

/** Lines 1 to 12; what is appended stands in the neighbor, from line 13. */
const policy = `apiVersion: cilium.io/v2alpha1
kind: CiliumBGPPeeringPolicy
metadata:
  name: rack0
spec:
  nodeSelector:
    matchLabels: { rack: r1 }
  virtualRouters:
    - localASN: 65001
      neighbors:
        - peerASN: 65000
          peerAddress: 192.0.2.1/32
`;
const withNeighbor = (...lines: readonly string[]): string =>
  `${policy}${lines.map((line) => `          ${line}\n`).join('')}`;

test('a policy is read with the defaults of its schema', (t) => {
  const { objects, faults } = read(policy);
  t.deepEqual(faults, []);
  const [{ key, manifest }] = objects;
  t.is(key, 'CiliumBGPPeeringPolicy/rack0');
  if (manifest.kind !== 'CiliumBGPPeeringPolicy') return t.fail(manifest.kind);
  t.deepEqual(manifest.spec.virtualRouters, [
    {
      localASN: 65001,
      exportPodCIDR: false,
      serviceAdvertisements: ['LoadBalancerIP'],
      neighbors: [
        {
          peerASN: 65000,
          peerAddress: '192.0.2.1/32',
          peerPort: 179,
          eBGPMultihopTTL: 1,
          connectRetryTimeSeconds: 120,
          holdTimeSeconds: 90,
          keepAliveTimeSeconds: 30,
        },
      ],
    },
  ]);
});

const atNeighbor = 'spec.virtualRouters[0].neighbors[0]';
const faulty: readonly (readonly [claim: string, text: string, complaint: string])[] = [
  [
    'a text where a number belongs',
    withNeighbor('holdTimeSeconds: "9"'),
    `a.yaml:13: ${atNeighbor}.holdTimeSeconds: "9": expected a whole number`,
  ],
  [
    'a broken number',
    withNeighbor('holdTimeSeconds: 9.5'),
    `a.yaml:13: ${atNeighbor}.holdTimeSeconds: 9.5: expected a whole number`,
  ],
  [
    'nothing where a number belongs',
    withNeighbor('holdTimeSeconds:'),
    `a.yaml:13: ${atNeighbor}.holdTimeSeconds: null: expected a whole number`,
  ],
  [
    'a number where a text belongs',
    withNeighbor('authSecretRef: 7'),
    `a.yaml:13: ${atNeighbor}.authSecretRef: 7: expected a text, in quotes: "7"`,
  ],
  [
    'a map where a list belongs',
    withNeighbor('families: { afi: ipv4 }'),
    `a.yaml:13: ${atNeighbor}.families: {"afi":"ipv4"}: expected a list`,
  ],
  [
    'a value out of range',
    withNeighbor('timers: x', 'holdTimeSeconds: 2').replace(/ +timers: x\n/, ''),
    `a.yaml:13: ${atNeighbor}.holdTimeSeconds: 2: expected 3..65535`,
  ],
  ['a port too high', withNeighbor('peerPort: 65536'), `a.yaml:13: ${atNeighbor}.peerPort: 65536: expected 1..65535`],
  [
    'an unknown key, with the nearest name',
    withNeighbor('peerAsn: 65000'),
    `a.yaml:13: ${atNeighbor}.peerAsn: 65000: no such field; did you mean peerASN?`,
  ],
  [
    'an unknown key that is like no other',
    policy.replace('  nodeSelector:\n    matchLabels: { rack: r1 }\n', '  colour: red\n'),
    'a.yaml:6: spec.colour: "red": no such field; known are nodeSelector, virtualRouters',
  ],
  [
    'a missing field, at the line of what lacks it',
    policy.replace('        - peerASN: 65000\n          peer', '        - peer'),
    `a.yaml:11: ${atNeighbor}.peerASN: missing: required`,
  ],
  [
    'a secret that is no field',
    withNeighbor('peerPassword: hunter2'),
    `a.yaml:13: ${atNeighbor}.peerPassword: (its value is not shown): no such field; known are peerAddress, peerASN, peerPort, authSecretRef, eBGPMultihopTTL, connectRetryTimeSeconds, holdTimeSeconds, keepAliveTimeSeconds, gracefulRestart, families, advertisedPathAttributes`,
  ],
  [
    'a map that may hold a secret',
    withNeighbor('tcp: { password: hunter2 }'),
    `a.yaml:13: ${atNeighbor}.tcp: a map: no such field; known are peerAddress, peerASN, peerPort, authSecretRef, eBGPMultihopTTL, connectRetryTimeSeconds, holdTimeSeconds, keepAliveTimeSeconds, gracefulRestart, families, advertisedPathAttributes`,
  ],
  [
    'a required field misspelt',
    policy.replace('peerASN', 'peerASM'),
    `a.yaml:11: ${atNeighbor}.peerASM: 65000: no such field; did you mean peerASN?`,
  ],
  [
    'a value that is not of the list',
    withNeighbor('families: [{ afi: ipv5, safi: unicast }]'),
    `a.yaml:13: ${atNeighbor}.families[0].afi: "ipv5": expected one of ipv4, ipv6, l2vpn, ls, opaque`,
  ],
  [
    'an empty list where one entry is needed',
    'apiVersion: cilium.io/v2alpha1\nkind: CiliumBGPPeeringPolicy\nmetadata: { name: a }\nspec:\n  virtualRouters: []\n',
    'a.yaml:5: spec.virtualRouters: []: expected at least 1 of them',
  ],
  [
    'another apiVersion',
    policy.replace('v2alpha1', 'v2'),
    'a.yaml:1: apiVersion: "cilium.io/v2": expected cilium.io/v2alpha1 for CiliumBGPPeeringPolicy',
  ],
  [
    'no apiVersion',
    policy.replace('apiVersion: cilium.io/v2alpha1\n', ''),
    'a.yaml:1: apiVersion: missing: expected cilium.io/v2alpha1 for CiliumBGPPeeringPolicy',
  ],
  [
    'a misspelt kind',
    policy.replace('PeeringPolicy', 'PeeringPolicie'),
    'a.yaml:2: kind: "CiliumBGPPeeringPolicie": not supported yet; did you mean CiliumBGPPeeringPolicy?',
  ],
  [
    'a kind that waggle does not know',
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\n',
    'a.yaml:2: kind: "ConfigMap": not supported yet; supported are CiliumBGPPeeringPolicy, CiliumNode, Node, Secret',
  ],
  ['no kind', 'apiVersion: v1\nmetadata: { name: x }\n', 'a.yaml:1: kind: missing: required'],
  ['no name', 'apiVersion: v1\nkind: Node\nmetadata: {}\n', 'a.yaml:3: metadata.name: missing: required'],
  [
    'a name that is a number',
    'apiVersion: v1\nkind: Node\nmetadata:\n  name: 7\n',
    'a.yaml:4: metadata.name: 7: expected a text',
  ],
  [
    'a name that Kubernetes would refuse',
    'apiVersion: v1\nkind: Node\nmetadata:\n  name: Node_1\n',
    "a.yaml:4: metadata.name: \"Node_1\": expected lower-case letters, digits, '-' and '.', with a letter or digit at each end",
  ],
  [
    'a label that is no text',
    'apiVersion: v1\nkind: Node\nmetadata:\n  name: n1\n  labels:\n    rack: 5\n',
    'a.yaml:6: metadata.labels.rack: 5: expected a text, in quotes: "5"',
  ],
  [
    'a label that Kubernetes would refuse',
    'apiVersion: v1\nkind: Node\nmetadata:\n  name: n1\n  labels:\n    rack: r 1\n',
    "a.yaml:6: metadata.labels.rack: \"r 1\": expected letters, digits, '-', '_' and '.', with a letter or digit at each end",
  ],
  [
    'a time that is none',
    'apiVersion: v1\nkind: Node\nmetadata:\n  name: n1\n  creationTimestamp: yesterday\n',
    'a.yaml:5: metadata.creationTimestamp: "yesterday": expected a time, such as 2025-01-31T12:00:00Z',
  ],
  [
    'a document that is no map',
    '- a\n- b\n',
    'a.yaml:1: ["a","b"]: expected a Kubernetes object with apiVersion, kind and metadata',
  ],
  ['broken YAML', 'kind: [\n', 'a.yaml:2: not valid YAML: '],
  [
    'a key that stands twice',
    'kind: Node\nkind: Node\n',
    'a.yaml:2: kind: the same key stands twice in one map: remove one of them',
  ],
  [
    'an address that is none (admission)',
    policy.replace('192.0.2.1/32', '192.0.2.1'),
    `a.yaml:12: ${atNeighbor}.peerAddress: "192.0.2.1": expected one address as a host prefix: 192.0.2.1/32 or 2001:db8::1/128`,
  ],
  [
    'a community that is none (admission)',
    withNeighbor(
      'advertisedPathAttributes:',
      '  - selectorType: PodCIDR',
      '    communities:',
      '      standard: ["70000:1"]',
    ),
    `a.yaml:16: ${atNeighbor}.advertisedPathAttributes[0].communities.standard[0]: "70000:1": expected two numbers up to 65535, such as 65000:100, or one up to 4294967295`,
  ],
  [
    'a PodCIDR with host bits (admission)',
    'apiVersion: cilium.io/v2\nkind: CiliumNode\nmetadata: { name: n1 }\nspec:\n  ipam:\n    podCIDRs:\n      - 10.0.0.1/24\n',
    'a.yaml:7: spec.ipam.podCIDRs[0]: "10.0.0.1/24": expected a prefix without host bits, such as 10.244.1.0/24',
  ],
  [
    'a broken annotation (admission)',
    'apiVersion: v1\nkind: Node\nmetadata:\n  name: n1\n  annotations:\n    cilium.io/bgp-virtual-router.1: local-port=x\n',
    'a.yaml:6: metadata.annotations["cilium.io/bgp-virtual-router.1"]: "local-port=x": expected local-port=1..65535',
  ],
];

for (const [claim, text, complaint] of faulty) {
  test(`${claim} is explained with file, line, field, value and what would be right`, (t) => {
    const { objects } = read(text);
    t.deepEqual(objects, []);
    const found = complaints(text);
    t.is(found.length, 1, found.join('\n'));
    if (complaint.endsWith(' ')) t.true(found[0].startsWith(complaint), found[0]);
    else t.is(found[0], complaint);
  });
}

test('every fault of an object is named, up to a limit that is said', (t) => {
  const lines = Array.from({ length: 30 }, (_, index) => `unknown${index}xyz: 1`);
  const found = complaints(withNeighbor(...lines));
  t.is(found.length, 21);
  t.is(found[20], 'a.yaml:1: and 10 more faults');
});

test('what is not supported yet is no reason to refuse an object', (t) => {
  const { objects, faults } = read(withNeighbor('families: [{ afi: l2vpn, safi: evpn }]'));
  t.is(objects.length, 1);
  t.deepEqual(faults, []);
});

test('of one object in two files the first is used, and the other is told where that stands', (t) => {
  const { objects, faults } = read(policy, `# again\n${policy}`);
  t.deepEqual(
    objects.map(({ file }) => file),
    ['a.yaml'],
  );
  t.deepEqual(faults, [
    {
      where: 'b.yaml:2',
      object: 'CiliumBGPPeeringPolicy/rack0',
      message: 'the same object stands in a.yaml:1, which is used: remove one of them',
    },
  ]);
});

test('of one object in two files the one that is preferred is used', (t) => {
  const files = ['a.yaml', 'b.yaml'].map((name) => ({ name, text: policy }));
  const { objects, faults } = reader.read(files, new Map([['CiliumBGPPeeringPolicy/rack0', 'b.yaml']]));
  t.deepEqual(
    objects.map(({ file }) => file),
    ['b.yaml'],
  );
  t.is(faults[0].where, 'a.yaml:1');
});

test('a broken document takes nothing from the others of its file', (t) => {
  const node = 'apiVersion: v1\nkind: Node\nmetadata: { name: n1 }\n';
  const { objects, faults, refused, doubtful } = read(
    `${node}---\n${withNeighbor('peerPort: 0')}---\n${node.replace('n1', 'n2')}`,
  );
  t.deepEqual(
    objects.map(({ key }) => key),
    ['Node/n1', 'Node/n2'],
  );
  t.deepEqual([...refused], ['CiliumBGPPeeringPolicy/rack0']);
  t.deepEqual([...doubtful], ['a.yaml']);
  t.is(faults[0].where, 'a.yaml:17');
});

test('a List holds objects, and complaints name their place in it', (t) => {
  const item = (name: string, asn: string): string =>
    `  - { apiVersion: v1, kind: Node, metadata: { name: ${name} }, spec: { podCIDRs: [${asn}] } }\n`;
  const { objects, faults } = read(
    `apiVersion: v1\nkind: List\nitems:\n${item('n1', '10.0.0.0/24')}${item('n2', '7')}`,
  );
  t.deepEqual(
    objects.map(({ key }) => key),
    ['Node/n1'],
  );
  t.deepEqual(
    faults.map(({ where, message }) => `${where}: ${message}`),
    ['a.yaml:5: items[1].spec.podCIDRs[0]: 7: expected a text, in quotes: "7"'],
  );
});

test('what kubectl and kubelet write into objects is accepted', (t) => {
  const text = `apiVersion: v1
kind: Node
metadata:
  name: n1
  uid: 7b1c
  creationTimestamp: "2025-01-31T12:00:00Z"
  resourceVersion: "12"
  labels:
  annotations:
  managedFields: [{ manager: kubelet }]
spec: { podCIDR: 10.0.0.0/24, podCIDRs: [10.0.0.0/24], providerID: x, taints: [] }
status:
  addresses: [{ type: InternalIP, address: 192.0.2.1 }, { type: Hostname, address: n1 }]
  conditions: []
`;
  t.deepEqual(complaints(text), []);
});

test('a field is located by its line in its own file, a missing one by that of its parent', (t) => {
  const [object] = read(`# heading\n${policy}`).objects;
  t.is(object.locate([]), 'a.yaml:2');
  t.is(object.locate(['spec', 'virtualRouters', 0, 'neighbors', 0, 'peerAddress']), 'a.yaml:13');
  t.is(object.locate(['spec', 'virtualRouters', 0, 'neighbors', 0, 'peerPort']), 'a.yaml:12');
});

const secret = `apiVersion: v1
kind: Secret
metadata:
  name: tor
  namespace: kube-system
`;

test('Secrets of one name in two namespaces are two objects', (t) => {
  const elsewhere = secret.replace('kube-system', 'other');
  const { objects, faults } = read(secret, elsewhere, secret.replace('  namespace: kube-system\n', ''));
  t.deepEqual(faults, []);
  t.deepEqual(
    objects.map(({ key }) => key),
    ['Secret/kube-system/tor', 'Secret/other/tor', 'Secret/default/tor'],
  );
});

const hidden = '(its value is not shown)';
const wrongSecrets: readonly (readonly [what: string, text: string, complaint: string])[] = [
  [
    'a number for a text',
    `${secret}stringData: { password: 7313 }\n`,
    `stringData.password: ${hidden}: expected a text`,
  ],
  ['no base64', `${secret}data:\n  password: hunter-two\n`, `data.password: ${hidden}: expected base64; a text as`],
  ['a text for a map', `${secret}data: hunter-two\n`, `data: ${hidden}: expected a map`],
  ['a key of no Secret', `${secret}credential: hunter-two\n`, `credential: ${hidden}: no such field; known are`],
  ['a list of a key of no Secret', `${secret}credential: [hunter-two]\n`, `credential: ${hidden}: no such field`],
  ['a wrong namespace', secret.replace('kube-system', 'Hunter-Two'), `metadata.namespace: ${hidden}: expected`],
];
for (const [what, text, complaint] of wrongSecrets) {
  test(`a fault in a Secret shows no value: ${what}`, (t) => {
    const { objects, faults } = read(text);
    t.is(objects.length, 0);
    t.is(faults.length, 1);
    t.true(faults[0].message.startsWith(complaint), faults[0].message);
    t.notRegex(faults[0].message, /hunter|7313/i);
  });
}

test('a file that is no YAML and may hold a Secret is not quoted', (t) => {
  for (const broken of [
    'stringData: { password: *hunter-two }',
    'stringData: { password: "\\hunter-two" }',
    '\t- hunter',
  ]) {
    const found = complaints(`${secret}${broken}\n`);
    t.true(found.length > 0);
    for (const complaint of found) t.notRegex(complaint, /hunt/i);
  }
});
