// TCP MD5 (RFC 2385), TTL security (RFC 5082), dynamic and link-local neighbors against FRR and BIRD: FRR one hop away,
// BIRD one and two hops away. Neither of them changes a password without ending its session (both do so by design), so the
// peer that "follows" is FRR whose socket got the new key from outside, as any peer's kernel would have it.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { NeighborConfig, NeighborOptionsConfig, SpeakerConfig } from '#bgp/config.ts';
import { FrrBgpd } from '#support/frr-bgpd.ts';
import { command, findUnmet, needs, root } from '#support/skip.ts';
import { addresses, SocketWorld } from '../io/socket-world.ts';
import { changeKeyOf } from './frr-key.ts';
import { SpeakerProcess } from './speaker-process.ts';

const requirements = [root, command('ip', 'iproute2'), command('bgpd', 'frr'), command('bird', 'bird2')];
const world = new SocketWorld('sec');
let folder: string;
let speaker: SpeakerProcess;
let bgpd: FrrBgpd;
const birds: ChildProcess[] = [];

const frr = addresses.router.ipv4;
const frr6 = addresses.router.ipv6;

const frrConfig = `
router bgp 65002
 bgp router-id 10.66.1.2
 no bgp ebgp-requires-policy
 neighbor ${addresses.near.ipv4} remote-as 65001
 neighbor ${addresses.near.ipv4} timers 3 30
 neighbor ${addresses.near.ipv4} timers connect 1
 neighbor ${addresses.near.ipv4} password first
 neighbor ${addresses.near.ipv6} remote-as 65001
 neighbor ${addresses.near.ipv6} timers 3 30
 neighbor ${addresses.near.ipv6} timers connect 1
 neighbor ${addresses.near.ipv6} ttl-security hops 1
`;

test.before(async () => {
  if (findUnmet(requirements) !== undefined) return;
  folder = mkdtempSync(join(tmpdir(), 'waggle-secure-'));
  await world.make();
  bgpd = await FrrBgpd.start(world.names.router, frrConfig);
  speaker = new SpeakerProcess(world.names.near);
});

test.after.always(async () => {
  if (folder === undefined) return;
  await speaker?.stop();
  for (const bird of birds) bird.kill();
  bgpd?.stop();
  await world.remove();
  rmSync(folder, { recursive: true, force: true });
});

async function until(isTrue: () => boolean | Promise<boolean>, limitMs = 60_000): Promise<boolean> {
  const endMs = Date.now() + limitMs;
  for (;;) {
    if (await isTrue()) return true;
    if (Date.now() > endMs) return false;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const options: NeighborOptionsConfig = {
  port: 179,
  remoteAsn: 65002,
  description: undefined,
  isPassive: false,
  families: ['ipv4-unicast', 'ipv6-unicast'],
  importPolicy: 'accept',
  exportPolicy: 'accept',
  isNextHopSelf: false,
  ttl: undefined,
  sourceAddress: undefined,
  timers: { connectRetrySec: 1, holdTimeSec: 30, keepaliveSec: 3 },
  isShutdown: false,
};

function configure(
  neighbors: readonly (Partial<NeighborConfig> & { readonly address: string })[],
  more: Partial<SpeakerConfig> = {},
): Promise<readonly string[]> {
  return speaker.configure({
    listen: [
      { address: '0.0.0.0', port: 179 },
      { address: '::', port: 179 },
    ],
    instances: [
      {
        instance: 'main',
        asn: 65001,
        routerId: '10.66.1.1',
        neighbors: neighbors.map((neighbor) => ({ ...options, ...neighbor })),
        networks: [{ prefix: '203.0.113.0/24', origin: 'igp' }],
        policies: [],
        ...more,
      },
    ],
  });
}

const isUp = (address: string): Promise<boolean> =>
  until(async () => (await speaker.neighbor(address))?.state === 'Established');

/** What a kernel counts when it does not let a segment in for its TTL (RFC 5082), or for its signature or the lack of one (RFC 2385). */
const refusals = ['TcpExtTCPMinTTLDrop', 'TcpExtTCPMD5NotFound', 'TcpExtTCPMD5Unexpected', 'TcpExtTCPMD5Failure'];

async function countRefused(namespace: string): Promise<number> {
  const counts = await Promise.all(refusals.map((name) => world.counter(namespace, name)));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Whether it never was so while the kernel there kept five segments out: there were attempts, however slow the machine is. */
async function neverWhileRefused(namespace: string, isTrue: () => boolean | Promise<boolean>): Promise<boolean> {
  const before = await countRefused(namespace);
  let wasTrue = false;
  const hasTried = await until(async () => {
    wasTrue ||= await isTrue();
    return wasTrue || (await countRefused(namespace)) >= before + 5;
  });
  return hasTried && !wasTrue;
}

const inFrr = (...commands: readonly string[]): string =>
  bgpd.vtysh('configure terminal', 'router bgp 65002', ...commands);

for (const [who, isPassive] of [
  ['we open', false],
  ['FRR opens', true],
] as const) {
  test.serial(
    `a session with a password comes up when ${who} it`,
    needs(requirements, async (t) => {
      const neighbor = `neighbor ${addresses.near.ipv4}`;
      // The other side is passive.
      inFrr(`${isPassive ? 'no ' : ''}${neighbor} passive`);
      t.deepEqual(await configure([{ address: frr, password: 'first', isPassive }]), []);
      t.true(await isUp(frr));
      // The key is in use on both ends: without it FRR's kernel would have let nothing through.
      t.is((await speaker.neighbor(frr))?.connectionsEstablished, 1);
      t.regex(bgpd.vtysh(`show bgp neighbors ${addresses.near.ipv4}`), /Peer Authentication Enabled/);
      await configure([]);
      inFrr(`no ${neighbor} passive`);
    }),
  );
}

test.serial(
  'with another password, or none, there is no session in either direction, and the next try with the right one has it',
  needs(requirements, async (t) => {
    for (const password of ['wrong', undefined]) {
      await configure([]);
      await configure([{ address: frr, ...(password === undefined ? {} : { password }) }]);
      const isEstablished = async (): Promise<boolean> => (await speaker.neighbor(frr))?.state === 'Established';
      t.true(await neverWhileRefused(world.names.router, isEstablished), `${password}`);
    }
    await configure([{ address: frr, password: 'first' }]);
    t.true(await isUp(frr));
  }),
);

test.serial(
  'a password changes on the live session, which stands still until FRR has the new one, and was never down',
  needs([...requirements, command('python3', 'python3')], async (t) => {
    await configure([{ address: frr, password: 'first' }]);
    t.true(await isUp(frr));
    const before = await speaker.neighbor(frr);
    const established = before?.connectionsEstablished;
    for (const [index, key] of ['second', 'third'].entries()) {
      // Once our side first, once FRR's.
      if (index === 1) t.is(changeKeyOf(bgpd.pid, addresses.near.ipv4, key), 1);
      t.deepEqual(await configure([{ address: frr, password: key }]), []);
      // What had come before may still have to be read.
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const received = (await speaker.neighbor(frr))?.received.keepalive ?? 0;
      if (index === 0) {
        // Keepalives go out every 3 s: in 7 s none of them was understood.
        await new Promise((resolve) => setTimeout(resolve, 7000));
        t.is((await speaker.neighbor(frr))?.received.keepalive, received);
        t.is(changeKeyOf(bgpd.pid, addresses.near.ipv4, key), 1);
      }
      t.true(await until(async () => ((await speaker.neighbor(frr))?.received.keepalive ?? 0) > received + 1));
    }
    const after = await speaker.neighbor(frr);
    t.is(after?.state, 'Established');
    t.is(after?.connectionsEstablished, established);
    t.regex(bgpd.vtysh(`show bgp neighbors ${addresses.near.ipv4}`), /BGP state = Established/);
  }),
);

test.serial(
  'when FRR is told of the new password itself it ends the session, and comes back with it',
  needs(requirements, async (t) => {
    await configure([{ address: frr, password: 'third' }]);
    t.true(await isUp(frr));
    t.is((await speaker.neighbor(frr))?.connectionsEstablished, 1);
    await configure([{ address: frr, password: 'fourth' }]);
    inFrr(`neighbor ${addresses.near.ipv4} password fourth`);
    t.true(await until(async () => ((await speaker.neighbor(frr))?.connectionsEstablished ?? 0) >= 2));
    t.true(await isUp(frr));
    await configure([]);
  }),
);

test.serial(
  'TTL security with FRR: one hop is near enough',
  needs(requirements, async (t) => {
    t.deepEqual(await configure([{ address: frr6, gtsmHops: 1 }]), []);
    t.true(await isUp(frr6));
    await configure([{ address: frr6, gtsmHops: 1, isPassive: true, description: 'only they open' }]);
    inFrr('exit');
    bgpd.vtysh(`clear bgp ${addresses.near.ipv6}`);
    t.true(await until(async () => ((await speaker.neighbor(frr6))?.connectionsEstablished ?? 0) >= 2));
    t.true(await isUp(frr6));
    await configure([]);
  }),
);

async function startBird(namespace: string, name: string, protocol: string): Promise<void> {
  const config = join(folder, `${name}.conf`);
  writeFileSync(config, `router id 10.66.2.1;\nprotocol device {}\n${protocol}\n`);
  const words = ['-f', '-c', config, '-s', join(folder, `${name}.ctl`), '-P', join(folder, `${name}.pid`)];
  birds.push(spawn('ip', ['netns', 'exec', namespace, 'bird', ...words], { stdio: 'ignore' }));
  await until(() => existsSync(join(folder, `${name}.ctl`)));
}

/** What `birdc` prints. */
const askBird = (name: string, command: string): string =>
  execFileSync('birdc', ['-s', join(folder, `${name}.ctl`), ...command.split(' ')], { encoding: 'utf8' });

/** Routes that BIRD took. */
const routesInBird = (name: string): number =>
  Number(/^(\d+) of/m.exec(askBird(name, 'show route count'))?.[1] ?? Number.NaN);

test.serial(
  'TTL security with BIRD across a router: two hops are near enough, one is not, in either direction',
  needs(requirements, async (t) => {
    await startBird(
      world.names.far,
      'far',
      `protocol bgp p { local ${addresses.far.ipv4} as 65003; neighbor ${addresses.near.ipv4} as 65001; multihop 2;
        ttl security on; connect retry time 1; connect delay time 1; error wait time 1,2; password "both"; ipv4 { import all; export none; }; }`,
    );
    const isUpInBird = (): boolean => /BGP state: +Established/.test(askBird('far', 'show protocols all p'));
    const far = { address: addresses.far.ipv4, remoteAsn: 65003, password: 'both' } as const;
    t.deepEqual(await configure([{ ...far, gtsmHops: 1 }]), []);
    // Our kernel keeps the KEEPALIVE of BIRD out, whatever came before our socket knew its smallest TTL.
    const isEstablished = async (): Promise<boolean> => (await speaker.neighbor(far.address))?.state === 'Established';
    t.true(await neverWhileRefused(world.names.near, isEstablished));
    for (const isPassive of [false, true]) {
      await configure([]);
      await configure([{ ...far, gtsmHops: 2, isPassive }]);
      t.true(await isUp(far.address), `${isPassive}`);
      t.true(await until(() => isUpInBird() && routesInBird('far') === 1));
    }
    // Multihop without the security: BIRD insists on it and does not hear a smaller TTL.
    await configure([]);
    t.true(await until(() => !isUpInBird()));
    await configure([{ ...far, ttl: 64 }]);
    // By what BIRD says: it may read our OPEN before it has told its socket the smallest TTL, and its answers come to us.
    t.true(await neverWhileRefused(world.names.far, () => isUpInBird() || routesInBird('far') > 0));
    await configure([]);
  }),
);

test.serial(
  'a link-local BIRD with a password comes up from either side, on the interface of its zone',
  needs(requirements, async (t) => {
    const own = await world.linkLocal(world.names.near, 'eth0');
    const theirs = await world.linkLocal(world.names.router, 'eth0');
    // FRR has port 179 in that namespace.
    await startBird(
      world.names.router,
      'local',
      `protocol bgp l { local ${theirs} port 1179 as 65004; neighbor ${own}%eth0 as 65001; password "linked";
        connect retry time 1; connect delay time 1; error wait time 1,2; ipv6 { import all; export none; }; }`,
    );
    const address = `${theirs}%eth0`;
    for (const isPassive of [false, true]) {
      const peer = { address, port: 1179, remoteAsn: 65004, password: 'linked', interfaceName: 'eth0', isPassive };
      t.deepEqual(await configure([peer]), []);
      t.true(await isUp(address), `${isPassive}`);
      await configure([]);
    }
  }),
);

test.serial(
  'dynamic neighbors share a password by their prefix',
  needs(requirements, async (t) => {
    inFrr(`neighbor ${addresses.near.ipv4} password prefix-wide`);
    const dynamic = { ...options, isPassive: true, password: 'prefix-wide' };
    const dynamicNeighbors = [{ prefix: '10.66.1.0/24', limit: 5, neighbor: dynamic }];
    t.deepEqual(await configure([], { dynamicNeighbors }), []);
    t.true(await isUp(frr));
    const problems = await configure([{ address: '10.66.1.77' }], { dynamicNeighbors });
    t.regex(problems[0], /^neighbor 10\.66\.1\.77 has no password but lies within 10\.66\.1\.0\/24, which has one/);
    t.true(await isUp(frr));
    await configure([]);
  }),
);
