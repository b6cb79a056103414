// The API over the real speaker in the same thread (no fake): what it is told to be is what `show`, /v1 and the changes tell of it.

import test from 'ava';
import type { SpeakerConfig } from '#bgp/config.ts';
import { defaultTimers } from '#support/session-defaults.ts';
import { InProcessSpeaker } from '#support/in-process-speaker.ts';
import { ask, startApi } from '#support/api.ts';
import { toJson } from '#support/frr-fixtures.ts';

const config: SpeakerConfig = {
  instance: 'default',
  asn: 65000,
  routerId: '192.0.2.1',
  networks: [
    { prefix: '203.0.113.0/24', origin: 'igp' },
    { prefix: '2001:db8:a::/48', origin: 'incomplete' },
  ],
  neighbors: [
    {
      address: '127.0.0.9',
      port: 1799,
      remoteAsn: 65001,
      description: 'nobody',
      isPassive: true,
      families: ['ipv4-unicast', 'ipv6-unicast'],
      importPolicy: 'accept',
      exportPolicy: 'accept',
      isNextHopSelf: false,
      ttl: undefined,
      sourceAddress: undefined,
      timers: defaultTimers,
      isShutdown: false,
    },
  ],
  policies: [],
};

test('the real speaker is shown as it was configured, and changes reach it', async (t) => {
  const speaker = new InProcessSpeaker();
  const outcome = await speaker.configure({ listen: [], instances: [config] });
  t.deepEqual(outcome.problems, []);
  const running = await startApi(speaker, { wallMs: Date.now });
  t.teardown(async () => {
    await running.close();
    await speaker.stop();
  });
  const { socketPath } = running;
  const get = async (path: string): Promise<string> => (await ask({ socketPath, path })).body;

  const summary = toJson(JSON.parse(await get('/show/bgp/summary')));
  t.deepEqual(Object.keys(summary), ['ipv4Unicast', 'ipv6Unicast']);
  t.is(toJson(summary['ipv4Unicast'])['ribCount'], 1);

  t.regex(await get('/show/bgp/ipv4/unicast?format=text'), /\n \*> {2}203\.0\.113\.0\/24 {3}0\.0\.0\.0 .* 32768 i\n/);
  t.regex(await get('/show/bgp/ipv6/unicast?format=text'), /\n \*> {2}2001:db8:a::\/48 {2}:: .* 32768 \?\n/);
  const detail = await get('/show/bgp/ipv4/unicast/203.0.113.0/24?format=text');
  t.regex(detail, /Paths: \(1 available, best #1, table default\)\n {2}Not advertised to any peer\n {2}Local\n/);
  t.regex(detail, /0\.0\.0\.0 from 0\.0\.0\.0 \(192\.0\.2\.1\)\n/);
  const received = toJson(JSON.parse(await get('/show/bgp/neighbors/127.0.0.9/received-routes')));
  t.deepEqual([received['receivedRoutes'], received['totalPrefixCounter']], [{}, 0]);

  const shut = await ask({ socketPath, method: 'POST', path: '/bgp/shutdown/127.0.0.9' });
  t.is(shut.status, 200);
  t.regex(await get('/show/bgp/summary?format=text'), /127\.0\.0\.9 .* Idle \(Admin\) +0 nobody\n/);
  t.is((await ask({ socketPath, method: 'POST', path: '/bgp/no-shutdown/127.0.0.9' })).status, 200);
  t.notRegex(await get('/show/bgp/summary?format=text'), /Idle \(Admin\)/);
  t.is((await ask({ socketPath, method: 'POST', path: '/clear/bgp/*/soft' })).status, 200);
  t.is((await ask({ socketPath, method: 'POST', path: '/clear/bgp/10.9.9.9' })).status, 404);
  t.is((await speaker.figures()).openViews, 0);
  t.deepEqual(running.faults, []);
});
