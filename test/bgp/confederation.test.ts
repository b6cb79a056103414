// Confederations (RFC 5065) and reflection (RFC 4456) between whole speakers: paths, loops, and what the world outside sees.

import test from 'ava';
import type { ConfederationConfig, NeighborConfig, SpeakerConfig } from '#bgp/config.ts';
import { routerId } from '#bgp/net/router-id.ts';
import type { Speaker } from '#bgp/speaker.ts';
import { PathFlag } from '#bgp/views.ts';
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

const SEQUENCE = 2;
const CONFED_SEQUENCE = 3;
const ids = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'] as const;

/** Speakers in a row, each a neighbor of the next; `links[n]` is between n and n + 1, as [here, there]. */
function row(
  lab: SpeakerLab,
  configs: readonly (Partial<SpeakerConfig> & { readonly asn: number })[],
  links: readonly (readonly [Partial<NeighborConfig>, Partial<NeighborConfig>])[] = [],
): Speaker[] {
  const speakers = configs.map((_, index) => lab.add(`s${index}`, [ids[index]]).speaker);
  for (const [index, config] of configs.entries()) {
    const neighbors: NeighborConfig[] = [];
    if (index > 0) {
      const remoteAsn = configs[index - 1].asn;
      neighbors.push(neighborConfig({ address: ids[index - 1], isPassive: true, remoteAsn, ...links[index - 1]?.[1] }));
    }
    if (index + 1 < configs.length) {
      const remoteAsn = configs[index + 1].asn;
      neighbors.push(neighborConfig({ address: ids[index + 1], remoteAsn, ...links[index]?.[0] }));
    }
    speakers[index].configure(
      speakerConfig({ routerId: ids[index], networks: networks(`10.${index}.0.0/16`), neighbors, ...config }),
    );
  }
  lab.pass(30);
  return speakers;
}

function routeTo(speaker: Speaker, prefix: string): ShownRoute | undefined {
  return showRoutes(speaker, locRib('ipv4-unicast')).find((route) => route.prefix === prefix);
}

const seen = (speaker: Speaker): string[] => prefixesOf(showRoutes(speaker, locRib('ipv4-unicast')));

test('within the confederation the path grows in AS_CONFED_SEQUENCE; outside there is one AS (RFC 5065 §4.1)', (t) => {
  // 65101 and 65102 are members of AS 100; 200 is outside and knows nothing of them.
  const lab = new SpeakerLab();
  const confederation = (...members: number[]): ConfederationConfig => ({ identifier: 100, members });
  const [first, second, outside] = row(
    lab,
    [
      { asn: 65101, confederation: confederation(65102) },
      { asn: 65102, confederation: confederation(65101) },
      { asn: 200 },
    ],
    [
      [{}, {}],
      [{}, { remoteAsn: 100 }],
    ],
  );
  t.is(neighborView(second, ids[0]).state, 'Established');
  t.is(neighborView(outside, ids[1]).state, 'Established', 'it was told AS 100');
  t.deepEqual(routeTo(second, '10.0.0.0/16')?.attributes.asPath, [{ type: CONFED_SEQUENCE, asns: [65101] }]);
  t.is(routeTo(second, '10.0.0.0/16')?.attributes.localPref, 100, 'LOCAL_PREF goes along within (RFC 5065 §4)');
  t.deepEqual(routeTo(outside, '10.0.0.0/16')?.attributes.asPath, [{ type: SEQUENCE, asns: [100] }]);
  t.deepEqual(routeTo(first, '10.2.0.0/16')?.attributes.asPath, [
    { type: CONFED_SEQUENCE, asns: [65102] },
    { type: SEQUENCE, asns: [200] },
  ]);
  t.is(first.view().confederationId, 100);
});

test('a route with our confederation in its path, or our member AS, is a loop (RFC 5065 §4)', (t) => {
  const lab = new SpeakerLab();
  // Both ends belong to AS 100, which is in two parts with AS 200 between them.
  const [left, , right] = row(
    lab,
    [
      { asn: 65101, confederation: { identifier: 100, members: [65102] } },
      { asn: 200 },
      { asn: 65102, confederation: { identifier: 100, members: [65101] } },
    ],
    [
      [{}, { remoteAsn: 100 }],
      [{ remoteAsn: 100 }, {}],
    ],
  );
  t.is(neighborView(left, ids[1]).state, 'Established');
  t.deepEqual(seen(right), ['10.1.0.0/16', '10.2.0.0/16']);
  const received = showRoutes(right, { family: 'ipv4-unicast', table: 'received', neighbor: ids[1] });
  const looped = received.find(({ prefix }) => prefix === '10.0.0.0/16');
  t.is((looped?.flags ?? 0) & PathFlag.AsLoop, PathFlag.AsLoop);
});

test('allowas-in lets a route in that names us as often as was said', (t) => {
  const lab = new SpeakerLab();
  const [, , right] = row(
    lab,
    [{ asn: 100 }, { asn: 200 }, { asn: 100 }],
    [
      [{}, {}],
      [{}, { allowAsIn: 1 }],
    ],
  );
  t.deepEqual(seen(right), ['10.0.0.0/16', '10.1.0.0/16', '10.2.0.0/16']);
});

test('a local AS stands before the real one, or in its place (RFC 7705 §3)', (t) => {
  const paths = (localAs: NonNullable<NeighborConfig['localAs']>): unknown[] => {
    const lab = new SpeakerLab();
    const [left, right] = row(lab, [{ asn: 65001 }, { asn: 65002 }], [[{ localAs }, { remoteAsn: 65099 }]]);
    t.is(neighborView(left, ids[1]).state, 'Established');
    return [routeTo(right, '10.0.0.0/16')?.attributes.asPath, routeTo(left, '10.1.0.0/16')?.attributes.asPath];
  };
  const sequence = (...asns: number[]): unknown => [{ type: SEQUENCE, asns }];
  t.deepEqual(paths({ asn: 65099, isNoPrepend: false, isReplaceAs: false }), [
    sequence(65099, 65001),
    sequence(65099, 65002),
  ]);
  t.deepEqual(paths({ asn: 65099, isNoPrepend: true, isReplaceAs: false }), [sequence(65099, 65001), sequence(65002)]);
  t.deepEqual(paths({ asn: 65099, isNoPrepend: true, isReplaceAs: true }), [sequence(65099), sequence(65002)]);
});

test('a reflector passes on what a client sent, with originator and cluster list (RFC 4456 §8)', (t) => {
  const lab = new SpeakerLab();
  const [client, , other] = row(
    lab,
    [{ asn: 65001 }, { asn: 65001, clusterId: '9.9.9.9' }, { asn: 65001 }],
    [
      [{}, { isRouteReflectorClient: true }],
      [{}, {}],
    ],
  );
  t.deepEqual(seen(other), ['10.0.0.0/16', '10.1.0.0/16', '10.2.0.0/16']);
  const { attributes } = routeTo(other, '10.0.0.0/16') ?? {};
  t.is(attributes?.originatorId, routerId(0xc0000201));
  t.deepEqual(attributes?.clusterList, [0x09090909]);
  t.deepEqual(seen(client), ['10.0.0.0/16', '10.1.0.0/16', '10.2.0.0/16'], 'and to the client what a non-client sent');
});

test('a route with our cluster in its list, or that began with us, is not used (RFC 4456 §8)', (t) => {
  const lab = new SpeakerLab();
  const clusterId = '9.9.9.9';
  const reflects: Partial<NeighborConfig> = { isRouteReflectorClient: true };
  const [, , second] = row(
    lab,
    [{ asn: 65001 }, { asn: 65001, clusterId }, { asn: 65001, clusterId }],
    [
      [{}, reflects],
      [{}, {}],
    ],
  );
  t.deepEqual(seen(second), ['10.1.0.0/16', '10.2.0.0/16'], 'both reflectors are of one cluster');
});

test('clients of a route server get paths and next hops as they came (RFC 7947 §2.2)', (t) => {
  const lab = new SpeakerLab();
  const client: Partial<NeighborConfig> = { isRouteServerClient: true };
  const [, , right] = row(
    lab,
    [{ asn: 65001 }, { asn: 65002 }, { asn: 65003 }],
    [
      [{}, client],
      [client, { enforcesFirstAs: false }],
    ],
  );
  const { attributes } = routeTo(right, '10.0.0.0/16') ?? {};
  t.deepEqual(attributes?.asPath, [{ type: SEQUENCE, asns: [65001] }]);
  t.is(String(attributes?.nextHop), ids[0]);
  const own = routeTo(right, '10.1.0.0/16')?.attributes.asPath;
  t.deepEqual(own, [{ type: SEQUENCE, asns: [65002] }], 'what begins at the server has a path all the same');
});

test('another member AS without a policy lacks none (RFC 8212 §1), whether there is a session or not', (t) => {
  const lab = new SpeakerLab();
  const { speaker } = lab.add('one', [ids[0]]);
  const policies = { importPolicy: 'unset', exportPolicy: 'unset' } as const;
  speaker.configure(
    speakerConfig({
      asn: 65001,
      routerId: ids[0],
      confederation: { identifier: 100, members: [65002] },
      neighbors: [
        neighborConfig({ address: ids[1], remoteAsn: 65002, ...policies }),
        neighborConfig({ address: ids[2], remoteAsn: 65003, ...policies }),
      ],
    }),
  );
  t.false(neighborView(speaker, ids[1]).families[0].isImportPolicyMissing);
  t.true(neighborView(speaker, ids[2]).families[0].isImportPolicyMissing);
});

test('a first AS that is not the peer’s is refused unless it need not be (RFC 4271 §6.3)', (t) => {
  const lab = new SpeakerLab();
  const client: Partial<NeighborConfig> = { isRouteServerClient: true };
  const [, , right] = row(
    lab,
    [{ asn: 65001 }, { asn: 65002 }, { asn: 65003 }],
    [
      [{}, client],
      [client, {}],
    ],
  );
  t.is(routeTo(right, '10.0.0.0/16'), undefined);
  t.is(neighborView(right, ids[1]).state, 'Established');
  t.true(neighborView(right, ids[1]).treatedAsWithdraw > 0);
});

test('a private AS gets its own number back where others are removed, so that it knows a loop (RFC 4271 §9.1.2)', (t) => {
  const lab = new SpeakerLab();
  const strip: Partial<NeighborConfig> = { removePrivateAs: 'remove' };
  const [, , right] = row(
    lab,
    [{ asn: 64512 }, { asn: 3320 }, { asn: 64512 }],
    [
      [{}, {}],
      [strip, {}],
    ],
  );
  const received = showRoutes(right, { family: 'ipv4-unicast', table: 'received', neighbor: ids[1] });
  const looped = received.find(({ prefix }) => prefix === '10.0.0.0/16');
  t.deepEqual(looped?.attributes.asPath, [{ type: SEQUENCE, asns: [3320, 64512] }]);
  t.is((looped?.flags ?? 0) & PathFlag.AsLoop, PathFlag.AsLoop);
});
