// Peers that ask for much within the rules: path identifiers without end, thousands of communities, routes that come and go all the
// time. What is held is bounded and shown, and the neighbor beside hears what is true in the end, not every step. The limits on
// prefixes: max-prefixes.test.ts; 64,000 attribute sets and a thousand peers: test/interop/hostile*.test.ts.

import test from 'ava';
import { cpuMs } from '#support/cpu-time.ts';
import { describeEvent } from '#io/log.ts';
import { locRib, neighborView, prefixesOf, showRoutes } from '#support/speaker-lab.ts';
import { attributesOf, begin, BESIDE, HERE, leads, origin, PEER } from './between.ts';
import { peerKinds } from './session/peer-kinds.ts';
import { attribute, concat, fromHex, update } from './wire/bytes.ts';

for (const kind of peerKinds) {
  const attributes = attributesOf(kind);

  test(`class 17: 10,000 path identifiers for one prefix: 256 are held, the others counted and shown, a withdrawal makes room (${kind})`, (t) => {
    const { lab, speaker, peer, beside } = begin(kind, [69, 4, 0, 1, 1, 2], {
      familyOptions: { 'ipv4-unicast': { receivesAddPath: true } },
    });
    const path = (id: number): number[] => [0, 0, id >> 8, id & 255, 24, 198, 51, 100];
    const flood = Array.from({ length: 100 }, (_, part) =>
      update({ attributes, nlri: Array.from({ length: 100 }, (_unused, id) => path(part * 100 + id)).flat() }),
    );
    peer.send(...flood);
    lab.settle();
    const family = (): { receivedPrePolicy: number; crowdedPaths: number } => neighborView(speaker, PEER).families[0];
    t.like(family(), { receivedPrePolicy: 256, crowdedPaths: 9744 });
    t.like(neighborView(speaker, PEER), { state: 'Established', connectionsEstablished: 1 });
    t.deepEqual(prefixesOf(showRoutes(beside, locRib('ipv4-unicast'))), ['198.51.100.0/24']);
    peer.send(update({ withdrawn: path(0) }), update({ attributes, nlri: path(9999) }));
    lab.settle();
    t.like(family(), { receivedPrePolicy: 256, crowdedPaths: 9744 });
  });

  for (const offersExtendedMessages of [true, false]) {
    const outcome = offersExtendedMessages ? 'passed on' : 'withheld, with a word, from who takes 4,096 octets';
    test(`class 17: a route with 16,000 communities is taken and ${outcome} (${kind})`, (t) => {
      const { lab, speaker, events, peer, beside } = begin(kind, [6, 0], {}, { offersExtendedMessages });
      const many = attribute(
        0xd0,
        8,
        Uint8Array.from({ length: 64_000 }, (_, index) => (index * 31) & 127),
      );
      peer.send(update({ attributes: [...attributes, many], nlri: [24, 198, 51, 100] }));
      peer.send(update({ attributes, nlri: [24, 203, 0, 113] }));
      lab.settle();
      t.is(showRoutes(speaker, locRib('ipv4-unicast')).length, 2);
      t.is(neighborView(speaker, PEER).state, 'Established');
      const both = ['198.51.100.0/24', '203.0.113.0/24'];
      t.deepEqual(
        prefixesOf(showRoutes(beside, locRib('ipv4-unicast'))),
        offersExtendedMessages ? both : both.slice(1),
      );
      const told = events.filter(({ type }) => type === 'route-not-sent');
      t.is(told.length, offersExtendedMessages ? 0 : 1);
      if (!offersExtendedMessages) t.like(told[0], { neighbors: [BESIDE], prefix: '198.51.100.0/24' });
      t.like(neighborView(beside, HERE), { state: 'Established', connectionsEstablished: 1 });
    });
  }

  test(`class 17: a route that changes 10,000 times in a burst is decided and told of a few times, and is right in the end (${kind})`, (t) => {
    const { lab, speaker, peer, beside } = begin(kind, []);
    const seen = neighborView(beside, HERE).received.update;
    const nlri = [24, 198, 51, 100];
    const flap = concat(update({ attributes, nlri }), update({ withdrawn: nlri }));
    for (let burst = 0; burst < 10; burst++) {
      peer.send(concat(...Array.from({ length: 500 }, () => flap)));
      lab.settle();
    }
    peer.send(update({ attributes, nlri }));
    lab.settle();
    t.is(neighborView(speaker, PEER).received.update, 10_001);
    t.deepEqual(prefixesOf(showRoutes(beside, locRib('ipv4-unicast'))), ['198.51.100.0/24']);
    const told = neighborView(beside, HERE).received.update - seen;
    t.true(told < 400, `${told} UPDATEs for 10,001 changes`);
    t.is(neighborView(beside, HERE).connectionsEstablished, 1);
  });

  test(`class 13: a route that grows too long for the neighbor beside is withdrawn from it, and comes back when it fits (${kind})`, (t) => {
    const { lab, speaker, events, peer, beside } = begin(kind, [], {}, { offersExtendedMessages: false });
    const nlri = [24, 198, 51, 100];
    // Header and lengths, the attributes above, NLRI, and 4,096 octets in all. Going out it gets more: our number in the path of an
    // external peer or among the confederation's, ORIGINATOR_ID and CLUSTER_LIST when it is reflected.
    const known = attributes.reduce((sum, { length }) => sum + length, 0);
    const filler = attribute(0xd0, 99, new Uint8Array(4096 - 23 - known - 4 - 4));
    const longest = update({ attributes: [...attributes, filler], nlri });
    t.is(longest.length, 4096);
    const shown = (): readonly string[] => prefixesOf(showRoutes(beside, locRib('ipv4-unicast')));
    peer.send(update({ attributes, nlri }));
    lab.settle();
    t.deepEqual(shown(), ['198.51.100.0/24']);
    peer.send(longest);
    lab.settle();
    t.is(showRoutes(speaker, locRib('ipv4-unicast')).length, 1);
    t.deepEqual(shown(), []);
    const told = events.filter(({ type }) => type === 'route-not-sent');
    t.is(told.length, 1);
    t.like(told[0], { neighbors: [BESIDE], prefix: '198.51.100.0/24' });
    t.regex(describeEvent(told[0]).message, /^198\.51\.100\.0\/24 is not sent to 192\.0\.2\.9: /);
    peer.send(update({ attributes, nlri }));
    lab.settle();
    t.deepEqual(shown(), ['198.51.100.0/24']);
    t.like(neighborView(beside, HERE), { state: 'Established', connectionsEstablished: 1 });
  });

  test(`class 17: paths of 16,000 numbers in extended messages meet expressions over paths (CVE-2026-49943): judged at once (${kind})`, (t) => {
    // A confederation's numbers stand in parentheses, and an internal peer has none of its own.
    const hostile = '^(\\(65002\\)_|65002_|7_)*(7_7_|7_)+8$';
    const { lab, speaker, peer, beside } = begin(
      kind,
      [6, 0],
      { importPolicy: { policy: 'paths' } },
      {},
      {
        policies: [
          {
            name: 'paths',
            otherwise: 'accept',
            statements: [{ name: 'eights', match: { asPath: hostile }, set: {}, action: 'reject' }],
          },
        ],
      },
    );
    const segment = concat([2, 255], fromHex('00000007'.repeat(255)));
    const pathOf = (segments: number, last: string): Uint8Array =>
      attribute(
        0x50,
        2,
        concat(leads[kind], ...Array.from({ length: segments }, () => segment), fromHex(`02 01 ${last}`)),
      );
    const startMs = cpuMs();
    for (const [third, last] of ['00000008', '00000009'].entries()) {
      peer.send(update({ attributes: [origin, pathOf(63, last), ...attributes.slice(2)], nlri: [24, 198, 51, third] }));
    }
    lab.settle();
    const tookMs = cpuMs() - startMs;
    t.log(`${tookMs.toFixed(1)} ms`);
    // Backtracking would take longer than anybody lives.
    t.true(tookMs < 5000);
    t.deepEqual(prefixesOf(showRoutes(speaker, locRib('ipv4-unicast'))), ['198.51.1.0/24']);
    t.like(neighborView(speaker, PEER), { state: 'Established', connectionsEstablished: 1 });
    t.like(neighborView(beside, HERE), { state: 'Established', connectionsEstablished: 1 });
  });

  test(`class 17: a flood of prefixes beyond a limit ends that session alone, with the limit in its words (${kind})`, (t) => {
    const limit = { limit: 100, action: 'restart', warningPercent: 75, restartSec: 60 } as const;
    const { lab, speaker, events, peer, beside } = begin(kind, [], {
      familyOptions: { 'ipv4-unicast': { maxPrefixes: limit } },
    });
    const many = Array.from({ length: 900 }, (_, index) => [24, 10, index >> 8, index & 255]).flat();
    const flood = update({ attributes, nlri: many });
    t.true(flood.length < 4096);
    peer.send(flood, flood);
    lab.settle();
    t.deepEqual(peer.notification()?.slice(0, 2), [6, 1]);
    t.regex(neighborView(speaker, PEER).lastReset?.reason ?? '', /Maximum Number of Prefixes Reached/);
    t.true(events.some((event) => describeEvent(event).message.includes('more than 100')));
    t.deepEqual(prefixesOf(showRoutes(beside, locRib('ipv4-unicast'))), []);
    t.like(neighborView(beside, HERE), { state: 'Established', connectionsEstablished: 1 });
  });

  test(`class 17: 20,000 malformed UPDATEs are counted one by one and logged once a second (${kind})`, (t) => {
    const { lab, speaker, events, peer } = begin(kind, []);
    const bad = update({ attributes: [fromHex('40 01 01 09'), ...attributes.slice(1)], nlri: [24, 198, 51, 100] });
    for (let burst = 0; burst < 20; burst++) {
      peer.send(concat(...Array.from({ length: 1000 }, () => bad)));
      lab.settle();
    }
    t.is(events.filter(({ type }) => type === 'update-fault').length, 1);
    const { treatedAsWithdraw, lastUpdateFault, state } = neighborView(speaker, PEER);
    t.is(treatedAsWithdraw, 20_000);
    t.like(lastUpdateFault, { action: 'treat-as-withdraw', attribute: 1 });
    t.regex(lastUpdateFault?.reason ?? '', /^ORIGIN: /);
    t.is(state, 'Established');
    lab.pass(1);
    peer.send(bad);
    lab.settle();
    t.is(events.filter(({ type }) => type === 'update-fault').length, 2);
  });
}
