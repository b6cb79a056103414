// Roles and ONLY_TO_CUSTOMER between whole speakers (RFC 9234): what is marked, what is not passed on, what is a leak.

import test from 'ava';
import type { BgpRole, NeighborConfig } from '#bgp/config.ts';
import type { Speaker } from '#bgp/speaker.ts';
import { PathFlag } from '#bgp/views.ts';
import {
  locRib,
  neighborConfig,
  neighborView,
  networks,
  prefixesOf,
  showRoutes,
  speakerConfig,
  SpeakerLab,
} from '#support/speaker-lab.ts';

const LEFT = '192.0.2.1';
const MID = '192.0.2.2';
const RIGHT = '192.0.2.3';

interface Line {
  readonly lab: SpeakerLab;
  readonly left: Speaker;
  readonly mid: Speaker;
  readonly right: Speaker;
}

/**
 * LEFT (65001, 10.1/16) – MID (65002) – RIGHT (65003). `toLeft`, `toRight`: what MID is to each; the others say the opposite
 * unless told otherwise.
 */
function line(toLeft: BgpRole | undefined, toRight: BgpRole | undefined, fromLeft?: BgpRole | 'none'): Line {
  const lab = new SpeakerLab();
  const { speaker: left } = lab.add('left', [LEFT]);
  const { speaker: mid } = lab.add('mid', [MID]);
  const { speaker: right } = lab.add('right', [RIGHT]);
  const role = (name: BgpRole | undefined): Partial<NeighborConfig> => (name === undefined ? {} : { role: name });
  const leftRole = fromLeft === 'none' ? undefined : (fromLeft ?? opposite(toLeft));
  left.configure(
    speakerConfig({
      asn: 65001,
      routerId: LEFT,
      neighbors: [neighborConfig({ address: MID, ...role(leftRole) })],
      networks: networks('10.1.0.0/16'),
    }),
  );
  right.configure(
    speakerConfig({
      asn: 65003,
      routerId: RIGHT,
      neighbors: [neighborConfig({ address: MID, ...role(opposite(toRight)) })],
    }),
  );
  mid.configure(
    speakerConfig({
      asn: 65002,
      routerId: MID,
      neighbors: [
        neighborConfig({ address: LEFT, isPassive: true, ...role(toLeft) }),
        neighborConfig({ address: RIGHT, isPassive: true, ...role(toRight) }),
      ],
      networks: networks('10.2.0.0/16'),
    }),
  );
  lab.pass(30);
  return { lab, left, mid, right };
}

function opposite(role: BgpRole | undefined): BgpRole | undefined {
  if (role === undefined) return undefined;
  const opposites: Record<BgpRole, BgpRole> = {
    provider: 'customer',
    customer: 'provider',
    peer: 'peer',
    'rs-server': 'rs-client',
    'rs-client': 'rs-server',
  };
  return opposites[role];
}

const seen = (speaker: Speaker): string[] => prefixesOf(showRoutes(speaker, locRib('ipv4-unicast')));
const otcOf = (speaker: Speaker, prefix: string): number | undefined =>
  showRoutes(speaker, locRib('ipv4-unicast')).find((route) => route.prefix === prefix)?.attributes.otc;

test('what a provider announces is marked with its number on the way in, and goes to customers only (RFC 9234 §5)', (t) => {
  const toPeer = line('customer', 'peer', 'none');
  t.is(neighborView(toPeer.mid, LEFT).state, 'Established');
  t.is(otcOf(toPeer.mid, '10.1.0.0/16'), 65001, 'added on ingress: the provider sent none');
  t.deepEqual(seen(toPeer.right), ['10.2.0.0/16'], 'not to a peer');
  t.deepEqual(seen(line('customer', 'customer').right), ['10.2.0.0/16'], 'not to another provider');
  const toCustomer = line('customer', 'provider');
  t.deepEqual(seen(toCustomer.right), ['10.1.0.0/16', '10.2.0.0/16']);
  t.is(otcOf(toCustomer.right, '10.1.0.0/16'), 65001);
});

test('what goes to a customer, a peer or a client of a route server carries our number (RFC 9234 §5)', (t) => {
  t.is(otcOf(line(undefined, 'provider').right, '10.2.0.0/16'), 65002);
  t.is(otcOf(line(undefined, 'peer').right, '10.2.0.0/16'), 65002);
  t.is(otcOf(line(undefined, 'rs-server').right, '10.2.0.0/16'), 65002);
  t.is(otcOf(line(undefined, 'customer').right, '10.2.0.0/16'), undefined);
});

test('a customer that passes on a marked route leaks: kept and counted, never used (RFC 9234 §5)', (t) => {
  // LEFT believes to be our provider and so marks its routes; nobody tells, since it sends no role in its OPEN.
  const lab = new SpeakerLab();
  const { speaker: top } = lab.add('top', ['192.0.2.9']);
  const { speaker: leaker } = lab.add('leaker', [LEFT]);
  const { speaker: mid } = lab.add('mid', [MID]);
  top.configure(
    speakerConfig({
      asn: 65009,
      routerId: '192.0.2.9',
      neighbors: [neighborConfig({ address: LEFT, role: 'provider' })],
      networks: networks('10.9.0.0/16'),
    }),
  );
  leaker.configure(
    speakerConfig({
      asn: 65001,
      routerId: LEFT,
      neighbors: [
        neighborConfig({ address: '192.0.2.9', isPassive: true, role: 'customer' }),
        neighborConfig({ address: MID }),
      ],
      networks: networks('10.1.0.0/16'),
    }),
  );
  mid.configure(
    speakerConfig({
      asn: 65002,
      routerId: MID,
      neighbors: [neighborConfig({ address: LEFT, isPassive: true, role: 'provider' })],
    }),
  );
  lab.pass(30);
  t.deepEqual(seen(mid), ['10.1.0.0/16']);
  const [, leak] = showRoutes(mid, { family: 'ipv4-unicast', table: 'received', neighbor: LEFT });
  t.is(leak.prefix, '10.9.0.0/16');
  t.is(leak.flags & PathFlag.Best, 0);
  t.is(neighborView(mid, LEFT).routeLeaks, 1);
});

test('two roles that do not fit each other end in 2/11, a missing one only where it is required (RFC 9234 §4.2)', (t) => {
  const { mid, left } = line('provider', undefined, 'provider');
  t.not(neighborView(mid, LEFT).state, 'Established');
  const resets = [neighborView(mid, LEFT).lastReset, neighborView(left, MID).lastReset];
  t.true(resets.some((reset) => reset?.code === 2 && reset.subcode === 11));
  t.is(neighborView(line('provider', undefined, 'none').mid, LEFT).state, 'Established');
});
