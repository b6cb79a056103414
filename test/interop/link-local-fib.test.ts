// eBGP over link-local addresses alone, between a real `waggle router` with `fib: kernel` and a real FRR (zebra and bgpd): no other
// address is on the two links between them. IPv4 routes come with IPv6 next hops (RFC 8950) and go into the kernel as `via inet6
// fe80::… dev …`, IPv6 routes as well; pings pass over one link, over two, and while one of them is gone.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { NetworkNamespace } from '#support/network-namespace.ts';
import { command, needs, root } from '#support/skip.ts';
import { until } from '../fib/driven.ts';

const requirements = [
  root,
  command('ip', 'iproute2'),
  command('bgpd', 'frr'),
  command('zebra', 'frr'),
  command('ping', 'iputils-ping'),
];
const waggle = fileURLToPath(new URL('../../bin/waggle', import.meta.url));
const links = ['p0', 'p1'] as const;
type Link = (typeof links)[number];
/** By link: ours, FRR's. */
const near: Readonly<Record<Link, string>> = { p0: 'fe80::a:1', p1: 'fe80::a:2' };
const far: Readonly<Record<Link, string>> = { p0: 'fe80::b:1', p1: 'fe80::b:2' };
const ownHosts = ['198.51.100.1', '2001:db8:e::1'] as const;
const farHosts = ['203.0.113.1', '2001:db8:f::1'] as const;

const frrConfig = `
router bgp 65002
 bgp router-id 203.0.113.1
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 bgp bestpath as-path multipath-relax
${links
  .map(
    (link) => ` neighbor ${near[link]} remote-as 65001
 neighbor ${near[link]} interface ${link}
 neighbor ${near[link]} capability extended-nexthop
 neighbor ${near[link]} timers 1 3
 neighbor ${near[link]} timers connect 1`,
  )
  .join('\n')}
${['ipv4', 'ipv6']
  .map(
    (family, index) => ` address-family ${family} unicast
  network ${farHosts[index]}/${index === 0 ? 32 : 128}
${links.map((link) => `  neighbor ${near[link]} activate`).join('\n')}
 exit-address-family`,
  )
  .join('\n')}
`;

const router = `router:
  asn: 65001
  routerId: 198.51.100.1
  fib: kernel
  maxPaths: 4
  peerGroups:
    - name: fabric
      remoteAsn: 65002
      families: [ipv4-unicast, ipv6-unicast]
      extendedNextHop: true
      import: accept
      export: accept
      timers: {holdTimeSec: 3, connectRetrySec: 1}
  neighbors:
${links.map((link) => `    - {address: "${far[link]}%${link}", peerGroup: fabric}`).join('\n')}
  networks: ["${ownHosts[0]}/32", "${ownHosts[1]}/128"]
`;

class World {
  readonly near: NetworkNamespace;
  readonly far: NetworkNamespace;
  readonly #folder: string;
  #router: ChildProcess | undefined;
  log = '';

  constructor(t: ExecutionContext) {
    this.near = new NetworkNamespace(t);
    this.far = new NetworkNamespace(t);
    this.#folder = mkdtempSync(join(tmpdir(), 'waggle-lla-'));
    t.teardown(() => rmSync(this.#folder, { recursive: true, force: true }));
    for (const family of ['ipv4', 'ipv6']) {
      const setting = `net.${family}.conf.all.ignore_routes_with_linkdown=1`;
      execFileSync('ip', ['netns', 'exec', this.far.name, 'sysctl', '-qw', setting]);
    }
    for (const link of links) {
      const { name } = this.far;
      this.near.ip('link', 'add', link, 'type', 'veth', 'peer', 'name', link, 'netns', name);
      this.setUp(this.near, link);
      this.setUp(this.far, link);
    }
    for (const [at, hosts] of [
      [this.near, ownHosts],
      [this.far, farHosts],
    ] as const) {
      at.ip('addr', 'add', `${hosts[0]}/32`, 'dev', 'lo');
      at.ip('addr', 'add', `${hosts[1]}/128`, 'dev', 'lo');
    }
  }

  /** The link-local address goes whenever the link is set down. */
  setUp(at: NetworkNamespace, link: Link): void {
    at.ip('link', 'set', link, 'addrgenmode', 'none');
    at.ip('link', 'set', link, 'up');
    const address = at === this.near ? near[link] : far[link];
    at.ip('addr', 'replace', `${address}/64`, 'dev', link, 'nodad');
    if (at !== this.far) return;
    // The way back is not what is tested: FRR 8.4's zebra does not put every route back after its links have gone and come.
    const rest = ['dev', link, 'metric', link === 'p0' ? '1000' : '1001'];
    at.ip('route', 'replace', `${ownHosts[0]}/32`, 'via', 'inet6', near[link], ...rest);
    at.ip('-6', 'route', 'replace', `${ownHosts[1]}/128`, 'via', near[link], ...rest);
  }

  startFrr(): void {
    const own = join(this.#folder, 'frr');
    mkdirSync(own);
    writeFileSync(join(own, 'bgpd.conf'), frrConfig);
    const id = (flag: string): number => Number(execFileSync('id', [flag, 'frr'], { encoding: 'utf8' }));
    chmodSync(this.#folder, 0o755);
    for (const path of [own, join(own, 'bgpd.conf')]) chownSync(path, id('-u'), id('-g'));
    for (const [daemon, file] of [
      ['zebra', '/dev/null'],
      ['bgpd', join(own, 'bgpd.conf')],
    ]) {
      const places = ['-z', join(own, 'zserv'), '--vty_socket', own, '-i', join(own, `${daemon}.pid`), '-f', file];
      const words = ['netns', 'exec', this.far.name, `/usr/lib/frr/${daemon}`, '-d', '-P', '0', ...places];
      execFileSync('ip', words, { stdio: 'ignore' });
    }
  }

  startRouter(): void {
    const file = join(this.#folder, 'router.yaml');
    writeFileSync(file, router);
    const places = ['--run-dir', this.#runDir, '--state-dir', join(this.#folder, 'state')];
    const words = ['netns', 'exec', this.near.name, waggle, 'router', '--config', file, ...places];
    this.#router = spawn('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#router.stderr?.on('data', (data: Buffer) => (this.log += data.toString()));
  }

  async stop(): Promise<void> {
    if (this.#router === undefined) return;
    const ended = once(this.#router, 'exit');
    this.#router.kill('SIGTERM');
    await ended;
  }

  waggle(...words: readonly string[]): string {
    return execFileSync(waggle, [...words, '--run-dir', this.#runDir], { encoding: 'utf8' });
  }

  /** Exactly over these links, by both sides: who does not see the other's link go keeps a session for the hold time. */
  hasSessions(...over: readonly Link[]): boolean {
    const words = ['--vty_socket', join(this.#folder, 'frr'), '-c', 'show bgp ipv4 unicast summary json'];
    const texts = [
      execFileSync('vtysh', words, { encoding: 'utf8' }),
      this.waggle('show', 'bgp', 'ipv4', 'unicast', 'summary', 'json'),
    ];
    return texts.every((text, index) => {
      const { peers }: { peers: Record<string, { state: string }> } = JSON.parse(text);
      const names = links.map((link) => (index === 0 ? near[link] : `${far[link]}%${link}`));
      return links.every((link, at) => (peers[names[at]]?.state === 'Established') === over.includes(link));
    });
  }

  /** Routes of ours in the kernel: prefix, then gateway and link of each hop. */
  routes(): string[] {
    return ['-4', '-6'].flatMap((family) => {
      const text = this.near.ip('-o', '-d', family, 'route', 'show', 'proto', '87');
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          const [, prefix = '?'] = /^unicast (\S+)/.exec(line) ?? [];
          const hops = [...line.matchAll(/via (?:inet6 )?(\S+) dev (\S+)/g)].map(([, via, dev]) => `${via}%${dev}`);
          return [prefix, ...hops.toSorted()].join(' ');
        });
    });
  }

  /** What FRR's side has of ours, for the message of a failure. */
  wayBack(): string {
    return ['-4', '-6'].map((family) => this.far.ip('-o', '-d', family, 'route', 'show', 'proto', 'bgp')).join('; ');
  }

  /** Packets of ten that came back. */
  ping(host: string): number {
    const source = host.includes(':') ? ownHosts[1] : ownHosts[0];
    const words = [
      'netns',
      'exec',
      this.near.name,
      'ping',
      '-q',
      '-c',
      '10',
      '-i',
      '0.02',
      '-W',
      '1',
      '-I',
      source,
      host,
    ];
    try {
      return Number(/, (\d+) received/.exec(execFileSync('ip', words, { encoding: 'utf8' }))?.[1]);
    } catch {
      return 0;
    }
  }

  get #runDir(): string {
    return join(this.#folder, 'run');
  }
}

function expected(...over: readonly Link[]): string {
  return farHosts.map((host) => [host, ...over.map((link) => `${far[link]}%${link}`)].join(' ')).join('\n');
}

test.serial(
  'routes of sessions over link-local addresses are in the kernel with the link of each session, and packets pass',
  needs(requirements, async (t) => {
    t.timeout(170_000);
    const world = new World(t);
    world.startFrr();
    world.startRouter();
    const reaches = async (...over: readonly Link[]): Promise<void> => {
      const startMs = performance.now();
      const isThere = await until(() => world.routes().join('\n') === expected(...over), 30_000);
      t.true(isThere, `${over.join('+')}: ${world.routes().join('\n')}\n${world.log.slice(-2_000)}`);
      t.log(`${over.join(' and ')}: in the kernel after ${(performance.now() - startMs).toFixed(0)} ms`);
      t.true(await until(() => world.hasSessions(...over), 30_000), `sessions over ${over.join(' and ')}`);
      for (const host of farHosts) {
        const passes = await until(() => world.ping(host) === 10, 30_000);
        t.true(passes, `${host} over ${over.join('+')}; the way back: ${world.wayBack()}`);
      }
    };
    await reaches('p0', 'p1');
    // What the kernel says, word by word.
    t.deepEqual(world.near.routes('-4', 'route', 'show', 'proto', '87'), [
      'unicast 203.0.113.1 scope global metric 20',
      '\tnexthop via inet6 fe80::b:1 dev p0 weight 1',
      '\tnexthop via inet6 fe80::b:2 dev p1 weight 1',
    ]);
    t.regex(world.waggle('show', 'ip', 'route', 'summary'), /\nbgp +1 +1\n/);
    const detail = JSON.parse(world.waggle('show', 'bgp', 'ipv4', 'unicast', '203.0.113.1/32', 'json'));
    t.is(detail.paths.length, 2);
    t.is(detail.paths.filter((path: { fibInstalled?: boolean }) => path.fibInstalled === true).length, 1);

    t.regex(world.waggle('status'), /\nfib: +OK +table 254, metric 20: 2 routes in the kernel\n/);

    // The far end of one link goes, and comes back: carrier alone.
    world.far.ip('link', 'set', 'p0', 'down');
    await reaches('p1');
    world.setUp(world.far, 'p0');
    await reaches('p0', 'p1');
    // The own end: the kernel takes the routes and the address away by itself.
    world.near.ip('link', 'set', 'p1', 'down');
    await reaches('p0');
    world.setUp(world.near, 'p1');
    await reaches('p0', 'p1');
    // Both: nothing is left in the kernel, and everything comes back.
    for (const link of links) world.near.ip('link', 'set', link, 'down');
    t.true(await until(() => world.routes().length === 0, 30_000), world.routes().join('\n'));
    for (const link of links) world.setUp(world.near, link);
    await reaches('p0', 'p1');
    // A link that is made anew has the name and addresses of the old one, and another index.
    const index = (): string => /^(\d+):/.exec(world.near.ip('link', 'show', 'p1'))?.[1] ?? '';
    const before = index();
    world.near.ip('link', 'del', 'p1');
    await reaches('p0');
    world.near.addLink('other');
    world.near.ip('link', 'add', 'p1', 'type', 'veth', 'peer', 'name', 'p1', 'netns', world.far.name);
    world.setUp(world.near, 'p1');
    world.setUp(world.far, 'p1');
    t.not(index(), before);
    await reaches('p0', 'p1');
    await world.stop();
    t.deepEqual(world.routes(), [], 'nobody waits for a restart: the routes go');
  }),
);
