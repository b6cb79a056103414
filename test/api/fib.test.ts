// What the kernel has of our routes, as the status, `show ip route summary`, the detail of a prefix and the metrics tell it: over the
// fixture speaker, whose FIB the test makes up. test/fib and test/interop have the real ones.

import test from 'ava';
import { createMetrics } from '#api/metrics.ts';
import type { InstanceFibView } from '#speaker/port.ts';
import { ask, startApi } from '#support/api.ts';
import { createFixtureSpeaker, toJson } from '#support/frr-fixtures.ts';
import { show } from '#support/show.ts';

const none = { wanted: 0, installed: 0, stale: 0, pending: 0, failed: 0, unresolved: 0 };
const reason = 'another program has a route of this prefix and metric (EEXIST)';
const fib: InstanceFibView = {
  instance: 'default',
  table: 254,
  metric: 20,
  families: [
    { family: 'ipv4-unicast', wanted: 9, installed: 6, stale: 1, pending: 2, failed: 1, unresolved: 1 },
    { ...none, family: 'ipv6-unicast', wanted: 3, installed: 3 },
  ],
  batches: 7,
  writes: 21,
  refusals: 4,
  lastRefusal: { prefix: '203.0.113.0/24', reason, wallMs: Date.UTC(2026, 10, 23) },
};

test('show ip route summary counts in the shape of FRR what is wanted and what the kernel has', async (t) => {
  const speaker = createFixtureSpeaker();
  t.is(await show(speaker, 'ip route summary', 'text'), '% No instance installs routes (fib: kernel)\n');
  speaker.fibViews = [fib];
  const json = toJson(JSON.parse(await show(speaker, 'ip route summary', 'json')));
  t.deepEqual(json['routes'], [{ fib: 6, rib: 9, fibOffLoaded: 0, fibTrapped: 0, type: 'bgp' }]);
  t.like(json, { routesTotal: 9, routesTotalFib: 6 });
  t.deepEqual(json['tables'], [
    {
      instance: 'default',
      table: 254,
      metric: 20,
      wanted: 9,
      installed: 6,
      stale: 1,
      pending: 2,
      failed: 1,
      unresolved: 1,
      batches: 7,
      writes: 21,
      refusals: 4,
      lastRefusal: { prefix: '203.0.113.0/24', reason, at: '2026-11-23T00:00:00.000Z' },
    },
  ]);
  t.is(
    await show(speaker, 'ip route summary', 'text'),
    `Route Source         Routes               FIB  (vrf default)
bgp                  9                    6
------
Totals               9                    6

Instance default, table 254, metric 20: 6 routes in the kernel, 1 of an earlier run, 2 to be written, 1 refused, 1 without a next hop
  21 writes in 7 batches, 4 refused
  last refused 203.0.113.0/24 at 2026-11-23T00:00:00.000Z: ${reason}
`,
  );
  t.like(toJson(JSON.parse(await show(speaker, 'ipv6 route summary', 'json'))), { routesTotal: 3, routesTotalFib: 3 });
});

test('the status has a line for the kernel: a warning with the reason while routes are refused, an error when all are', async (t) => {
  const speaker = createFixtureSpeaker();
  const running = await startApi(speaker);
  t.teardown(() => running.close());
  speaker.instanceViews = [];
  const components = async (): Promise<unknown> =>
    toJson(JSON.parse((await ask({ socketPath: running.socketPath, path: '/status' })).body))['components'];
  t.deepEqual(await components(), []);
  speaker.fibViews = [{ ...fib, families: [{ ...none, family: 'ipv4-unicast', wanted: 2, installed: 2 }] }];
  // What was refused once and is there now is no fault.
  t.deepEqual(await components(), [
    { component: 'fib', state: 'ok', message: 'table 254, metric 20: 2 routes in the kernel' },
  ]);
  speaker.fibViews = [fib, { ...fib, instance: 'other', families: [{ ...none, family: 'ipv4-unicast', failed: 5 }] }];
  const last = `last refused 203.0.113.0/24 at 2026-11-23T00:00:00.000Z: ${reason}`;
  t.deepEqual(await components(), [
    {
      component: 'fib default',
      state: 'warning',
      message: `table 254, metric 20: 9 routes in the kernel, 1 of an earlier run, 2 to be written, 1 refused, 1 without a next hop; ${last}`,
    },
    {
      component: 'fib other',
      state: 'error',
      message: `table 254, metric 20: 0 routes in the kernel, 5 refused; ${last}`,
    },
  ]);
});

test('the best path of a prefix tells whether the kernel has it, in the keys of FRR, and why not', async (t) => {
  const speaker = createFixtureSpeaker();
  const table = toJson(toJson(JSON.parse(await show(speaker, 'bgp ipv4 unicast', 'json')))['routes']);
  const [prefix] = Object.keys(table);
  const best = async (): Promise<Record<string, unknown>> => {
    const { paths } = toJson(JSON.parse(await show(speaker, `bgp ipv4 unicast ${prefix}`, 'json')));
    const found = (Array.isArray(paths) ? paths.map(toJson) : []).filter((path) => 'bestpath' in path);
    t.is(found.length, 1);
    return found[0];
  };
  t.false(
    'fibInstalled' in (await best()) || 'fibPending' in (await best()),
    'without fib: kernel there is nothing to tell',
  );
  for (const [state, why, keys, text] of [
    ['installed', '', { fibInstalled: true }, /valid, .*, in the kernel, best/],
    ['pending', '', { fibPending: true }, /, not in the kernel, best/],
    [
      'refused',
      reason,
      { fibPending: true, fibReason: reason },
      /\n {6}Not in the kernel: another program has .*\(EEXIST\)\n/,
    ],
    [
      'unresolved',
      'next hop 192.0.2.9 is not reachable',
      { fibPending: true, fibReason: 'next hop 192.0.2.9 is not reachable' },
      /\n {6}Not in the kernel: next hop/,
    ],
  ] as const) {
    speaker.fibRoutes = { [prefix]: { state, reason: why } };
    const { fibInstalled, fibPending, fibReason } = await best();
    t.deepEqual(JSON.parse(JSON.stringify({ fibInstalled, fibPending, fibReason })), keys, state);
    t.regex(await show(speaker, `bgp ipv4 unicast ${prefix}`, 'text'), text, state);
  }
});

test('metrics count routes by state, batches and refusals, and name the last reason', async (t) => {
  const speaker = createFixtureSpeaker();
  const metrics = createMetrics({ speaker, version: '1' });
  t.notRegex(await metrics.registry.metrics(), /waggle_fib_\w+\{/);
  speaker.fibViews = [fib];
  for (let scrape = 0; scrape < 2; scrape++) {
    const text = await metrics.registry.metrics();
    const labels = 'instance_name="default",table="254"';
    for (const line of [
      `waggle_fib_routes{${labels},afi="ipv4",state="installed"} 6`,
      `waggle_fib_routes{${labels},afi="ipv4",state="pending"} 2`,
      `waggle_fib_routes{${labels},afi="ipv4",state="failed"} 1`,
      `waggle_fib_routes{${labels},afi="ipv4",state="unresolved"} 1`,
      `waggle_fib_routes{${labels},afi="ipv6",state="installed"} 3`,
      `waggle_fib_batches_total{${labels}} 7`,
      `waggle_fib_writes_total{${labels}} 21`,
      `waggle_fib_refusals_total{${labels}} 4`,
      `waggle_fib_last_refusal_timestamp_seconds{${labels},reason="${reason}"} ${Date.UTC(2026, 10, 23) / 1000}`,
    ]) {
      t.true(text.split('\n').includes(line), `scrape ${scrape}: ${line}`);
    }
  }
  metrics.close();
});
