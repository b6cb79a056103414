// CiliumNode and Node joined: which of the two says what.

import test from 'ava';
import { joinLocalNode, type CiliumNodeSource, type NodeSource } from '#control/bgp/local-node.ts';

const nothing = { labels: {}, annotations: {}, podCIDRs: [], addresses: [] };

function node(parts: Partial<NodeSource>): NodeSource {
  return { ...nothing, podCIDR: undefined, ...parts };
}

function ciliumNode(parts: Partial<CiliumNodeSource>): CiliumNodeSource {
  return { ...nothing, ...parts };
}

test('a node without any object is not known', (t) => {
  t.is(joinLocalNode('n1', undefined, undefined), undefined);
});

test('labels and annotations are merged, and the CiliumNode wins', (t) => {
  const joined = joinLocalNode(
    'n1',
    ciliumNode({ labels: { a: 'cilium', b: 'cilium' }, annotations: { x: 'cilium' } }),
    node({ labels: { a: 'node', c: 'node' }, annotations: { x: 'node', y: 'node' } }),
  );
  t.deepEqual(joined?.labels, { a: 'cilium', b: 'cilium', c: 'node' });
  t.deepEqual(joined?.annotations, { x: 'cilium', y: 'node' });
  t.deepEqual(joined?.annotationObjects, { x: 'CiliumNode/n1', y: 'Node/n1' });
});

test("the CiliumNode's PodCIDRs count before the Node's", (t) => {
  const joined = joinLocalNode('n1', ciliumNode({ podCIDRs: ['10.1.0.0/24'] }), node({ podCIDRs: ['10.2.0.0/24'] }));
  t.deepEqual(joined?.podCIDRs, [
    { text: '10.1.0.0/24', object: 'CiliumNode/n1', path: ['spec', 'ipam', 'podCIDRs', 0] },
  ]);
});

test("the Node's PodCIDRs count where the CiliumNode has none", (t) => {
  const joined = joinLocalNode(
    'n1',
    ciliumNode({}),
    node({ podCIDR: '10.2.0.0/24', podCIDRs: ['10.2.0.0/24', 'fd00::/64'] }),
  );
  t.deepEqual(joined?.podCIDRs, [
    { text: '10.2.0.0/24', object: 'Node/n1', path: ['spec', 'podCIDRs', 0] },
    { text: 'fd00::/64', object: 'Node/n1', path: ['spec', 'podCIDRs', 1] },
  ]);
});

test("a Node's podCIDR counts where it stands alone", (t) => {
  const joined = joinLocalNode('n1', undefined, node({ podCIDR: '10.2.0.0/24' }));
  t.deepEqual(joined?.podCIDRs, [{ text: '10.2.0.0/24', object: 'Node/n1', path: ['spec', 'podCIDR'] }]);
});

test('the default router ID is the first InternalIP of IPv4', (t) => {
  const addresses = [
    { type: 'Hostname', address: '192.0.2.9' },
    { type: 'InternalIP', address: '2001:db8::1' },
    { type: 'InternalIP', address: '192.0.2.1' },
    { type: 'InternalIP', address: '192.0.2.2' },
  ];
  t.is(joinLocalNode('n1', undefined, node({ addresses }))?.ipv4, '192.0.2.1');
  const other = ciliumNode({ addresses: [{ type: 'InternalIP', address: '198.51.100.1' }] });
  t.is(joinLocalNode('n1', other, node({ addresses }))?.ipv4, '198.51.100.1');
  t.is(joinLocalNode('n1', ciliumNode({}), node({ addresses }))?.ipv4, '192.0.2.1');
});
