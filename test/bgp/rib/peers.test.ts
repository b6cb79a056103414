// The table of a RIB's peers: their order by address, whoever comes and goes.

import test from 'ava';
import { Address, compareAddresses } from '#bgp/net/address.ts';
import { RibPeers } from '#bgp/rib/peers.ts';

test('ranks are in the order of addresses, whoever comes and goes (RFC 4271 §9.1.2.2 g)', (t) => {
  const peers = new RibPeers();
  let seed = 20_261_123;
  const below = (limit: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % limit;
  };
  const present: { readonly index: number; readonly address: Address }[] = [];
  for (let step = 0; step < 400; step++) {
    if (present.length > 0 && below(5) < 2) {
      const [{ index }] = present.splice(below(present.length), 1);
      peers.remove(index);
    } else {
      // Neighbors on several links may have the same address.
      const address = new Address(below(2) === 0 ? 4 : 6, below(20), 0, 0, 0);
      present.push({ address, index: peers.add({ address, kind: 'ebgp', asn: 1, routerId: 1 }) });
    }
    const ordered = present.toSorted((a, b) => peers.addressRanks[a.index] - peers.addressRanks[b.index]);
    t.is(new Set(present.map(({ index }) => peers.addressRanks[index])).size, present.length);
    for (let at = 1; at < ordered.length; at++) {
      t.true(compareAddresses(ordered[at - 1].address, ordered[at].address) <= 0);
    }
  }
});
