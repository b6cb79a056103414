// CiliumBGPPeeringPolicy → DesiredBgp, beside Cilium 1.18's semantics: which policy speaks for a node, what each
// field becomes, and what is refused while the rest runs.

import test from 'ava';
import type { NeighborConfig, StatementConfig } from '#bgp/config.ts';
import { formatProblem } from '#control/bgp/object-problem.ts';
import { desiredBgp, noBgp, type DesiredBgp } from '#control/bgp/peering-policy.ts';
import type { PathAttributesSpec, PolicyNeighbor, VirtualRouter } from '#control/bgp/peering-policy-types.ts';
import { BgpSecrets, type PasswordSource } from '#control/bgp/secrets.ts';
import { localNode, neighbor, policy, router } from '#support/peering-policy.ts';

function complaints(desired: DesiredBgp): string[] {
  return desired.problems.map((problem) => `${problem.object} ${formatProblem(problem)}`);
}

function onlyNeighbor(desired: DesiredBgp): NeighborConfig {
  return desired.instances[0].speaker.neighbors[0];
}

function statements(attributes: readonly PathAttributesSpec[], labels = { rack: 'r1' }): readonly StatementConfig[] {
  const peer = neighbor({ advertisedPathAttributes: attributes });
  return desiredBgp([policy([router({ neighbors: [peer] })])], localNode({ labels })).instances[0].speaker.policies[0]
    .statements;
}

test('the smallest policy becomes a speaker with the defaults of its schema', (t) => {
  const desired = desiredBgp([policy()], localNode());
  t.deepEqual(desired.problems, []);
  t.is(desired.policy, 'rack0');
  t.is(desired.instances.length, 1);
  t.is(desired.instances[0].localPort, undefined);
  t.deepEqual(desired.instances[0].speaker, {
    instance: '65001',
    asn: 65001,
    routerId: '192.0.2.2',
    networks: [
      { prefix: '10.244.1.0/24', origin: 'igp' },
      { prefix: 'fd00:244:1::/64', origin: 'igp' },
    ],
    neighbors: [
      {
        address: '192.0.2.1',
        port: 179,
        remoteAsn: 65000,
        description: undefined,
        isPassive: false,
        families: ['ipv4-unicast', 'ipv6-unicast'],
        importPolicy: 'reject',
        exportPolicy: { policy: 'rack0-65001-192.0.2.1-export' },
        isNextHopSelf: true,
        ttl: 1,
        sourceAddress: undefined,
        isShutdown: false,
        timers: { connectRetrySec: 120, holdTimeSec: 90, keepaliveSec: 30 },
      },
    ],
    policies: [
      {
        name: 'rack0-65001-192.0.2.1-export',
        otherwise: 'reject',
        statements: [
          {
            name: 'PodCIDR',
            match: {
              prefixes: [
                { prefix: '10.244.1.0/24', minLength: 24, maxLength: 24 },
                { prefix: 'fd00:244:1::/64', minLength: 64, maxLength: 64 },
              ],
            },
            set: {},
            action: 'accept',
          },
        ],
      },
    ],
  });
});

test('the same snapshot gives the same answer, and its own answer changes nothing', (t) => {
  const policies = [policy(), policy([router()], { name: 'rack1' })];
  const first = desiredBgp(policies, localNode());
  t.deepEqual(desiredBgp(policies, localNode(), first), first);
  t.deepEqual(desiredBgp(policies.toReversed(), localNode()), first);
});

test('a policy without nodeSelector speaks of every node', (t) => {
  t.is(desiredBgp([policy()], localNode({ labels: {} })).policy, 'rack0');
});

test('a policy speaks of the nodes that its selector matches, and of no other', (t) => {
  const byLabel = policy([router()], { nodeSelector: { matchLabels: { rack: 'r1' } } });
  const byExpression = policy([router()], {
    nodeSelector: { matchExpressions: [{ key: 'rack', operator: 'NotIn', values: ['r2'] }] },
  });
  for (const selecting of [byLabel, byExpression]) {
    t.is(desiredBgp([selecting], localNode({ labels: { rack: 'r1' } })).policy, 'rack0');
    t.deepEqual(desiredBgp([selecting], localNode({ labels: { rack: 'r2' } })), noBgp);
  }
});

test('without a policy nothing is desired', (t) => {
  t.deepEqual(desiredBgp([], localNode()), { instances: [], policy: undefined, problems: [] });
});

test('of two policies on a node the older is in force, and the other says so', (t) => {
  const older = policy([router({ localASN: 65002 })], { name: 'zz', createdAt: '2024-01-01T00:00:00Z' });
  const desired = desiredBgp([policy(), older], localNode());
  t.is(desired.policy, 'zz');
  t.deepEqual(
    desired.instances.map(({ speaker }) => speaker.asn),
    [65002],
  );
  t.deepEqual(complaints(desired), [
    'CiliumBGPPeeringPolicy/rack0 spec.nodeSelector: {}: also selects node node1, where the older ' +
      'CiliumBGPPeeringPolicy/zz is in force; a node takes one policy',
  ]);
  t.is(desired.problems[0].reason, 'conflict');
});

test('of two policies of the same age the one whose name comes first is in force', (t) => {
  const desired = desiredBgp([policy([router()], { name: 'b' }), policy([router()], { name: 'a' })], localNode());
  t.is(desired.policy, 'a');
});

test('a policy that does not select the node is in no conflict', (t) => {
  const other = policy([router()], { name: 'a', nodeSelector: { matchLabels: { rack: 'r9' } } });
  t.deepEqual(complaints(desiredBgp([policy(), other], localNode())), []);
});

const neighborFields: readonly (readonly [
  claim: string,
  parts: Partial<PolicyNeighbor>,
  expected: Partial<NeighborConfig>,
])[] = [
  ['peerAddress of IPv6 is written canonically', { peerAddress: '2001:DB8:0:0::1/128' }, { address: '2001:db8::1' }],
  ['peerPort is where to connect', { peerPort: 1790 }, { port: 1790 }],
  ['peerASN 0 takes the number from the OPEN', { peerASN: 0 }, { remoteAsn: 'any', ttl: 1 }],
  ['peerASN may have four octets', { peerASN: 4_294_967_295 }, { remoteAsn: 4_294_967_295 }],
  ['eBGPMultihopTTL is the TTL towards eBGP peers', { eBGPMultihopTTL: 4 }, { ttl: 4 }],
  ['eBGPMultihopTTL means nothing towards iBGP peers', { peerASN: 65001, eBGPMultihopTTL: 4 }, { ttl: undefined }],
  [
    'the timers are taken over',
    { connectRetryTimeSeconds: 1, holdTimeSeconds: 9, keepAliveTimeSeconds: 9 },
    { timers: { connectRetrySec: 1, holdTimeSec: 9, keepaliveSec: 9 } },
  ],
  ['no families mean both', { families: [] }, { families: ['ipv4-unicast', 'ipv6-unicast'] }],
  ['one family is that family', { families: [{ afi: 'ipv6', safi: 'unicast' }] }, { families: ['ipv6-unicast'] }],
  [
    'families come in one order and once',
    {
      families: [
        { afi: 'ipv6', safi: 'unicast' },
        { afi: 'ipv4', safi: 'unicast' },
        { afi: 'ipv6', safi: 'unicast' },
      ],
    },
    { families: ['ipv4-unicast', 'ipv6-unicast'] },
  ],
  [
    'gracefulRestart that is off asks for nothing',
    { gracefulRestart: { enabled: false, restartTimeSeconds: 120 } },
    { address: '192.0.2.1' },
  ],
  [
    'gracefulRestart is offered with its time, and with the N bit, as Cilium does',
    { gracefulRestart: { enabled: true, restartTimeSeconds: 77 } },
    { gracefulRestart: { mode: 'full', restartTimeSec: 77, stalePathSec: 360, hasNotification: true } },
  ],
];

for (const [claim, parts, expected] of neighborFields) {
  test(claim, (t) => {
    const desired = desiredBgp([policy([router({ neighbors: [neighbor(parts)] })])], localNode());
    t.deepEqual(complaints(desired), []);
    t.like(onlyNeighbor(desired), expected);
    t.is('gracefulRestart' in onlyNeighbor(desired), 'gracefulRestart' in expected);
  });
}

const standard = (high: number, low: number): number => high * 65536 + low;

test('communities of every kind are added to the PodCIDRs', (t) => {
  const [statement] = statements([
    {
      selectorType: 'PodCIDR',
      communities: { standard: ['65000:100', '7'], wellKnown: ['no-export'], large: ['65000:1:2'] },
    },
  ]);
  t.deepEqual(statement.set, {
    addCommunities: [7, standard(65000, 100), standard(65535, 65281)],
    addLargeCommunities: [[65000, 1, 2]],
  });
});

test('several path attributes of the PodCIDRs add up: union of communities, highest preference', (t) => {
  const [statement, ...rest] = statements([
    {
      selectorType: 'PodCIDR',
      communities: { standard: ['1:2', '1:1'], large: ['9:9:9', '1:2:3'] },
      localPreference: 50,
    },
    { selectorType: 'PodCIDR', communities: { standard: ['65537', '1:3'], large: ['1:2:3'] }, localPreference: 200 },
    { selectorType: 'PodCIDR', localPreference: 100 },
  ]);
  t.deepEqual(rest, []);
  t.deepEqual(statement.set, {
    addCommunities: [standard(1, 1), standard(1, 2), standard(1, 3)],
    addLargeCommunities: [
      [1, 2, 3],
      [9, 9, 9],
    ],
    localPreference: 200,
  });
});

test('a preference of 0 is one', (t) => {
  t.deepEqual(statements([{ selectorType: 'PodCIDR', localPreference: 0 }])[0].set, { localPreference: 0 });
});

test("path attributes whose selector does not match the node's labels do not count", (t) => {
  const attributes: PathAttributesSpec[] = [
    { selectorType: 'PodCIDR', selector: { matchLabels: { rack: 'r1' } }, communities: { standard: ['1:1'] } },
    { selectorType: 'PodCIDR', selector: { matchLabels: { rack: 'r2' } }, communities: { standard: ['1:2'] } },
    { selectorType: 'PodCIDR', selector: {}, communities: { standard: ['1:3'] } },
  ];
  t.deepEqual(statements(attributes)[0].set.addCommunities, [standard(1, 1), standard(1, 3)]);
  t.deepEqual(statements(attributes, { rack: 'r2' })[0].set.addCommunities, [standard(1, 2), standard(1, 3)]);
});

test('without exportPodCIDR nothing is originated and nothing may leave', (t) => {
  const desired = desiredBgp([policy([router({ exportPodCIDR: false })])], localNode());
  t.deepEqual(desired.instances[0].speaker.networks, []);
  t.like(desired.instances[0].speaker.policies[0], { statements: [], otherwise: 'reject' });
});

test('a node without PodCIDRs keeps its sessions and announces nothing', (t) => {
  const desired = desiredBgp([policy()], localNode({ podCIDRs: [] }));
  t.deepEqual(complaints(desired), []);
  t.is(desired.instances[0].speaker.neighbors.length, 1);
  t.deepEqual(desired.instances[0].speaker.networks, []);
});

test('PodCIDRs are originated once each; a wrong one is refused while the others go out', (t) => {
  const podCIDRs = ['10.244.1.0/24', '10.244.1.0/24', '10.244.2.1/24', 'FD00:244:1:0::/64', 'pods'];
  const desired = desiredBgp([policy([router(), router({ localASN: 65002 })])], localNode({ podCIDRs }));
  for (const { speaker } of desired.instances) {
    t.deepEqual(
      speaker.networks.map(({ prefix }) => prefix),
      ['10.244.1.0/24', 'fd00:244:1::/64'],
    );
  }
  t.deepEqual(complaints(desired), [
    'CiliumNode/node1 spec.ipam.podCIDRs[2]: "10.244.2.1/24": expected a prefix without host bits, such as 10.244.1.0/24',
    'CiliumNode/node1 spec.ipam.podCIDRs[4]: "pods": expected a prefix without host bits, such as 10.244.1.0/24',
  ]);
});

test('the annotation gives the virtual router of its AS number its router ID and its port', (t) => {
  const annotations = { 'cilium.io/bgp-virtual-router.65002': 'router-id=10.9.9.9,local-port=1790' };
  const desired = desiredBgp([policy([router(), router({ localASN: 65002 })])], localNode({ annotations }));
  t.deepEqual(
    desired.instances.map(({ speaker, localPort }) => [speaker.asn, speaker.routerId, localPort]),
    [
      [65001, '192.0.2.2', undefined],
      [65002, '10.9.9.9', 1790],
    ],
  );
});

test('a malformed annotation is refused in part, by the object that carries it', (t) => {
  const annotations = { 'cilium.io/bgp-virtual-router.65001': 'router-id=10.9.9.9,local-port=bgp' };
  const desired = desiredBgp([policy()], localNode({ annotations }));
  t.is(desired.instances[0].speaker.routerId, '10.9.9.9');
  t.is(desired.instances[0].localPort, undefined);
  t.deepEqual(complaints(desired), [
    'CiliumNode/node1 metadata.annotations["cilium.io/bgp-virtual-router.65001"]: "local-port=bgp": expected local-port=1..65535',
  ]);
});

test('a node without IPv4 needs the annotation for its router ID', (t) => {
  const without = desiredBgp([policy()], localNode({ ipv4: undefined }));
  t.deepEqual(without.instances, []);
  t.regex(complaints(without)[0], /virtualRouters\[0\]\.localASN: 65001: no router ID: .*router-id=192\.0\.2\.1/);
  const annotations = { 'cilium.io/bgp-virtual-router.65001': 'router-id=10.9.9.9' };
  t.is(desiredBgp([policy()], localNode({ ipv4: undefined, annotations })).instances.length, 1);
});

test('virtual routers stand beside each other, each with its neighbors', (t) => {
  const second = router({ localASN: 65002, neighbors: [neighbor({ peerAddress: '192.0.2.9/32' })] });
  const desired = desiredBgp([policy([router(), second])], localNode());
  t.deepEqual(
    desired.instances.map(({ speaker }) => [speaker.instance, speaker.neighbors.map(({ address }) => address)]),
    [
      ['65001', ['192.0.2.1']],
      ['65002', ['192.0.2.9']],
    ],
  );
});

const attributeRefused = (attributes: PathAttributesSpec): Partial<PolicyNeighbor> => ({
  advertisedPathAttributes: [attributes],
});

const refusedNeighbors: readonly (readonly [parts: Partial<PolicyNeighbor>, complaint: RegExp])[] = [
  [{ authSecretRef: '' }, /^\.authSecretRef: "": expected the name of a Secret; leave it out for a session without/],
  [
    { families: [{ afi: 'ipv4', safi: 'multicast' }] },
    /^\.families\[0\]: "ipv4 multicast": not supported yet; expected/,
  ],
  [
    {
      families: [
        { afi: 'ipv4', safi: 'unicast' },
        { afi: 'l2vpn', safi: 'evpn' },
      ],
    },
    /^\.families\[1\]: "l2vpn evpn": not supported yet/,
  ],
  [
    attributeRefused({ selectorType: 'CiliumLoadBalancerIPPool' }),
    /^\.advertisedPathAttributes\[0\]\.selectorType: "CiliumLoadBalancerIPPool": not supported yet; expected PodCIDR$/,
  ],
  [
    attributeRefused({ selectorType: 'CiliumPodIPPool' }),
    /^\.advertisedPathAttributes\[0\]\.selectorType: "CiliumPodIPPool": not supported yet/,
  ],
  [{ peerAddress: 'fe80::1/128' }, /^\.peerAddress: "fe80::1\/128": link-local .*not supported yet/],
  [{ peerAddress: '192.0.2.1' }, /^\.peerAddress: "192\.0\.2\.1": expected one address as a host prefix/],
  [{ peerAddress: '192.0.2.0/24' }, /^\.peerAddress: "192\.0\.2\.0\/24": expected one address/],
  [{ peerAddress: 'tor1/32' }, /^\.peerAddress: "tor1\/32": expected one address/],
  [{ peerAddress: '0.0.0.0/32' }, /^\.peerAddress: .*expected one address/],
  [{ peerAddress: '224.0.0.5/32' }, /^\.peerAddress: .*expected one address/],
  [{ peerAddress: 'ff02::1/128' }, /^\.peerAddress: .*expected one address/],
  [
    { holdTimeSeconds: 9, keepAliveTimeSeconds: 10 },
    /^\.keepAliveTimeSeconds: 10: expected at most holdTimeSeconds, which is 9$/,
  ],
  [
    attributeRefused({ selectorType: 'PodCIDR', communities: { standard: ['1:1', '65536:1'] } }),
    /^\.advertisedPathAttributes\[0\]\.communities\.standard\[1\]: "65536:1": expected two numbers up to 65535/,
  ],
  [
    attributeRefused({ selectorType: 'PodCIDR', communities: { wellKnown: ['no-exports'] } }),
    /^\.advertisedPathAttributes\[0\]\.communities\.wellKnown\[0\]: "no-exports": expected one of internet, /,
  ],
  [
    attributeRefused({ selectorType: 'PodCIDR', communities: { large: ['1:2'] } }),
    /^\.advertisedPathAttributes\[0\]\.communities\.large\[0\]: "1:2": expected three numbers/,
  ],
];

for (const [parts, complaint] of refusedNeighbors) {
  test(`a neighbor with ${JSON.stringify(parts)} is refused by path while the others run`, (t) => {
    const wrong = neighbor({ peerAddress: '192.0.2.5/32', ...parts });
    const neighbors = [neighbor(), wrong, neighbor({ peerAddress: '192.0.2.9/32' })];
    const desired = desiredBgp([policy([router({ neighbors })])], localNode());
    t.deepEqual(
      desired.instances[0].speaker.neighbors.map(({ address }) => address),
      ['192.0.2.1', '192.0.2.9'],
    );
    t.is(desired.instances[0].speaker.policies.length, 2);
    t.is(desired.problems.length, 1);
    const prefix = 'CiliumBGPPeeringPolicy/rack0 spec.virtualRouters[0].neighbors[1]';
    const [first] = complaints(desired);
    t.true(first.startsWith(prefix), first);
    t.regex(first.slice(prefix.length), complaint);
  });
}

test('every fault of a neighbor is named, not only the first', (t) => {
  const wrong = neighbor({ authSecretRef: '', holdTimeSeconds: 3, peerAddress: 'x' });
  const desired = desiredBgp([policy([router({ neighbors: [wrong] })])], localNode());
  t.is(desired.problems.length, 3);
  t.deepEqual(desired.instances[0].speaker.neighbors, []);
});

const selector = { matchLabels: { a: 'b' } };
const refusedRouters: readonly (readonly [parts: Partial<VirtualRouter>, complaint: RegExp])[] = [
  [{ serviceSelector: selector }, /\.serviceSelector: .*: not supported yet$/],
  [{ podIPPoolSelector: selector }, /\.podIPPoolSelector: .*: not supported yet$/],
  [{ serviceAdvertisements: ['ClusterIP'] }, /\.serviceAdvertisements: \["ClusterIP"\]: not supported yet/],
];

for (const [parts, complaint] of refusedRouters) {
  test(`a virtual router with ${JSON.stringify(parts)} runs without it and says so by path`, (t) => {
    const desired = desiredBgp([policy([router(parts)])], localNode());
    t.is(desired.instances[0].speaker.neighbors.length, 1);
    t.is(desired.problems.length, 1);
    t.regex(complaints(desired)[0], complaint);
    t.is(desired.problems[0].reason, 'unsupported');
  });
}

for (const serviceAdvertisements of [['LoadBalancerIP'], []]) {
  test(`serviceAdvertisements ${JSON.stringify(serviceAdvertisements)} asks for nothing`, (t) => {
    t.deepEqual(desiredBgp([policy([router({ serviceAdvertisements })])], localNode()).problems, []);
  });
}

test('a second virtual router of one AS number is refused, the first runs', (t) => {
  const second = router({ neighbors: [neighbor({ peerAddress: '192.0.2.9/32' })] });
  const desired = desiredBgp([policy([router(), second])], localNode());
  t.is(desired.instances.length, 1);
  t.is(onlyNeighbor(desired).address, '192.0.2.1');
  t.regex(complaints(desired)[0], /virtualRouters\[1\]\.localASN: 65001: another virtual router/);
});

test('AS 0 is refused (RFC 7607)', (t) => {
  const desired = desiredBgp([policy([router({ localASN: 0 })])], localNode());
  t.deepEqual(desired.instances, []);
  t.regex(complaints(desired)[0], /localASN: 0: expected 1\.\.4294967295/);
});

test('a second neighbor of one address is refused, however it is written; the first runs', (t) => {
  const neighbors = [
    neighbor({ peerAddress: '2001:db8::1/128', peerASN: 1 }),
    neighbor({ peerAddress: '2001:DB8:0::1/128', peerASN: 2 }),
  ];
  const desired = desiredBgp([policy([router({ neighbors })])], localNode());
  t.is(desired.instances[0].speaker.neighbors.length, 1);
  t.is(onlyNeighbor(desired).remoteAsn, 1);
  t.regex(
    complaints(desired)[0],
    /neighbors\[1\]\.peerAddress: .*: another neighbor has this address: remove one of them/,
  );
});

test('a running neighbor whose new text cannot be done goes on as it was, and says why', (t) => {
  const before = desiredBgp([policy([router({ neighbors: [neighbor({ holdTimeSeconds: 60 })] })])], localNode());
  const edited = policy([router({ neighbors: [neighbor({ holdTimeSeconds: 30, authSecretRef: '' })] })]);
  const after = desiredBgp([edited], localNode(), before);
  t.deepEqual(after.instances, before.instances);
  t.regex(complaints(after)[0], /authSecretRef: "": expected .*; the neighbor goes on as it was$/);
  t.deepEqual(desiredBgp([edited], localNode(), after).instances, before.instances);
  t.deepEqual(desiredBgp([edited], localNode()).instances[0].speaker.neighbors, []);
});

test('a neighbor that goes on as it was follows the PodCIDRs of its node', (t) => {
  const before = desiredBgp([policy()], localNode({ podCIDRs: ['10.1.0.0/24'] }));
  const edited = policy([router({ neighbors: [neighbor({ authSecretRef: '' })] })]);
  const after = desiredBgp([edited], localNode({ podCIDRs: ['10.2.0.0/24'] }), before);
  t.is(after.instances[0].speaker.policies[0].statements[0].match.prefixes?.[0].prefix, '10.2.0.0/24');
});

test('a neighbor that the policy no longer has is gone', (t) => {
  const two = [neighbor(), neighbor({ peerAddress: '192.0.2.9/32' })];
  const before = desiredBgp([policy([router({ neighbors: two })])], localNode());
  const after = desiredBgp([policy()], localNode(), before);
  t.deepEqual(
    after.instances[0].speaker.neighbors.map(({ address }) => address),
    ['192.0.2.1'],
  );
});

test('what a policy says is shown on one line and cannot act on a terminal', (t) => {
  const wrong = neighbor({ peerAddress: `x\n\u001b[2J${'y'.repeat(500)}` });
  const [complaint] = complaints(desiredBgp([policy([router({ neighbors: [wrong] })])], localNode()));
  t.false(complaint.includes('\n') || complaint.includes('\u001b'), complaint);
  t.true(complaint.length < 300);
});

const torSecret = (password: string): PasswordSource =>
  new BgpSecrets('kube-system', [{ namespace: 'kube-system', name: 'tor', data: {}, stringData: { password } }]);

test('authSecretRef gives the session the password of its Secret, and a changed Secret another one', (t) => {
  const policies = [policy([router({ neighbors: [neighbor({ authSecretRef: 'tor' })] })])];
  const first = desiredBgp(policies, localNode(), undefined, torSecret('one'));
  t.deepEqual(complaints(first), []);
  t.is(onlyNeighbor(first).password, 'one');
  t.is(onlyNeighbor(first).heldDownReason, undefined);
  t.is(onlyNeighbor(desiredBgp(policies, localNode(), first, torSecret('two'))).password, 'two');
});

test('a Secret that is missing or empty holds its session down, says so, and leaves the others alone', (t) => {
  const two = [neighbor({ authSecretRef: 'tor' }), neighbor({ peerAddress: '192.0.2.9/32' })];
  for (const [secrets, reason] of [
    [undefined, 'Secret kube-system/tor is missing'],
    [torSecret(''), 'Secret kube-system/tor: its password is empty'],
  ] as const) {
    const desired = desiredBgp([policy([router({ neighbors: two })])], localNode(), undefined, secrets);
    const [held, other] = desired.instances[0].speaker.neighbors;
    t.is(held.heldDownReason, reason);
    t.false('password' in held);
    t.is(other.heldDownReason, undefined);
    t.deepEqual(
      desired.problems.map((problem) => `${problem.reason} ${formatProblem(problem)}`),
      [`secret spec.virtualRouters[0].neighbors[0].authSecretRef: "tor": ${reason}: the session stays down`],
    );
  }
});
