// `waggle router` as a process: start, reload, refusal, end. Its neighbors are real speakers in this process.

import { createServer } from 'node:net';
import { once } from 'node:events';
import { chmodSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { NeighborConfig } from '#bgp/config.ts';
import type { SpeakerEvent } from '#bgp/events.ts';
import type { NeighborView } from '#bgp/views.ts';
import { InProcessSpeaker } from '#support/in-process-speaker.ts';
import { needs, root } from '#support/skip.ts';
import { until } from '../speaker/until.ts';
import { freePorts, getText, makeDirectory, removeDirectory, RouterProcess } from './router-process.ts';

interface Plan {
  readonly address: string;
  readonly ports: readonly number[];
}

/** The router's file: listens on its own loopback address and ports, waits for its neighbors to connect. */
function routerFile(
  { address, ports: [bgp, api, metrics, health] }: Plan,
  neighbors: readonly string[],
  more = '',
): string {
  const lines = neighbors.map(
    (neighbor) => `    - {address: ${neighbor}, remoteAsn: 65001, passive: true, import: accept, export: accept}`,
  );
  return [
    'router:',
    '  asn: 65000',
    '  routerId: 198.51.100.1',
    `  listen: ["${address}:${bgp}"]`,
    '  neighbors:',
    ...lines,
    more,
    `api: {listen: "127.0.0.1:${api}"}`,
    `prometheus: {listen: "127.0.0.1:${metrics}"}`,
    `health: {listen: "127.0.0.1:${health}"}`,
    '',
  ].join('\n');
}

/** A real speaker that calls the router from an address of its own. */
class Caller {
  readonly events: SpeakerEvent[] = [];
  readonly speaker = new InProcessSpeaker();

  async call(plan: Plan, own: string, password?: string): Promise<void> {
    this.speaker.onEvent((event) => this.events.push(event));
    const neighbor: NeighborConfig = {
      address: plan.address,
      port: plan.ports[0],
      remoteAsn: 65000,
      description: undefined,
      isPassive: false,
      families: ['ipv4-unicast'],
      importPolicy: 'accept',
      exportPolicy: 'accept',
      isNextHopSelf: false,
      ttl: undefined,
      sourceAddress: own,
      timers: { connectRetrySec: 1, holdTimeSec: 9, keepaliveSec: 3 },
      isShutdown: false,
      ...(password === undefined ? {} : { password }),
    };
    const instance = {
      instance: 'default',
      asn: 65001,
      routerId: own,
      neighbors: [neighbor],
      networks: [],
      policies: [],
    };
    await this.speaker.configure({ listen: [], instances: [instance] });
    await until(async () => (await this.view()).state === 'Established', 30_000);
  }

  async view(): Promise<NeighborView> {
    return (await this.speaker.instances())[0].neighbors[0];
  }
}

async function startRouter(
  address: string,
  neighbors: readonly string[],
  more = '',
): Promise<{ router: RouterProcess; plan: Plan; directory: string }> {
  const plan = { address, ports: await freePorts(4) };
  const directory = makeDirectory(routerFile(plan, neighbors, more));
  const router = new RouterProcess({ directory });
  await router.started();
  return { router, plan, directory };
}

test.serial(
  'a router starts, serves API, metrics and health, and ends its sessions with Cease on SIGTERM',
  async (t) => {
    const { router, plan, directory } = await startRouter('127.74.1.1', ['127.74.1.2']);
    const caller = new Caller();
    await caller.call(plan, '127.74.1.2');
    t.like(await router.get('/status'), { state: 'ok' });
    const [, api, metrics, health] = plan.ports;
    const summary: unknown = JSON.parse(await getText({ host: '127.0.0.1', port: api, path: '/show/bgp/summary' }));
    t.like(summary, { ipv4Unicast: { peers: { '127.74.1.2': { state: 'Established' } } } });
    const text = await getText({ host: '127.0.0.1', port: metrics, path: '/metrics' });
    t.regex(text, /cilium_bgp_control_plane_session_state\{[^}]*neighbor="127\.74\.1\.2:179"[^}]*\} 1/);
    t.regex(text, /waggle_speaker_event_loop_delay_seconds\{quantile="0\.99"\} \d/);
    t.regex(text, /process_cpu_seconds_total/);
    t.like(JSON.parse(await getText({ host: '127.0.0.1', port: health, path: '/healthz' })), { state: 'ok' });
    t.is(await router.stop(), 0);
    await until(() => caller.events.some((event) => event.type === 'notification-received'), 30_000);
    t.like(
      caller.events.find((event) => event.type === 'notification-received'),
      { code: 6, subcode: 2 },
    );
    t.is(router.events('stopped').length, 1);
    await caller.speaker.stop();
    removeDirectory(directory);
  },
);

test.serial('a reload touches only what changed, and a broken file nothing', async (t) => {
  const { router, plan, directory } = await startRouter('127.74.2.1', ['127.74.2.2']);
  const caller = new Caller();
  await caller.call(plan, '127.74.2.2');
  const before = await caller.view();

  // An editor's way: a new file renamed over the old one.
  const path = join(directory, 'router.yaml');
  writeFileSync(`${path}.new`, routerFile(plan, ['127.74.2.2', '127.74.2.3'], '  networks: [203.0.113.0/24]'));
  renameSync(`${path}.new`, path);
  const startMs = performance.now();
  await until(() => router.events('configuration-applied').length === 2, 30_000);
  t.log(`applied after ${Math.round(performance.now() - startMs)} ms`);
  t.like(router.events('configuration-applied')[1].changes, {
    neighborsAdded: ['127.74.2.3'],
    neighborsUpdated: [],
    neighborsReset: [],
    networksAdded: 1,
  });

  // A broken edit: explained in the log and in the status, nothing else happens.
  router.write(routerFile(plan, ['127.74.2.2', 'nowhere']));
  await until(() => router.events('configuration-broken').length === 1, 30_000);
  const status = JSON.stringify(await router.get('/status'));
  t.regex(status, /router\.yaml:7: router\.neighbors\[1\]\.address: \\"nowhere\\": expected an IPv4/);
  t.regex(status, /stays in force/);

  // Back again, then SIGHUP with an unchanged file.
  router.write(routerFile(plan, ['127.74.2.2', '127.74.2.3'], '  networks: [203.0.113.0/24]'));
  await until(() => router.events('configuration-unchanged').length === 1, 30_000);
  t.like(await router.get('/status'), { state: 'warning' });
  router.child.kill('SIGHUP');
  await until(() => router.events('configuration-unchanged').length === 2, 30_000);

  // One policy changed: that neighbor is updated, its session stays.
  const policies = '  policies: [{name: none, statements: [], otherwise: reject}]';
  const changed = routerFile(plan, ['127.74.2.2', '127.74.2.3'], `  networks: [203.0.113.0/24]\n${policies}`);
  router.write(changed.replace('export: accept', 'export: none'));
  await until(() => router.events('configuration-applied').length === 3, 30_000);
  t.like(router.events('configuration-applied')[2].changes, { neighborsUpdated: ['127.74.2.2'], neighborsReset: [] });

  const after = await caller.view();
  t.is(after.establishedWallMs, before.establishedWallMs);
  t.is(after.connectionsEstablished, 1);
  t.is(await router.stop('SIGINT'), 0);
  await caller.speaker.stop();
  removeDirectory(directory);
});

test.serial('changing the address of one server moves that one and no session', async (t) => {
  const { router, plan, directory } = await startRouter('127.74.3.1', ['127.74.3.2']);
  const caller = new Caller();
  await caller.call(plan, '127.74.3.2');
  const [api] = await freePorts(1);
  const [bgp, , metrics, health] = plan.ports;
  const socket = join(directory, 'run', 'waggle.sock');
  const { ino } = statSync(socket);
  router.write(routerFile({ ...plan, ports: [bgp, api, metrics, health] }, ['127.74.3.2']));
  await until(() => router.events('configuration-applied').length === 2, 30_000);
  t.regex(await getText({ host: '127.0.0.1', port: api, path: '/version' }), /version/);
  await t.throwsAsync(getText({ host: '127.0.0.1', port: plan.ports[1], path: '/version' }), { code: 'ECONNREFUSED' });
  t.is((await caller.view()).connectionsEstablished, 1);
  // The unix socket is none of this: the file is the same, and nothing is said of it.
  t.is(statSync(socket).ino, ino);
  const opened = (): unknown[] =>
    router
      .events('listening')
      .filter(({ what }) => what === 'API' || what === 'BGP')
      .map(({ address }) => address);
  const before = [socket, `127.0.0.1:${plan.ports[1]}`, `${plan.address}:${bgp}`];
  t.deepEqual(opened(), [...before, `127.0.0.1:${api}`]);
  t.regex(String(router.events('configuration-applied')[1].msg), /router\.yaml: changed api\.listen$/);

  // A TCP port that is taken leaves the socket to ask what is wrong; one that moves is told of.
  const [newBgp] = await freePorts(1);
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const held = taken.address();
  const heldPort = typeof held === 'object' && held !== null ? held.port : 0;
  router.write(routerFile({ ...plan, ports: [newBgp, heldPort, metrics, health] }, ['127.74.3.2']));
  await until(() => router.events('configuration-applied').length === 3, 30_000);
  t.like(await router.get('/status'), { state: 'error' });
  taken.close();
  t.deepEqual(opened().slice(4), [`${plan.address}:${newBgp}`]);
  t.regex(String(router.events('configuration-applied')[2].msg), /changed router\.listen, api\.listen$/);
  await router.stop();
  await caller.speaker.stop();
  removeDirectory(directory);
});

test.serial('a port that is taken after a reload is told once, tried again, and over once it is free', async (t) => {
  const { router, plan, directory } = await startRouter('127.74.8.1', ['127.74.8.2']);
  const [bgp] = await freePorts(1);
  const taken = createServer().listen(bgp, plan.address);
  await once(taken, 'listening');
  const [, ...rest] = plan.ports;
  router.write(routerFile({ ...plan, ports: [bgp, ...rest] }, ['127.74.8.2']));
  await until(() => router.events('problem').length === 1, 30_000);
  t.regex(String(router.events('problem')[0].problem), /cannot listen on 127\.74\.8\.1:\d+: address in use/);
  t.like(await router.get('/status'), { state: 'error' });
  taken.close();
  await until(() => router.events('problem-over').length === 1, 30_000);
  t.like(await router.get('/status'), { state: 'warning' });
  t.is(router.events('problem').length, 1);
  t.is(router.events('configuration-applied').length, 2);
  t.is(await router.stop(), 0);
  removeDirectory(directory);
});

test.serial('a second instance on the same directories is refused in one line', async (t) => {
  const { router, directory } = await startRouter('127.74.4.1', ['127.74.4.2']);
  const second = new RouterProcess({ directory });
  t.is(await second.ended(), 1);
  t.is(
    second.stderr,
    `waggle router: another waggle (process ${router.child.pid}) uses ${join(directory, 'run')}: stop it, or give this one its own --run-dir and --state-dir\n`,
  );
  t.like(await router.get('/status'), { state: 'warning' });
  // Killed without a chance to clean up, it leaves nothing that stops the next.
  await router.stop('SIGKILL');
  const third = new RouterProcess({ directory });
  await third.started();
  t.is(await third.stop(), 0);
  removeDirectory(directory);
});

test.serial('ports that are taken are refused in one line with address, port and what to do', async (t) => {
  for (const index of [0, 1, 2, 3]) {
    const plan = { address: '127.0.0.1', ports: await freePorts(4) };
    const taken = createServer().listen(plan.ports[index], '127.0.0.1');
    await once(taken, 'listening');
    const directory = makeDirectory(routerFile(plan, ['127.74.5.2']));
    const router = new RouterProcess({ directory });
    t.is(await router.ended(), 1);
    const lines = router.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
    t.is(lines.length, 1, router.stderr);
    t.true(lines[0].startsWith('waggle router: '), lines[0]);
    t.true(lines[0].includes(`127.0.0.1:${plan.ports[index]}: address in use`), lines[0]);
    t.regex(lines[0], /stop (that one|what uses it)/);
    taken.close();
    removeDirectory(directory);
  }
});

const privilegedPorts = (): string | undefined =>
  Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8')) > 179
    ? undefined
    : 'port 179 is open to everybody here';

test.serial(
  'port 179 without permission is refused in one line that names the permission',
  needs([root, privilegedPorts], async (t) => {
    const ports = await freePorts(4);
    const directory = makeDirectory(routerFile({ address: '127.74.6.1', ports: [179, ...ports] }, ['127.74.6.2']));
    const nobody = 65534;
    const router = new RouterProcess({ directory, uid: nobody });
    t.is(await router.ended(), 1);
    t.regex(
      router.stderr,
      /waggle router: cannot listen on 127\.74\.6\.1:179: permission denied: .*CAP_NET_BIND_SERVICE/,
    );
    removeDirectory(directory);
  }),
);

test.serial('a file that is wrong from the start is explained line by line, and nothing starts', async (t) => {
  const directory = makeDirectory('router:\n  asn: 0\n  routerId: 1.2.3.4\n  neighbours: []\n');
  const router = new RouterProcess({ directory });
  t.is(await router.ended(), 1);
  const path = join(directory, 'router.yaml');
  t.deepEqual(router.stderr.split('\n'), [
    `${path}:2: router.asn: 0: expected an AS number, 1 to 4294967295`,
    `${path}:4: router.neighbours: an empty list is not a known key: did you mean neighbors?`,
    '',
  ]);
  removeDirectory(directory);
});

test.serial('wrong options are a usage error that names them', async (t) => {
  const directory = makeDirectory('');
  const wrong: readonly (readonly [readonly string[], string])[] = [
    [['--log-format', 'xml'], '--log-format xml: expected json or text'],
    [['--log-level', 'loud'], '--log-level loud: expected one of trace, debug, info, warn, error, fatal'],
    [['--verbose'], "Unknown option '--verbose'"],
  ];
  for (const [args, message] of wrong) {
    const router = new RouterProcess({ directory, args });
    t.is(await router.ended(), 2);
    t.is(router.stderr, `waggle router: ${message}: see 'waggle router --help'\n`);
  }
  removeDirectory(directory);
});

test.serial('--log-format text writes lines for people', async (t) => {
  const plan = { address: '127.74.7.1', ports: await freePorts(4) };
  const directory = makeDirectory(routerFile(plan, ['127.74.7.2']));
  const router = new RouterProcess({ directory, args: ['--log-format', 'text'] });
  await until(() => router.stderr.includes('waggle router runs after'), 30_000);
  t.false(router.stderr.includes('{"level"'));
  t.regex(router.stderr, new RegExp(`INFO.*BGP listens on 127\\.74\\.7\\.1:${plan.ports[0]}`));
  t.is(await router.stop(), 0);
  removeDirectory(directory);
});

test.serial(
  'a password file that others may read keeps its neighbor down; a right one lets it in at once',
  async (t) => {
    const password = 'hunter2-of-the-test';
    const plan = { address: '127.74.9.1', ports: await freePorts(4) };
    const text = routerFile(plan, ['127.74.9.2']).replace('passive: true', 'passive: true, passwordFile: key');
    const directory = makeDirectory(text);
    const key = join(directory, 'key');
    writeFileSync(key, `${password}\n`);
    chmodSync(key, 0o644);
    const router = new RouterProcess({ directory });
    await router.started();
    const shown: string[] = [];
    const look = async (path: string): Promise<string> => {
      const answer = JSON.stringify(await router.get(path));
      shown.push(answer);
      return answer;
    };
    t.regex(await look('/status'), /password file key: its mode is 0644/);
    t.regex(await look('/show/bgp/neighbors'), /its mode is 0644/);
    chmodSync(key, 0o600);
    const caller = new Caller();
    await caller.call(plan, '127.74.9.2', password);
    t.notRegex(await look('/status'), /password file/);
    await look('/show/bgp/neighbors');
    t.is(await router.stop(), 0);
    t.false([...shown, router.stderr].join('\n').includes('hunter2'));
    await caller.speaker.stop();
    removeDirectory(directory);
  },
);
