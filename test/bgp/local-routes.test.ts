// Routes that begin at a speaker: networks, what the kernel has and the configuration redistributes, aggregates, default routes.

import test from 'ava';
import type { AggregateConfig, NeighborConfig, SpeakerConfig } from '#bgp/config.ts';
import { parsePrefix, type Prefix } from '#bgp/net/prefix.ts';
import type { Speaker } from '#bgp/speaker.ts';
import { Origin } from '#bgp/wire/attributes.ts';
import {
  locRib,
  neighborConfig,
  neighborView,
  networks,
  prefixesOf,
  showRoutes,
  type ShownRoute,
  speakerConfig,
  SpeakerLab,
} from '#support/speaker-lab.ts';

const A = '192.0.2.1';
const B = '192.0.2.2';

interface Pair {
  readonly lab: SpeakerLab;
  readonly a: Speaker;
  readonly b: Speaker;
  readonly configure: (overrides: Partial<SpeakerConfig>) => ReturnType<Speaker['configure']>;
}

function pair(overrides: Partial<SpeakerConfig>, neighbor: Partial<NeighborConfig> = {}): Pair {
  const lab = new SpeakerLab();
  const { speaker: a } = lab.add('a', [A, '2001:db8::1']);
  const { speaker: b } = lab.add('b', [B, '2001:db8::2']);
  b.configure(speakerConfig({ asn: 65002, routerId: B, neighbors: [neighborConfig({ address: A, isPassive: true })] }));
  const configure: Pair['configure'] = (changes) => {
    const outcome = a.configure(
      speakerConfig({ asn: 65001, routerId: A, neighbors: [neighborConfig({ address: B, ...neighbor })], ...changes }),
    );
    lab.settle();
    return outcome;
  };
  configure(overrides);
  lab.pass(1);
  return { lab, a, b, configure };
}

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new RangeError(text);
  return parsed;
}

const seen = (speaker: Speaker): string[] => prefixesOf(showRoutes(speaker, locRib('ipv4-unicast')));
const routeTo = (speaker: Speaker, text: string): ShownRoute | undefined =>
  showRoutes(speaker, locRib('ipv4-unicast')).find((route) => route.prefix === text);

test('a route of the kernel is originated while its source is redistributed, with its metric as MED', (t) => {
  const { lab, a, b, configure } = pair({});
  a.originate('static', prefix('10.1.0.0/16'), { metric: 7 });
  lab.settle();
  t.deepEqual(seen(b), []);
  configure({ redistribute: [{ source: 'static', families: ['ipv4-unicast'], policy: undefined }] });
  t.deepEqual(seen(b), ['10.1.0.0/16']);
  t.like(routeTo(b, '10.1.0.0/16')?.attributes, { origin: Origin.Incomplete, med: 7 });
  a.originate('static', prefix('10.1.0.0/16'), { metric: 9 });
  a.originate('connected', prefix('10.2.0.0/16'), { metric: 0 });
  a.originate('static', prefix('2001:db8:1::/48'), { metric: 0 });
  lab.settle();
  t.is(routeTo(b, '10.1.0.0/16')?.attributes.med, 9);
  t.deepEqual(seen(b), ['10.1.0.0/16']);
  t.deepEqual(showRoutes(b, locRib('ipv6-unicast')), [], 'the other family is not redistributed');
  configure({});
  t.deepEqual(seen(b), []);
  t.is(neighborView(a, B).connectionsEstablished, 1);
});

test('a prefix that the kernel has from two sources is there as long as one of them is', (t) => {
  const { lab, a, b } = pair({
    redistribute: [
      { source: 'kernel', families: ['ipv4-unicast'], policy: undefined },
      { source: 'connected', families: ['ipv4-unicast'], policy: undefined },
    ],
  });
  const one = prefix('10.1.0.0/16');
  a.originate('kernel', one, { metric: 30 });
  a.originate('connected', one, { metric: 10 });
  lab.settle();
  t.is(routeTo(b, '10.1.0.0/16')?.attributes.med, 10);
  a.withdrawOriginated('connected', one);
  lab.settle();
  t.is(routeTo(b, '10.1.0.0/16')?.attributes.med, 30);
  a.withdrawOriginated('connected', one);
  a.withdrawOriginated('kernel', one);
  lab.settle();
  t.deepEqual(seen(b), []);
});

test('the policy of a source chooses and changes what is redistributed, and a new one does so at once', (t) => {
  const config = (minLength: number, addCommunities: number[]): Partial<SpeakerConfig> => ({
    redistribute: [{ source: 'static', families: ['ipv4-unicast'], policy: { policy: 'in' } }],
    policies: [
      {
        name: 'in',
        otherwise: 'reject',
        statements: [
          {
            name: 'one',
            match: {
              sources: ['redistributed'],
              prefixes: [{ prefix: '10.0.0.0/8', minLength, maxLength: 32 }],
            },
            set: { addCommunities, med: { set: 77 } },
            action: 'accept',
          },
        ],
      },
    ],
  });
  const { lab, a, b, configure } = pair(config(16, [5]));
  a.originate('static', prefix('10.1.0.0/16'), { metric: 1 });
  a.originate('static', prefix('10.2.2.0/24'), { metric: 1 });
  a.originate('static', prefix('172.16.0.0/12'), { metric: 1 });
  lab.settle();
  t.deepEqual(seen(b), ['10.1.0.0/16', '10.2.2.0/24']);
  t.like(routeTo(b, '10.1.0.0/16')?.attributes, { communities: [5], med: 77 });
  configure(config(24, [6]));
  t.deepEqual(seen(b), ['10.2.2.0/24']);
  t.deepEqual(routeTo(b, '10.2.2.0/24')?.attributes.communities, [6]);
});

test('a network of the configuration comes before the same prefix of the kernel', (t) => {
  const { lab, a, b } = pair({
    networks: networks('10.1.0.0/16'),
    redistribute: [{ source: 'static', families: ['ipv4-unicast'], policy: undefined }],
  });
  a.originate('static', prefix('10.1.0.0/16'), { metric: 1 });
  lab.settle();
  t.is(routeTo(b, '10.1.0.0/16')?.attributes.origin, Origin.Igp);
});

test('routes of the kernel outlive a change of the AS number', (t) => {
  const redistribute: SpeakerConfig['redistribute'] = [
    { source: 'static', families: ['ipv4-unicast'], policy: undefined },
  ];
  const { lab, a, b, configure } = pair({ redistribute });
  a.originate('static', prefix('10.1.0.0/16'), { metric: 1 });
  lab.settle();
  configure({ asn: 65009, redistribute });
  lab.pass(60);
  t.deepEqual(routeTo(b, '10.1.0.0/16')?.attributes.asPath, [{ type: 2, asns: [65009] }]);
});

test('an aggregate is there while a more specific route is, and with summary-only in its place (RFC 4271 §9.2.2.2)', (t) => {
  const aggregates = (isSummaryOnly: boolean): readonly AggregateConfig[] => [
    { prefix: '10.0.0.0/8', isSummaryOnly, policy: undefined },
  ];
  const { b, configure } = pair({ networks: networks('172.16.0.0/12'), aggregates: aggregates(false) });
  t.deepEqual(seen(b), ['172.16.0.0/12']);
  const some = networks('10.1.0.0/16', '172.16.0.0/12');
  configure({ networks: some, aggregates: aggregates(false) });
  t.deepEqual(seen(b), ['10.0.0.0/8', '10.1.0.0/16', '172.16.0.0/12']);
  configure({ networks: some, aggregates: aggregates(true) });
  t.deepEqual(seen(b), ['10.0.0.0/8', '172.16.0.0/12']);
  configure({ networks: some });
  t.deepEqual(seen(b), ['10.1.0.0/16', '172.16.0.0/12']);
});

test('a default route is announced to whom it was promised, whatever the table has', (t) => {
  const { a, b, configure } = pair(
    { networks: networks('10.1.0.0/16') },
    { familyOptions: { 'ipv4-unicast': { defaultOriginate: { policy: undefined } } } },
  );
  t.deepEqual(seen(b), ['0.0.0.0/0', '10.1.0.0/16']);
  t.true(neighborView(a, B).families[0].isDefaultOriginated);
  t.deepEqual(seen(a), ['10.1.0.0/16']);
  configure({ networks: networks('10.1.0.0/16'), neighbors: [neighborConfig({ address: B })] });
  t.deepEqual(seen(b), ['10.1.0.0/16']);
  t.is(neighborView(a, B).connectionsEstablished, 1);
});

test('several paths a prefix are sent and taken where both sides said so (RFC 7911)', (t) => {
  const lab = new SpeakerLab();
  const ids = ['192.0.2.11', '192.0.2.12', '192.0.2.13'] as const;
  const { speaker: hub } = lab.add('hub', [A]);
  const { speaker: collector } = lab.add('collector', [B]);
  const ipv4 = { families: ['ipv4-unicast'] as const };
  hub.configure(
    speakerConfig({
      asn: 65001,
      routerId: A,
      neighbors: [
        ...ids.map((address) => neighborConfig({ address, isPassive: true, ...ipv4 })),
        neighborConfig({ address: B, isPassive: true, ...ipv4, familyOptions: { 'ipv4-unicast': { addPathSend: 2 } } }),
      ],
    }),
  );
  for (const [index, address] of ids.entries()) {
    const { speaker } = lab.add(address, [address]);
    const neighbors = [neighborConfig({ address: A, ...ipv4 })];
    speaker.configure(
      speakerConfig({ asn: 65011 + index, routerId: address, neighbors, networks: networks('10.1.0.0/16') }),
    );
  }
  collector.configure(
    speakerConfig({
      asn: 65002,
      routerId: B,
      neighbors: [
        neighborConfig({ address: A, ...ipv4, familyOptions: { 'ipv4-unicast': { receivesAddPath: true } } }),
      ],
    }),
  );
  lab.pass(30);
  t.is(seen(hub).length, 3);
  t.deepEqual(seen(collector), ['10.1.0.0/16', '10.1.0.0/16']);
  t.true(neighborView(hub, B).families[0].sendsAddPath);
  t.true(neighborView(collector, A).families[0].receivesAddPath);
  t.is(neighborView(collector, A).families[0].receivedPrePolicy, 2);
  hub.shutdown(ids[0], true, undefined);
  hub.shutdown(ids[1], true, undefined);
  lab.settle();
  t.deepEqual(seen(collector), ['10.1.0.0/16']);
});
