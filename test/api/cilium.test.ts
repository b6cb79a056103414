// /v1/bgp/* in Cilium's shapes, health and metrics.

import test from 'ava';
import type { SpeakerConfig } from '#bgp/config.ts';
import { defaultTimers } from '#support/session-defaults.ts';
import { createHealthServer } from '#api/health.ts';
import { createMetrics, createMetricsServer } from '#api/metrics.ts';
import { peerSchema, policySchema, routeSchema } from '#api/v1/schemas.ts';
import { ask, startApi } from '#support/api.ts';
import { createFixtureSpeaker, isJson, toJson, type Json } from '#support/frr-fixtures.ts';

/** Every field of the answer must be in the schema with that type, all the way down. */
function listSchemaFaults(value: unknown, schema: Json, path: string): string[] {
  if (schema['type'] === 'array') {
    if (!Array.isArray(value)) return [`${path} is no list`];
    return value.flatMap((item, index) => listSchemaFaults(item, toJson(schema['items']), `${path}[${index}]`));
  }
  if (schema['type'] === 'object') {
    if (!isJson(value)) return [`${path} is no object`];
    const properties = toJson(schema['properties']);
    return Object.entries(value).flatMap(([key, field]) =>
      key in properties
        ? listSchemaFaults(field, toJson(properties[key]), `${path}.${key}`)
        : [`${path}.${key} is unknown`],
    );
  }
  const type = schema['type'] === 'integer' ? 'number' : schema['type'];
  return typeof value === type ? [] : [`${path} is ${typeof value}, not ${String(type)}`];
}

function listItems(body: string): Json[] {
  const parsed: unknown = JSON.parse(body);
  return Array.isArray(parsed) ? parsed.map(toJson) : [];
}

test("peers have Cilium's fields", async (t) => {
  const running = await startApi(createFixtureSpeaker());
  t.teardown(() => running.close());
  const peers = listItems((await ask({ socketPath: running.socketPath, path: '/v1/bgp/peers' })).body);
  t.is(peers.length, 6);
  t.deepEqual(
    peers.flatMap((peer) => listSchemaFaults(peer, toJson(peerSchema), 'peer')),
    [],
  );
  const [peer] = peers;
  t.is(peer['session-state'], 'established');
  t.is(peer['uptime-nanoseconds'], 13_000_000_000);
  t.deepEqual(peer['families'], [{ afi: 'ipv4', safi: 'unicast', received: 6, accepted: 6, advertised: 8 }]);
  const [capability] = Array.isArray(peer['local-capabilities']) ? peer['local-capabilities'] : [];
  t.deepEqual([...Buffer.from(String(toJson(capability)['capabilities']), 'base64')], [1, 4, 0, 1, 0, 1]);
});

test('routes carry NLRI and path attributes as they stand in an UPDATE', async (t) => {
  const running = await startApi(createFixtureSpeaker());
  t.teardown(() => running.close());
  const get = async (query: string): Promise<Json[]> =>
    listItems((await ask({ socketPath: running.socketPath, path: `/v1/bgp/routes?${query}` })).body);
  const routes = await get('table_type=loc-rib&afi=ipv4&safi=unicast');
  t.deepEqual(
    routes.flatMap((route) => listSchemaFaults(route, toJson(routeSchema), 'route')),
    [],
  );
  t.is(routes.length, 10);
  const both = routes.find((route) => route['prefix'] === '10.10.0.0/24');
  t.is(Array.isArray(both?.['paths']) ? both['paths'].length : 0, 2);
  const [path] = Array.isArray(routes[0]['paths']) ? routes[0]['paths'].map(toJson) : [];
  t.deepEqual([...Buffer.from(String(toJson(path['nlri'])['base64']), 'base64')], [8, 10]);
  const v6 = await get('table_type=adj-rib-in&afi=ipv6&safi=unicast&neighbor=2001:db8:1::2');
  t.is(v6.length, 4);
  t.is(v6[0]['neighbor'], '2001:db8:1::2');
  const [first] = Array.isArray(v6[0]['paths']) ? v6[0]['paths'].map(toJson) : [];
  const attributes = (Array.isArray(first['path-attributes']) ? first['path-attributes'] : []).map((entry) =>
    Buffer.from(String(toJson(entry)['base64']), 'base64'),
  );
  // RFC 4760 §3: AFI 2, SAFI 1, 16 octets of next hop, a reserved octet, then the NLRI 2001:db8:b::/48.
  const nextHop = '20010db8000100000000000000000002';
  t.is(attributes.at(-1)?.toString('hex'), `800e1c00020110${nextHop}003020010db8000b`);
  t.deepEqual(await get('table_type=loc-rib&afi=ipv4&safi=unicast&router_asn=64999'), []);
});

const config: SpeakerConfig = {
  instance: 'default',
  asn: 65000,
  routerId: '192.0.2.1',
  networks: [],
  neighbors: [
    {
      address: '10.1.0.2',
      port: 179,
      remoteAsn: 65001,
      description: undefined,
      isPassive: false,
      families: ['ipv4-unicast'],
      importPolicy: 'reject',
      exportPolicy: { policy: 'pods' },
      isNextHopSelf: false,
      ttl: undefined,
      sourceAddress: undefined,
      timers: defaultTimers,
      isShutdown: false,
    },
  ],
  policies: [
    {
      name: 'pods',
      otherwise: 'reject',
      statements: [
        {
          name: 's',
          match: { families: ['ipv4-unicast'], prefixes: [{ prefix: '10.0.0.0/8', minLength: 24, maxLength: 24 }] },
          set: { addCommunities: [0xfde80063], addLargeCommunities: [[1, 2, 3]], localPreference: 150 },
          action: 'accept',
        },
      ],
    },
  ],
};

test("route policies have Cilium's fields, once for each direction in use", async (t) => {
  const running = await startApi(createFixtureSpeaker(), { configured: () => [config] });
  t.teardown(() => running.close());
  const policies = listItems((await ask({ socketPath: running.socketPath, path: '/v1/bgp/route-policies' })).body);
  t.deepEqual(
    policies.flatMap((policy) => listSchemaFaults(policy, toJson(policySchema), 'policy')),
    [],
  );
  t.deepEqual(policies, [
    {
      'router-asn': 65000,
      name: 'pods',
      type: 'export',
      statements: [
        {
          'match-neighbors': { type: 'any', neighbors: ['10.1.0.2'] },
          'match-families': [{ afi: 'ipv4', safi: 'unicast' }],
          'match-prefixes': {
            type: 'any',
            prefixes: [{ cidr: '10.0.0.0/8', 'prefix-len-min': 24, 'prefix-len-max': 24 }],
          },
          'route-action': 'accept',
          'add-communities': ['65000:99'],
          'add-large-communities': ['1:2:3'],
          'set-local-preference': 150,
        },
        { 'match-neighbors': { type: 'any', neighbors: ['10.1.0.2'] }, 'route-action': 'reject' },
      ],
    },
  ]);
});

test('status and healthz tell the worst component', async (t) => {
  const status = () => [
    { component: 'speaker', state: 'ok', message: '2 neighbors' } as const,
    { component: 'policy b', state: 'warning', message: 'older policy a stays in force' } as const,
  ];
  const running = await startApi(createFixtureSpeaker(), { status });
  t.teardown(() => running.close());
  const report = toJson(JSON.parse((await ask({ socketPath: running.socketPath, path: '/status' })).body));
  t.is(report['state'], 'warning');
  const health = toJson(JSON.parse((await ask({ socketPath: running.socketPath, path: '/v1/healthz' })).body));
  const { msg, state } = toJson(health['cilium']);
  t.is(state, 'Warning');
  t.regex(String(msg), /^policy b: older policy a stays in force; sessions: 4\/6 established; 1 down/);
});

test('the health port is 200 once configured and while the speaker answers, else 503', async (t) => {
  const speaker = createFixtureSpeaker();
  let isStarted = false;
  const deps = { speaker, status: () => [], isStarted: () => isStarted };
  const health = createHealthServer({ address: '127.0.0.1', port: 0 }, deps);
  const port = await health.listen();
  t.teardown(() => health.close());
  const early = await ask({ port, path: '/healthz' });
  t.is(early.status, 503);
  t.regex(early.body, /"state":"error".*the first configuration is not in force yet/);
  isStarted = true;
  t.is((await ask({ port, path: '/healthz' })).status, 200);
  speaker.fault = new Error('gone');
  t.is((await ask({ port, path: '/healthz' })).status, 503);
  t.is((await ask({ port, path: '/other' })).status, 404);
  t.is((await ask({ port, method: 'POST', path: '/healthz' })).status, 405);
});

test("metrics carry Cilium's names, and route counts only while a session is up", async (t) => {
  const speaker = createFixtureSpeaker();
  const metrics = createMetrics({ speaker, version: '0.1.0' });
  const server = createMetricsServer({ address: '127.0.0.1', port: 0 }, metrics);
  const port = await server.listen();
  t.teardown(async () => {
    metrics.close();
    await server.close();
  });
  const { body, status } = await ask({ port, path: '/metrics' });
  t.is(status, 200);
  const up = 'instance_name="default",local_asn="65000",neighbor="10.1.0.2:179",neighbor_asn="65001"';
  const down = 'instance_name="default",local_asn="65000",neighbor="10.1.0.99:179",neighbor_asn="65099"';
  t.true(body.includes(`cilium_bgp_control_plane_session_state{${up}} 1\n`));
  t.true(body.includes(`cilium_bgp_control_plane_session_state{${down}} 0\n`));
  t.true(body.includes(`cilium_bgp_control_plane_advertised_routes{${up},afi="ipv4",safi="unicast"} 8\n`));
  t.true(body.includes(`cilium_bgp_control_plane_received_routes{${up},afi="ipv4",safi="unicast"} 6\n`));
  t.false(body.includes(`advertised_routes{${down}`));
  t.true(body.includes('neighbor="[2001:db8:1::2]:179"'));
  t.true(body.includes('waggle_speaker_event_loop_delay_seconds{quantile="0.99"} 0.002\n'));
  t.true(body.includes('process_cpu_user_seconds_total'));
  speaker.instanceViews = [];
  t.false(
    (await ask({ port, path: '/metrics' })).body.includes('neighbor="10.1.0.2:179"'),
    'a removed neighbor has no series',
  );
});
