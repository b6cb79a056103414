// Who would be taken by two instances at once is said, and nobody else.

import test from 'ava';
import type { SpeakerConfig } from '#bgp/config.ts';
import { listSharedNeighbors } from '#speaker/shared-neighbors.ts';
import { neighborConfig, speakerConfig } from '#support/speaker-lab.ts';

const { address: _, ...template } = neighborConfig({ address: '' });

function instance(name: string, addresses: readonly string[], prefixes: readonly string[]): SpeakerConfig {
  return speakerConfig({
    instance: name,
    asn: 65001,
    routerId: '192.0.2.1',
    neighbors: addresses.map((address) => neighborConfig({ address })),
    dynamicNeighbors: prefixes.map((prefix) => ({ prefix, limit: 10, neighbor: template })),
  });
}

test('an address of two instances goes to the first, and both are named', (t) => {
  const instances = [instance('blue', ['192.0.2.7'], []), instance('red', ['192.0.2.7', '192.0.2.8'], [])];
  t.deepEqual(listSharedNeighbors({ listen: [], instances }), [
    'neighbor 192.0.2.7 stands in blue and red: what it connects goes to blue',
  ]);
});

test('prefixes of two instances that overlap are named; an address within a prefix of another instance is no matter', (t) => {
  const instances = [
    instance('blue', [], ['10.0.0.0/8', '2001:db8::/32']),
    instance('red', ['10.9.9.9'], ['10.1.0.0/16', '192.0.2.0/24']),
  ];
  t.deepEqual(listSharedNeighbors({ listen: [], instances }), [
    'dynamic neighbors 10.1.0.0/16 of red overlap 10.0.0.0/8 of blue: what connects from both goes to blue',
  ]);
});
