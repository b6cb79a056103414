// The tables of `show`, byte for byte against what FRR 8.4 printed in the same state, brought to FRR 10's layout.

import test from 'ava';
import { createFixtureSpeaker, FIXTURE_WALL_MS, readFixtureText } from '#support/frr-fixtures.ts';
import { show } from '#support/show.ts';
import { dropNeighborVersions, dropPeerMemory, toFrr10Summary, toFrr10Table } from './frr-text.ts';

const tables = [
  ['bgp ipv4 unicast', 'ipv4-unicast.txt'],
  ['ip bgp', 'ipv4-unicast.txt'],
  ['bgp ipv6 unicast', 'ipv6-unicast.txt'],
  ['bgp ipv4 unicast 10.0.0.0/8 longer-prefixes', 'ipv4-longer.txt'],
  ['bgp ipv4 unicast neighbors 10.2.0.2 routes', 'ibgp-routes.txt'],
  ['bgp neighbors 10.2.0.2 received-routes', 'ibgp-received-routes.txt'],
  ['bgp ipv4 unicast neighbors 10.2.0.2 advertised-routes', 'ibgp-advertised-routes.txt'],
  ['bgp neighbors 10.1.0.2 advertised-routes', 'ipv4-advertised-routes.txt'],
] as const;

for (const [words, file] of tables) {
  test(`show ${words} is FRR's table`, async (t) => {
    t.is(await show(createFixtureSpeaker(), words, 'text'), toFrr10Table(readFixtureText(file)));
  });
}

const summaries = [
  ['bgp summary', 'summary.txt', FIXTURE_WALL_MS],
  // Recorded one second later.
  ['bgp summary established', 'summary-established.txt', FIXTURE_WALL_MS + 1000],
] as const;

for (const [words, file, wallMs] of summaries) {
  test(`show ${words} is FRR's table but for memory and neighbors' table versions`, async (t) => {
    const ours = dropNeighborVersions(dropPeerMemory(await show(createFixtureSpeaker(), words, 'text', wallMs)));
    t.is(ours, dropNeighborVersions(dropPeerMemory(toFrr10Summary(readFixtureText(file)))));
  });
}

test("show bgp summary failed has FRR's columns and names the failed neighbors", async (t) => {
  const ours = (await show(createFixtureSpeaker(), 'bgp summary failed', 'text')).split('\n');
  const theirs = toFrr10Summary(readFixtureText('summary-failed.txt')).split('\n');
  t.is(
    ours.find((line) => line.startsWith('Neighbor')),
    theirs.find((line) => line.startsWith('Neighbor')),
  );
  t.is(
    ours.find((line) => line.startsWith('10.1.0.99')),
    theirs.find((line) => line.startsWith('10.1.0.99')),
  );
  t.true(ours.includes('10.1.0.98             0       0     never Admin. shutdown'));
  t.deepEqual(ours.slice(-7), theirs.slice(-7));
});

test('show bgp neighbors prints each line of FRR but those of what we do not do', async (t) => {
  const ours = new Set(
    (await show(createFixtureSpeaker(), 'bgp neighbors', 'text', FIXTURE_WALL_MS + 1000)).split('\n'),
  );
  const lacking = [
    /Extended Message|AddPath|RX advertised|Long-lived|Address families by peer|Enhanced Route Refresh/,
    /Graceful Restart Capability|Remote Restart timer|^ +none$|GR Mode|[RN] bit|F bit|Restart Time|Stale Path Time/,
    /End-of-RIB (sent|received): (Yes|No)|End-of-RIB sent after|^    IPv[46] Unicast:$|^      Timers:$/,
    /conditional advertisements|path policy configured|Route map for|Estimated round trip|Read thread|Next connect timer/,
    // FRR tells the last write of a neighbor that never was up by its own start.
    /^  Last read \S+, Last write never$|^  Last reset .*(No AFI\/SAFI|Waiting for peer OPEN)/,
  ];
  const theirs = readFixtureText('neighbors.txt').split('\n');
  const missing = theirs.filter((line) => !ours.has(line) && !lacking.some((pattern) => pattern.test(line)));
  t.deepEqual(missing, []);
  t.true(theirs.length > 200, 'the file was read');
});

test('a neighbor with a long address widens its column and keeps the others apart', async (t) => {
  const speaker = createFixtureSpeaker();
  const [instance] = speaker.instanceViews;
  const address = '2001:db8:1111:2222:3333:4444:5555:6666';
  speaker.instanceViews = [{ ...instance, neighbors: [{ ...instance.neighbors[0], address }] }];
  const lines = (await show(speaker, 'bgp summary', 'text')).split('\n');
  const header = lines.find((line) => line.startsWith('Neighbor')) ?? '';
  const row = lines.find((line) => line.startsWith(address)) ?? '';
  t.is(header.indexOf('V  '), address.length + 1);
  t.regex(row, /:6666 4 +65001 /);
});

test('a description is cut at a word, one without spaces at 20 characters', async (t) => {
  const speaker = createFixtureSpeaker();
  const [instance] = speaker.instanceViews;
  const [neighbor] = instance.neighbors;
  speaker.instanceViews = [{ ...instance, neighbors: [{ ...neighbor, description: 'x'.repeat(40) }] }];
  t.regex(await show(speaker, 'bgp summary', 'text'), / x{20}\n/);
});

test('what a peer chose reaches the terminal escaped', async (t) => {
  const speaker = createFixtureSpeaker();
  const [instance] = speaker.instanceViews;
  const evil = '\u001b[2J\u009b1m\u202eabc';
  const bytes = new TextEncoder().encode(evil);
  const capabilitiesReceived = [{ code: 73, value: Uint8Array.of(bytes.length, ...bytes, 0) }];
  const [first] = instance.neighbors;
  const session = { ...first.session, peerHostname: evil, peerDomainName: evil, peerSoftwareVersion: evil };
  const lastReset = { atWallMs: 0, reason: `Cease: ${evil}`, direction: 'received', code: 6, subcode: 2 } as const;
  speaker.instanceViews = [{ ...instance, neighbors: [{ ...first, capabilitiesReceived, session, lastReset }] }];
  for (const words of ['bgp neighbors', 'bgp summary', 'bgp summary failed', 'bgp ipv4 unicast']) {
    for (const format of ['text', 'json'] as const) {
      const text = await show(speaker, words, format);
      const controls = Array.from(text).filter((character) => character !== '\n' && /[\p{Cc}\p{Cf}]/u.test(character));
      t.deepEqual(controls, [], `${words} ${format}`);
    }
  }
  t.regex(await show(speaker, 'bgp neighbors', 'text'), /Hostname: \\x1b\[2J\\x9b1m\\u202eabc\n/);
});

test('the last reset says in the text who sent the NOTIFICATION, as FRR does', async (t) => {
  const speaker = createFixtureSpeaker();
  const [instance] = speaker.instanceViews;
  const [neighbor] = instance.neighbors;
  const shown = async (direction: 'sent' | 'received' | 'local'): Promise<string> => {
    const reason = direction === 'local' ? 'connection closed by peer' : 'Cease/Administrative Reset';
    const lastReset = { atWallMs: 0, reason, direction, code: 6, subcode: 4 };
    speaker.instanceViews = [{ ...instance, neighbors: [{ ...neighbor, lastReset }] }];
    return /Last reset \S+, {2}(.*)\n/.exec(await show(speaker, 'bgp neighbors', 'text'))?.[1] ?? '';
  };
  t.is(await shown('sent'), 'Notification sent (Cease/Administrative Reset)');
  t.is(await shown('received'), 'Notification received (Cease/Administrative Reset)');
  t.is(await shown('local'), 'connection closed by peer');
});

test('why a family is not sent stands in the text and in both JSON forms', async (t) => {
  const speaker = createFixtureSpeaker();
  const [instance] = speaker.instanceViews;
  const [neighbor] = instance.neighbors;
  const reason = 'the session interface has no IPv6 address for the next hop';
  const families = [{ ...neighbor.families[0], notSentReason: reason, sent: 0 }];
  speaker.instanceViews = [{ ...instance, neighbors: [{ ...neighbor, families }] }];
  t.true((await show(speaker, 'bgp neighbors', 'text')).includes(`  Nothing is sent: ${reason}\n`));
  t.true((await show(speaker, 'bgp neighbors', 'json')).includes(`"notSentReason": "${reason}"`));
  t.true((await show(speaker, 'bgp summary', 'json')).includes(`"notSentReason": "${reason}"`));
});
