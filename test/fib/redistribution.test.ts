// Routes of the kernel that BGP originates, while the kernel's tables change under them: whatever happens, what is originated in the
// end is what a process sees that reads everything anew. And End-of-RIB comes after the last of them.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { NetworkNamespace } from '#support/network-namespace.ts';
import { randomFrom, takeSeed } from '#support/seed.ts';
import { command, needs, root } from '#support/skip.ts';
import { Driven, until } from './driven.ts';

const requirements = [root, command('ip', 'iproute2')];
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const sources = ['connected', 'static', 'kernel'] as const;

/** One change of the kernel's tables, as a person or a routing daemon makes it. */
function changeOf(random: (below: number) => number): string[] {
  const index = random(24);
  const isIpv6 = random(3) === 0;
  const prefix = isIpv6 ? `2001:db8:50:${index}::/64` : `10.50.${index}.0/24`;
  const link = random(2);
  const gateway = isIpv6 ? `2001:db8:${link}::7` : ['192.0.2.7', '198.51.100.7'][link];
  // 186: another BGP speaker's, 87: ours; neither is ever originated.
  const protocol = ['static', '188', '196', 'boot', '186', '87'][random(6)];
  const key = `${prefix} metric ${[5, 9, 1_024][random(3)]}`;
  const way = random(5) === 0 ? '' : `via ${gateway}`;
  const route = `${way === '' ? 'blackhole ' : ''}${key} ${way} proto ${protocol}`;
  const kind = random(40);
  if (kind < 22) return [`route add ${route}`];
  if (kind < 30) return [`route replace ${route}`];
  if (kind < 34) return [`route del ${prefix}`];
  // Another metric, the new one first.
  if (kind < 37) return [`route append ${route}`, `route del ${key}`];
  if (kind === 37) return [`link set eth${link} down`];
  if (kind === 38) return [`link set eth0 up`, `link set eth1 up`];
  return [`addr del 198.51.100.1/24 dev eth1`, `addr add 198.51.100.1/24 dev eth1`];
}

/** Prefixes of which all routes are of protocol 87 or BGP. */
function bgpAlone(namespace: NetworkNamespace): readonly string[] {
  const isOfBgp = new Map<string, boolean>();
  for (const family of ['-4', '-6']) {
    for (const line of namespace.ip('-o', family, 'route', 'show').split('\n')) {
      const [, prefix = ''] = /^(?:blackhole )?(\S+)/.exec(line) ?? [];
      if (prefix !== '') isOfBgp.set(prefix, isOfBgp.get(prefix) !== false && / proto (?:87|bgp) /.test(line));
    }
  }
  return [...isOfBgp].filter(([, is]) => is).map(([prefix]) => prefix);
}

test(
  'after any changes of the kernel, told or lost in an overrun, what is originated is what a fresh reading finds',
  needs(requirements, async (t) => {
    const namespace = new NetworkNamespace(t);
    namespace.addLink('eth0', '192.0.2.1/24', '2001:db8:0::1/64');
    namespace.addLink('eth1', '198.51.100.1/24', '2001:db8:1::1/64');
    // With a link that is down the kernel keeps neither; without the addresses IPv6 would lose its gateways for good.
    for (const link of ['eth0', 'eth1']) {
      const words = ['netns', 'exec', namespace.name, 'sysctl', '-qw', `net.ipv6.conf.${link}.keep_addr_on_down=1`];
      execFileSync('ip', words);
    }
    const driven = new Driven(namespace, { inThread: true });
    await driven.order('redistribute', sources);
    const seed = takeSeed();
    t.log(`seed ${seed}`);
    const number = randomFrom(seed);
    const random = (below: number): number => Math.floor(number() * below);
    let largest = 0;
    for (let round = 0; round < 8; round++) {
      const lines = Array.from({ length: 150 }, () => changeOf(random)).flat();
      if (round % 4 === 3) {
        // More than the queue of the socket holds, while nobody reads it.
        const blocked = driven.order('block', 2_500);
        const flood = Array.from({ length: 15_000 }, (_, index) => `10.${60 + (index >> 8)}.${index & 255}.0/24`);
        namespace.batch([
          ...flood.map((prefix) => `route add ${prefix} via 192.0.2.7`),
          ...lines,
          ...flood.map((prefix) => `route del ${prefix}`),
        ]);
        await blocked;
      } else {
        namespace.batch(lines);
      }
      const fresh = new Driven(namespace);
      await fresh.order('redistribute', sources);
      const expected = await fresh.order('originated', undefined);
      await fresh.order('stop', { keep: true });
      largest = Math.max(largest, expected.length);
      const isSame = async (): Promise<boolean> =>
        (await driven.order('originated', undefined)).join('\n') === expected.join('\n');
      await until(isSame, 30_000);
      t.deepEqual(await driven.order('originated', undefined), expected, `round ${round} of seed ${seed}`);
      const told = new Set(expected.map((line) => line.split(' ')[1]));
      for (const prefix of bgpAlone(namespace))
        t.false(told.has(prefix), `${prefix} is a route of BGP: ours or another's`);
    }
    t.true(largest > 20, `${largest} routes at most: the changes leave enough to compare`);
    await driven.order('stop', { keep: false });
  }),
);

const joined = 'via 2001:db8:0::7 metric 9';
const joining = 'via 2001:db8:1::7 metric 9';

for (const [what, lines] of [
  [
    'a foreign hop joins an IPv6 route of our protocol',
    [`add P ${joined} proto 87`, `append P ${joining} proto static`],
  ],
  [
    'a hop of our protocol joins a foreign IPv6 route',
    [`add P ${joined} proto static`, `append P ${joining} proto 87`],
  ],
  [
    'the hop of our protocol leaves a foreign one behind',
    [`add P ${joined} proto 87`, `append P ${joining} proto static`, `del P ${joined}`],
  ],
  ['our protocol takes the place of a foreign route', [`add P ${joined} proto static`, `replace P ${joined} proto 87`]],
  [
    'one of two kinds of the same metric is replaced',
    [`add blackhole P metric 9 proto static`, `append P ${joined} proto 196`, `replace P ${joining} proto 188`],
  ],
  [
    'two of the same metric and protocol, of which one goes',
    [`add P ${joined} proto static`, `append P ${joining} proto 196`, `del P ${joined}`],
  ],
] as const) {
  test(
    `what is originated is what a fresh reading finds: ${what}`,
    needs(requirements, async (t) => {
      const namespace = new NetworkNamespace(t);
      namespace.addLink('eth0', '192.0.2.1/24', '2001:db8:0::1/64');
      namespace.addLink('eth1', '198.51.100.1/24', '2001:db8:1::1/64');
      const driven = new Driven(namespace);
      await driven.order('redistribute', sources);
      for (const line of lines) {
        namespace.ip('-6', 'route', ...line.replace('P', '2001:db8:50::/64').split(' '));
        // Told one at a time: each is known before the next comes.
        const fresh = new Driven(namespace);
        await fresh.order('redistribute', sources);
        const expected = await fresh.order('originated', undefined);
        await fresh.order('stop', { keep: true });
        const isSame = async (): Promise<boolean> =>
          (await driven.order('originated', undefined)).join('\n') === expected.join('\n');
        await until(isSame, 30_000);
        t.deepEqual(await driven.order('originated', undefined), expected, line);
      }
      await driven.order('stop', { keep: false });
    }),
  );
}

class RouterInside {
  readonly #child: ChildProcess;
  log = '';

  constructor(namespace: NetworkNamespace, folder: string, name: string, text: string) {
    const file = join(folder, `${name}.yaml`);
    writeFileSync(file, text);
    const places = ['--run-dir', join(folder, name, 'run'), '--state-dir', join(folder, name, 'state')];
    const words = ['netns', 'exec', namespace.name, process.execPath, main, 'router', '--config', file, ...places];
    this.#child = spawn('ip', [...words, '--log-level', 'debug'], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child.stderr?.on('data', (data: Buffer) => (this.log += data.toString()));
  }

  events(name: string): Record<string, unknown>[] {
    return this.log
      .split('\n')
      .filter((line) => line.includes(`"event":"${name}"`) && line.endsWith('}'))
      .map((line): Record<string, unknown> => JSON.parse(line));
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill(signal);
    await ended;
  }
}

function show(folder: string, name: string): string[] {
  const words = [main, 'show', 'bgp', 'ipv4', 'unicast', '--json', '--run-dir', join(folder, name, 'run')];
  const text = execFileSync(process.execPath, words, { encoding: 'utf8', maxBuffer: 1 << 28 });
  const { routes }: { routes: Record<string, unknown> } = JSON.parse(text);
  return Object.keys(routes).toSorted();
}

function twoRouters(t: ExecutionContext): { readonly folder: string; readonly origin: string; readonly peer: string } {
  const folder = mkdtempSync(join(tmpdir(), 'waggle-redistribution-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = (own: number, other: number, more: string): string => `router:
  asn: ${65000 + own}
  routerId: 198.51.100.${own}
${more}
  neighbors:
    - address: 198.51.100.${other}
      remoteAsn: ${65000 + other}
      passive: ${own === 1}
      import: accept
      export: accept
      gracefulRestart: {mode: full}
      timers: {connectRetrySec: 1}
`;
  return { folder, origin: file(1, 2, '  redistribute: [static]'), peer: file(2, 1, '') };
}

test(
  'after a restart End-of-RIB waits for every redistributed route: the peer keeps those that are there and drops those that are gone',
  needs(requirements, async (t) => {
    t.timeout(170_000);
    const namespace = new NetworkNamespace(t);
    const far = new NetworkNamespace(t);
    namespace.addLink('eth0', '192.0.2.1/24');
    namespace.ip('link', 'add', 'eth1', 'type', 'veth', 'peer', 'name', 'eth1', 'netns', far.name);
    for (const [index, at] of [namespace, far].entries()) {
      at.ip('addr', 'add', `198.51.100.${index + 1}/24`, 'dev', 'eth1');
      at.ip('link', 'set', 'eth1', 'up');
    }
    const { folder, origin, peer } = twoRouters(t);
    const count = 20_000;
    const prefixes = Array.from({ length: count }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`);
    namespace.batch(prefixes.map((prefix) => `route add ${prefix} via 192.0.2.7 proto static`));
    const sink = new RouterInside(far, folder, 'peer', peer);
    let source = new RouterInside(namespace, folder, 'origin', origin);
    const endsOfRib = (): number => sink.events('end-of-rib').length;
    t.true(await until(() => endsOfRib() === 1, 90_000), source.log.slice(-2_000));
    t.is(show(folder, 'peer').length, count, 'at the first End-of-RIB everything is there');

    // Whoever waits for a router that was killed waits longer each time: one round.
    await source.end('SIGKILL');
    const gone = prefixes.splice(0, 77);
    namespace.batch(gone.map((prefix) => `route del ${prefix}`));
    const removed = (): number =>
      sink
        .events('stale-routes')
        .reduce((sum, { change, routes }) => sum + (change === 'removed' ? Number(routes) : 0), 0);
    source = new RouterInside(namespace, folder, 'origin', origin);
    t.true(await until(() => endsOfRib() === 2, 60_000), source.log.slice(-2_000));
    t.true(await until(() => removed() > 0, 30_000));
    t.is(removed(), gone.length, 'End-of-RIB too early would have taken more');
    t.deepEqual(show(folder, 'peer'), prefixes.toSorted());
    await source.end('SIGTERM');
    await sink.end('SIGTERM');
  }),
);
