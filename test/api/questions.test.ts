// Tables by community and AS path, update groups, memory, which statement decided, and the orders drain and debug: over the same
// fixture speaker as the other tests of the API.

import test from 'ava';
import { createFixtureSpeaker, plainFamily } from '#support/frr-fixtures.ts';
import { ask, startApi } from '#support/api.ts';
import { show } from '#support/show.ts';
import { createMetrics } from '#api/metrics.ts';

function prefixesOf(json: string): readonly string[] {
  const parsed: unknown = JSON.parse(json);
  const routes = typeof parsed === 'object' && parsed !== null && 'routes' in parsed ? parsed.routes : {};
  return Object.keys(typeof routes === 'object' && routes !== null ? routes : {});
}

test('tables by community, large community and AS path are parts of the whole table, chosen by the attributes shown', async (t) => {
  const speaker = createFixtureSpeaker();
  const all = prefixesOf(await show(speaker, 'bgp ipv4 unicast', 'json'));
  const counts: number[] = [];
  for (const words of [
    'bgp ipv4 unicast community *:*',
    'bgp ipv4 unicast large-community *:*:*',
    'bgp ipv4 unicast as-path ^65001',
    'bgp ipv4 unicast regexp ^$',
  ]) {
    const chosen = prefixesOf(await show(speaker, words, 'json'));
    t.true(
      chosen.every((prefix) => all.includes(prefix)),
      words,
    );
    t.true(chosen.length < all.length, words);
    counts.push(chosen.length);
  }
  t.true(
    counts.some((count) => count > 0),
    `nothing is ever found: ${counts.join(' ')}`,
  );
  t.true(all.length > counts[0]);
});

test('without a value: routes with any community; show ip bgp says the same', async (t) => {
  const ask = async (words: string): Promise<string> => show(createFixtureSpeaker(), words, 'json');
  for (const [words, same] of [
    ['bgp ipv4 unicast community', 'bgp ipv4 unicast community *:*'],
    ['bgp ipv4 unicast large-community', 'bgp ipv4 unicast large-community *:*:*'],
    ['ip bgp community', 'bgp ipv4 unicast community *:*'],
    ['ip bgp large-community *:*:*', 'bgp ipv4 unicast large-community *:*:*'],
    ['ip bgp regexp ^65001', 'bgp ipv4 unicast as-path ^65001'],
    ['ip bgp update-groups', 'bgp ipv4 unicast update-groups'],
    ['ip bgp memory', 'bgp memory'],
    ['bgp', 'bgp ipv4 unicast'],
    ['bgp 10.10.2.0/23', 'bgp ipv4 unicast 10.10.2.0/23'],
    ['bgp 10.0.0.0/8 longer-prefixes', 'bgp ipv4 unicast 10.0.0.0/8 longer-prefixes'],
    ['bgp 2001:db8::/32 longer-prefixes', 'bgp ipv6 unicast 2001:db8::/32 longer-prefixes'],
  ]) {
    t.is(await ask(words), await ask(same), words);
  }
  t.true(prefixesOf(await ask('ip bgp regexp ^65001')).length > 0);
});

test('exact-match leaves the routes that have this community and no other', async (t) => {
  const speaker = createFixtureSpeaker();
  const { tables } = speaker;
  // The first prefixes have 65000:1; 65000:1 and 65000:2; 65000:2; the rest none.
  const lists = [[0xfde80001], [0xfde80001, 0xfde80002], [0xfde80002]];
  speaker.tables = {
    ...tables,
    routes: (query) => {
      const routes = [...(tables.routes(query) ?? [])];
      const prefixes = [...new Set(routes.map(({ prefix }) => prefix))];
      return routes.map((route) => {
        const communities = lists[prefixes.indexOf(route.prefix)] ?? [];
        const largeCommunities = communities.map((low): [number, number, number] => [65000, 1, low & 0xff]);
        return { ...route, attributes: { ...route.attributes, communities, largeCommunities } };
      });
    },
  };
  const count = async (words: string): Promise<number> => {
    const text = await show(speaker, words, 'text');
    return Number(/Displayed +(\d+) routes/.exec(text)?.[1]);
  };
  t.deepEqual(
    await Promise.all(
      ['65000:1', '65000:1 exact-match', '65000:*', '65000:* exact-match'].map((of) => count(`bgp community ${of}`)),
    ),
    [2, 1, 3, 2],
  );
  t.deepEqual(
    await Promise.all(['65000:1:1', '65000:1:1 exact-match'].map((of) => count(`bgp large-community ${of}`))),
    [2, 1],
  );
});

test('show bgp debug lists whose messages are logged, of every instance that is not left out by name', async (t) => {
  const speaker = createFixtureSpeaker();
  t.is(await show(speaker, 'bgp debug', 'text'), 'BGP debugging is off\n');
  const [view] = speaker.instanceViews;
  const neighbors = view.neighbors.map((neighbor, index) => ({
    ...neighbor,
    debug: index === 0 ? (['open', 'update'] as const) : [],
  }));
  const [{ address }] = neighbors;
  const head = 'BGP debugging status (messages that are logged):\n';
  speaker.instanceViews = [{ ...view, neighbors }];
  t.is(await show(speaker, 'debugging', 'text'), `${head}  ${address}: open update\n`);
  speaker.instanceViews = [
    { ...view, neighbors },
    { ...view, instance: 'other', neighbors },
  ];
  t.is(
    await show(speaker, 'debugging bgp', 'text'),
    `${head}  ${address} (${view.instance}): open update\n  ${address} (other): open update\n`,
  );
  t.deepEqual(JSON.parse(await show(speaker, 'bgp instance other debug', 'json')), {
    debugging: [{ instance: 'other', neighbor: address, debug: ['open', 'update'] }],
  });
});

test('before there is an instance every table says that none is configured, and JSON is empty', async (t) => {
  const speaker = createFixtureSpeaker();
  speaker.instanceViews = [];
  for (const words of ['bgp summary', 'bgp neighbors', 'bgp', 'bgp 10.0.0.0/8', 'bgp community', 'bgp memory']) {
    t.is(
      await show(speaker, words, 'text'),
      '% No BGP instance is configured (yet); waggle status tells more\n',
      words,
    );
    t.deepEqual(JSON.parse(await show(speaker, words, 'json')), {}, words);
  }
});

test('every row that an AS path expression leaves has such a path, in the text as well', async (t) => {
  const text = await show(createFixtureSpeaker(), 'bgp ipv4 unicast as-path ^65001', 'text');
  const rows = text.split('\n').filter((line) => / 65001 .*[ie?]$/.test(line));
  t.true(rows.length > 0);
  t.regex(text, /Displayed \d+ routes and \d+ total paths/);
});

test('a pattern that means nothing is refused with what would be right', async (t) => {
  const running = await startApi(createFixtureSpeaker());
  t.teardown(() => running.close());
  for (const [path, expected] of [
    ['/show/bgp/ipv4/community/bees', /64500:100/],
    ['/show/bgp/large-community/1:2', /64500:1:2/],
    ['/show/bgp/as-path/(65001', /position/],
  ] as const) {
    const { status, body } = await ask({ socketPath: running.socketPath, path });
    t.is(status, 400, path);
    t.regex(body, expected, path);
  }
});

test('update groups and memory are shown as the speaker tells them', async (t) => {
  const speaker = createFixtureSpeaker();
  speaker.groupViews = [
    {
      instance: 'default',
      family: 'ipv4-unicast',
      id: 3,
      members: ['10.1.0.2', '10.2.0.2'],
      routes: 7,
      bytes: 4096,
      options: { kind: 'ebgp', addPath: 0 },
    },
  ];
  speaker.memoryViews = [
    {
      instance: 'default',
      families: [
        { family: 'ipv4-unicast', prefixes: 2, paths: 3, tableBytes: 2048, updateGroups: 1, updateGroupBytes: 512 },
      ],
      attributeSets: 4,
      attributeBytes: 100,
      neighbors: 5,
    },
  ];
  const groups = await show(speaker, 'bgp update-groups', 'text');
  t.true(groups.includes('Update-group 3, IPv4 Unicast:\n  Routes: 7\n'));
  t.true(groups.includes('  Members: 10.1.0.2 10.2.0.2\n  kind: ebgp\n'));
  t.deepEqual(JSON.parse(await show(speaker, 'bgp ipv6 unicast update-groups', 'json')), { updateGroups: [] });
  t.true((await show(speaker, 'bgp memory', 'text')).startsWith('2 IPv4 Unicast prefixes with 3 paths, using 2.0 KiB'));
  t.like(JSON.parse(await show(speaker, 'bgp memory', 'json')), { attributeSets: 4, peers: 5 });
});

test('drain, undrain and debug reach the speaker; an unknown neighbor or kind of message is refused', async (t) => {
  const speaker = createFixtureSpeaker();
  const running = await startApi(speaker);
  t.teardown(() => running.close());
  const post = (path: string): ReturnType<typeof ask> => ask({ socketPath: running.socketPath, path, method: 'POST' });
  t.is((await post('/bgp/drain/10.1.0.2')).status, 200);
  t.is((await post('/bgp/undrain/*')).status, 200);
  t.is((await post('/bgp/drain/192.0.2.77')).status, 404);
  t.deepEqual(speaker.drains.slice(0, 2), [
    ['10.1.0.2', true],
    [undefined, false],
  ]);
  t.is((await post('/bgp/debug/10.1.0.2/open,update')).status, 200);
  t.is((await post('/bgp/debug/10.1.0.2/off')).status, 200);
  t.deepEqual(speaker.debugs, [
    ['10.1.0.2', ['open', 'update']],
    ['10.1.0.2', []],
  ]);
  const refused = await post('/bgp/debug/10.1.0.2/everything');
  t.is(refused.status, 400);
  t.regex(refused.body, /open, update, keepalive/);
});

test("frr_exporter's metrics tell state, routes and messages of every neighbor", async (t) => {
  const metrics = createMetrics({ speaker: createFixtureSpeaker(), version: '0' });
  t.teardown(() => metrics.close());
  const text = await metrics.registry.metrics();
  t.regex(
    text,
    /frr_bgp_peer_state\{vrf="default",afi="ipv4",safi="unicast",local_as="65000",peer="10\.1\.0\.2",[^}]*\} 1\n/,
  );
  t.regex(text, /frr_bgp_peer_state\{[^}]*peer="10\.1\.0\.98",[^}]*\} 2\n/);
  for (const name of [
    'rib_count_total',
    'rib_memory_bytes',
    'peers_count_total',
    'peers_memory_bytes',
    'peer_groups_count_total',
    'peer_groups_memory_bytes',
    'peer_prefixes_received_count_total',
    'peer_prefixes_accepted_count_total',
    'peer_prefixes_filtered_count_total',
    'peer_prefixes_advertised_count_total',
    'peer_message_received_total',
    'peer_message_sent_total',
    'peer_uptime_seconds',
    'peer_state',
    'peer_types_up',
  ]) {
    t.regex(text, new RegExp(`^frr_bgp_${name}\\{`, 'm'), name);
  }
});

test('stale routes, limits and what waits for the next session stand in show bgp neighbors', async (t) => {
  const speaker = createFixtureSpeaker();
  const [instance] = speaker.instanceViews;
  const [neighbor] = instance.neighbors;
  const families = [
    {
      ...plainFamily,
      stale: 12,
      staleRemainingSec: 30,
      isLongLived: true,
      refusedByLimit: 4,
      maxPrefixes: { limit: 100, warningPercent: 75, action: 'restart', restartSec: 5 } as const,
    },
  ];
  const session = {
    ...neighbor.session,
    pending: [{ field: 'hold time', running: '9 s', configured: '30 s' }],
    heldDownReason: 'secret bgp-auth not found',
  };
  speaker.instanceViews = [{ ...instance, neighbors: [{ ...neighbor, families, session }] }];
  const text = await show(speaker, 'bgp neighbors', 'text');
  t.true(text.includes('      Stale routes: 12 (long-lived), kept for 30 more seconds\n'));
  t.true(
    text.includes('  Maximum prefixes allowed 100\n  Threshold for warning message 75%, restart interval 5 sec\n'),
  );
  t.true(text.includes('  4 announcements refused beyond the limit\n'));
  t.true(text.includes('hold time is 9 s, configured 30 s\n'));
  t.true(text.includes(' Kept down: secret bgp-auth not found\n'));
  const json = await show(speaker, 'bgp neighbors', 'json');
  t.true(json.includes('"prefixAllowedMax": 100') && json.includes('"staleRoutes": 12'));
});
