// What is refused whatever node reads it, and what is only not supported yet.

import test from 'ava';
import { judgeNode, judgePeeringPolicy } from '#control/bgp/admission.ts';
import { formatProblem } from '#control/bgp/object-problem.ts';
import { neighbor, router } from '#support/peering-policy.ts';

test('a policy that makes sense has no problem, whatever nodes it selects', (t) => {
  const spec = { nodeSelector: { matchLabels: { rack: 'none' } }, virtualRouters: [router()] };
  t.deepEqual(judgePeeringPolicy('rack0', spec), []);
});

test('a wrong field is invalid, a missing feature unsupported', (t) => {
  const evpn = [{ afi: 'l2vpn', safi: 'evpn' }];
  const neighbors = [neighbor({ families: evpn, authSecretRef: 's' }), neighbor({ peerAddress: '192.0.2.9' })];
  const spec = { virtualRouters: [router({ neighbors }), router({ localASN: 0 })] };
  t.deepEqual(
    judgePeeringPolicy('rack0', spec).map(({ reason, path }) => [reason, path.at(-1)]),
    [
      ['unsupported', 0],
      ['invalid', 'peerAddress'],
      ['invalid', 'localASN'],
    ],
  );
});

test("a node's annotations and PodCIDRs are read before anybody needs them", (t) => {
  const problems = judgeNode({
    object: 'Node/n1',
    annotations: {
      'example.com/other': 'local-port=bgp',
      'cilium.io/bgp-virtual-router.65001': 'local-port=bgp',
      'cilium.io/bgp-virtual-router.tor': 'local-port=179',
      'cilium.io/bgp-virtual-router.4294967296': 'local-port=179',
    },
    podCIDRs: [
      { text: '10.0.0.0/24', path: ['spec', 'podCIDRs', 0] },
      { text: '10.0.0.1/24', path: ['spec', 'podCIDRs', 1] },
    ],
  });
  t.deepEqual(problems.map(formatProblem), [
    'metadata.annotations["cilium.io/bgp-virtual-router.65001"]: "local-port=bgp": expected local-port=1..65535',
    'metadata.annotations["cilium.io/bgp-virtual-router.tor"]: "cilium.io/bgp-virtual-router.tor": expected an AS number behind the last dot of the key',
    'metadata.annotations["cilium.io/bgp-virtual-router.4294967296"]: "cilium.io/bgp-virtual-router.4294967296": expected an AS number behind the last dot of the key',
    'spec.podCIDRs[1]: "10.0.0.1/24": expected a prefix without host bits, such as 10.244.1.0/24',
  ]);
  t.true(problems.every(({ reason }) => reason === 'invalid'));
});
