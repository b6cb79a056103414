// How often a speaker asks where next hops are.

import test from 'ava';
import type { NextHopResolver } from '#bgp/ports.ts';
import { everythingReachable, neighborConfig, networks, speakerConfig, SpeakerLab } from '#support/speaker-lab.ts';

test('a session that comes up makes nobody ask again where the next hops of others are', (t) => {
  const lab = new SpeakerLab();
  let asked = 0;
  const resolver: NextHopResolver = {
    resolve: (address) => {
      asked++;
      return everythingReachable.resolve(address);
    },
  };
  const { speaker: us } = lab.add('us', ['192.0.2.1'], resolver);
  const others = ['192.0.2.2', '192.0.2.3'];
  us.configure(
    speakerConfig({
      asn: 65001,
      routerId: '192.0.2.1',
      neighbors: others.map((address) => neighborConfig({ address, isPassive: true })),
    }),
  );
  const come = (address: string, asn: number): void => {
    lab.add(address, [address]).speaker.configure(
      speakerConfig({
        asn,
        routerId: address,
        neighbors: [neighborConfig({ address: '192.0.2.1' })],
        networks: networks(`10.${asn - 65000}.0.0/16`),
      }),
    );
    lab.pass(1);
  };
  come(others[0], 65002);
  t.is(asked, 1);
  come(others[1], 65003);
  t.is(asked, 2);
});
