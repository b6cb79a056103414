// The JSON of `show` against what FRR 8.4 printed in the same state: what FRR prints is there with the same type and value, unless the
// table of this file says why not. test/interop/frr-keys.test.ts does the same with a live FRR.

import test from 'ava';
import { PathFlag } from '#bgp/views.ts';
import {
  createFixtureSpeaker,
  FIXTURE_WALL_MS,
  isJson,
  readFixture,
  readFixtureText,
  toJson,
} from '#support/frr-fixtures.ts';
import { compareJson, plainReasons } from '#support/frr-keys.ts';
import { show } from '#support/show.ts';

const cases = [
  ['bgp summary', 'summary.json'],
  ['bgp summary failed', 'summary-failed.json'],
  ['bgp neighbors', 'neighbors.json'],
  ['bgp ipv4 unicast', 'ipv4-unicast.json'],
  ['bgp ipv6 unicast', 'ipv6-unicast.json'],
  ['bgp neighbors 10.2.0.2 routes', 'ibgp-routes.json'],
  ['bgp neighbors 10.2.0.2 received-routes', 'ibgp-received-routes.json'],
  ['bgp neighbors 10.1.0.2 advertised-routes', 'ipv4-advertised-routes.json'],
  ['bgp ipv6 unicast neighbors 2001:db8:1::2 received-routes', 'ipv6-received-routes.json'],
  ['bgp ipv4 unicast 10.10.2.0/23', 'ipv4-prefix-aggregate.json'],
  ['bgp ipv4 unicast 10.31.0.0/16', 'ipv4-prefix-inaccessible.json'],
  ['bgp ipv4 unicast 203.0.113.0/24', 'ipv4-prefix-local.json'],
] as const;

for (const [words, file] of cases) {
  test(`show ${words} json has FRR's keys with FRR's types`, async (t) => {
    const ours = toJson(JSON.parse(await show(createFixtureSpeaker(), words, 'json')));
    const { unexplained, compared } = compareJson(readFixture(file), ours);
    t.deepEqual(unexplained, []);
    t.true(compared > 5, `${compared} keys were compared`);
  });
}

/** Paths of keys whose values must be FRR's: in a summary or table that a view made of the same file renders. */
function listDifferentValues(theirs: unknown, ours: unknown, path: string, but: RegExp): string[] {
  if (isJson(theirs) && isJson(ours)) {
    return Object.keys(theirs)
      .filter((key) => key in ours)
      .flatMap((key) => listDifferentValues(theirs[key], ours[key], `${path}.${key}`, but));
  }
  if (Array.isArray(theirs) && Array.isArray(ours)) {
    return theirs.flatMap((item, index) => listDifferentValues(item, ours[index], `${path}[${index}]`, but));
  }
  return JSON.stringify(theirs) === JSON.stringify(ours) || but.test(path)
    ? []
    : [`${path}: ${JSON.stringify(theirs)} ≠ ${JSON.stringify(ours)}`];
}

const valueCases = [
  ['bgp summary', 'summary.json', /peerMemory$|peers\..*\.tableVersion$/],
  ['bgp ipv4 unicast', 'ipv4-unicast.json', /^$/],
  ['bgp ipv6 unicast', 'ipv6-unicast.json', /^$/],
  ['bgp neighbors 10.2.0.2 routes', 'ibgp-routes.json', /^$/],
  ['bgp neighbors 10.1.0.2 advertised-routes', 'ipv4-advertised-routes.json', /^$/],
  ['bgp neighbors 10.2.0.2 received-routes', 'ibgp-received-routes.json', /^$/],
] as const;

for (const [words, file, but] of valueCases) {
  test(`show ${words} json has FRR's values`, async (t) => {
    const ours: unknown = JSON.parse(await show(createFixtureSpeaker(), words, 'json'));
    t.deepEqual(listDifferentValues(readFixture(file), ours, '', but), []);
  });
}

test('a family named in every word gives the bare object, otherwise it is keyed by family', async (t) => {
  const speaker = createFixtureSpeaker();
  t.true('routerId' in toJson(JSON.parse(await show(speaker, 'bgp ipv4 unicast summary', 'json'))));
  t.deepEqual(Object.keys(toJson(JSON.parse(await show(speaker, 'ip bgp summary', 'json')))), ['ipv4Unicast']);
  t.deepEqual(Object.keys(toJson(JSON.parse(await show(speaker, 'bgp summary', 'json')))), [
    'ipv4Unicast',
    'ipv6Unicast',
  ]);
});

test('pfxRcd is what the import policy accepted, pfxRcdPrePolicy what came', async (t) => {
  const speaker = createFixtureSpeaker();
  const [instance] = speaker.instanceViews;
  const [neighbor] = instance.neighbors;
  const families = [{ ...neighbor.families[0], receivedPrePolicy: 7, accepted: 0 }];
  speaker.instanceViews = [{ ...instance, neighbors: [{ ...neighbor, families }] }];
  const summary = toJson(JSON.parse(await show(speaker, 'bgp ipv4 unicast summary', 'json')));
  const peer = toJson(toJson(summary['peers'])['10.1.0.2']);
  t.is(peer['pfxRcd'], 0);
  t.is(peer['pfxRcdPrePolicy'], 7);
});

test('the moment a session came up is the same whenever one asks', async (t) => {
  const speaker = createFixtureSpeaker();
  const [instance] = speaker.instanceViews;
  const [neighbor] = instance.neighbors;
  const establishedWallMs = FIXTURE_WALL_MS - 12_700;
  speaker.instanceViews = [{ ...instance, neighbors: [{ ...neighbor, state: 'Established', establishedWallMs }] }];
  for (const wallMs of [0, 100, 400, 800].map((later) => FIXTURE_WALL_MS + later)) {
    const summary = toJson(JSON.parse(await show(speaker, 'bgp ipv4 unicast summary', 'json', wallMs)));
    const peer = toJson(toJson(summary['peers'])['10.1.0.2']);
    t.is(peer['peerUptimeEstablishedEpoch'], Math.floor(establishedWallMs / 1000));
    const detail = toJson(JSON.parse(await show(speaker, 'bgp neighbors 10.1.0.2', 'json', wallMs)));
    t.is(toJson(detail['10.1.0.2'])['bgpTimerUpEstablishedEpoch'], Math.floor(establishedWallMs / 1000));
  }
});

test('a route that the import policy refused is marked and counted among the received ones', async (t) => {
  const speaker = createFixtureSpeaker();
  const { tables } = speaker;
  speaker.tables = {
    ...tables,
    routes: (query) => [...(tables.routes(query) ?? [])].map((route) => ({ ...route, flags: PathFlag.Filtered })),
  };
  const received = toJson(JSON.parse(await show(speaker, 'bgp neighbors 10.2.0.2 received-routes', 'json')));
  t.is(received['totalPrefixCounter'], 5);
  t.is(received['filteredPrefixCounter'], 5);
  t.is(toJson(toJson(received['receivedRoutes'])['10.10.0.0/24'])['filtered'], true);
  t.true((await show(speaker, 'bgp neighbors 10.2.0.2 received-routes', 'text')).includes('prefixes 5 (5 filtered)'));
});

test('an address finds its longest match, a prefix that is not there gives FRR’s empty answers', async (t) => {
  const speaker = createFixtureSpeaker();
  t.is(toJson(JSON.parse(await show(speaker, 'bgp ipv4 unicast 10.10.0.77', 'json')))['prefix'], '10.10.0.0/24');
  t.deepEqual(JSON.parse(await show(speaker, 'bgp ipv4 unicast 9.9.9.0/24', 'json')), {});
  t.is(await show(speaker, 'bgp ipv4 unicast 9.9.9.0/24', 'text'), '% Network not in table\n');
});

test('the detail of a prefix names whom it is advertised to and closes every view it opened', async (t) => {
  const speaker = createFixtureSpeaker();
  const detail = toJson(JSON.parse(await show(speaker, 'bgp ipv4 unicast 10.10.2.0/23', 'json')));
  t.deepEqual(Object.keys(toJson(detail['advertisedTo'])), ['10.1.0.2', '10.2.0.2']);
  t.is(speaker.openViews, 0);
  const text = await show(speaker, 'bgp ipv4 unicast 10.31.0.0/16', 'text', FIXTURE_WALL_MS);
  t.true(text.includes('    172.31.9.9 (inaccessible) from 10.2.0.2 (192.0.2.3)\n'));
  const theirs = readFixtureText('ipv4-prefix-inaccessible.txt')
    .split('\n')
    .filter((line) => !line.includes('Last update'));
  t.deepEqual(
    text.split('\n').filter((line) => !line.includes('Last update')),
    theirs,
  );
});

/** Explained by the live comparison only, which knows states that were not recorded. */
const liveOnly = [
  'rxAdvertised',
  'hostName.advHostName',
  'hostName.advDomainName',
  'advertisedTo',
  'lastErrorCodeSubcode',
  'lastNotificationReason',
  'lastNotificationHardReset',
  'lastResetTimerMsecs',
  'lastResetDueTo',
  'metric',
];

test('each row of the table of lacking keys explains a key', async (t) => {
  const used = new Set<string>();
  for (const [words, file] of cases) {
    const ours = toJson(JSON.parse(await show(createFixtureSpeaker(), words, 'json')));
    for (const line of compareJson(readFixture(file), ours).explained) used.add(line.slice(0, line.indexOf(':')));
  }
  const isUsed = (row: string): boolean => [...used].some((path) => path === row || path.endsWith(`.${row}`));
  t.deepEqual(
    [...plainReasons.keys()].filter((row) => !isUsed(row) && !liveOnly.includes(row)),
    [],
  );
});
