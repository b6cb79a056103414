// Routes in the real kernel: what is written, how it is put back, what stays of it and what goes. Each test in a namespace of its
// own; iproute2 tells what the kernel has.

import { execFileSync, spawn } from 'node:child_process';
import test from 'ava';
import { command, needs, root } from '#support/skip.ts';
import { NetworkNamespace } from '#support/network-namespace.ts';
import { Driven, until } from './driven.ts';

const requirements = [root, command('ip', 'iproute2')];
const main = { table: 254, metric: 20 };

function makeTwoLinks(t: ConstructorParameters<typeof NetworkNamespace>[0]): NetworkNamespace {
  const namespace = new NetworkNamespace(t);
  namespace.addLink('eth0', '192.0.2.1/24', '2001:db8::1/64');
  namespace.addLink('eth1', '198.51.100.1/24', '2001:db8:1::1/64');
  return namespace;
}

/** What has our protocol number, in all tables; iproute2 says which protocol only where it was not asked for one. */
const ours = (namespace: NetworkNamespace, family = '-4'): string[] =>
  namespace
    .routes(family, 'route', 'show', 'table', 'all', 'proto', '87')
    .map((line) => line.replace(' table main', ''));

test(
  'best routes, ECMP sets with weights, IPv4 over IPv6 next hops and blackholes are in the kernel as asked for',
  needs(requirements, async (t) => {
    const namespace = makeTwoLinks(t);
    const driven = new Driven(namespace);
    t.deepEqual(await driven.order('configure', main), []);
    t.deepEqual(
      (
        await driven.order('install', [
          ['203.0.113.0/24', '192.0.2.7'],
          ['203.0.114.0/24', '192.0.2.7*3', '198.51.100.7*1'],
          ['203.0.115.0/24', '2001:db8::7'],
          ['203.0.116.0/24'],
          ['2001:db8:a::/48', '2001:db8::7'],
          ['2001:db8:b::/48', '2001:db8::7*2', '2001:db8:1::7*5'],
          ['2001:db8:c::/48'],
        ])
      ).sort(),
      [
        '2001:db8:a::/48 yes',
        '2001:db8:b::/48 yes',
        '2001:db8:c::/48 yes',
        '203.0.113.0/24 yes',
        '203.0.114.0/24 yes',
        '203.0.115.0/24 yes',
        '203.0.116.0/24 yes',
      ],
    );
    t.deepEqual(ours(namespace), [
      'unicast 203.0.113.0/24 via 192.0.2.7 dev eth0 scope global metric 20',
      'unicast 203.0.114.0/24 scope global metric 20',
      '\tnexthop via 192.0.2.7 dev eth0 weight 3',
      '\tnexthop via 198.51.100.7 dev eth1 weight 1',
      'unicast 203.0.115.0/24 via inet6 2001:db8::7 dev eth0 scope global metric 20',
      'blackhole 203.0.116.0/24 scope global metric 20',
    ]);
    t.deepEqual(ours(namespace, '-6'), [
      'unicast 2001:db8:a::/48 via 2001:db8::7 dev eth0 scope global metric 20 pref medium',
      'unicast 2001:db8:b::/48 scope global metric 20 pref medium',
      '\tnexthop via 2001:db8::7 dev eth0 weight 2',
      '\tnexthop via 2001:db8:1::7 dev eth1 weight 5',
      'blackhole 2001:db8:c::/48 dev lo scope global metric 20 pref medium',
    ]);
    // Replaced in place: fewer hops, more hops, another kind.
    await driven.order('install', [
      ['203.0.114.0/24', '198.51.100.7'],
      ['203.0.113.0/24', '192.0.2.7', '192.0.2.8'],
      ['2001:db8:b::/48', '2001:db8:1::7'],
      ['2001:db8:a::/48', '2001:db8::7', '2001:db8::8'],
    ]);
    await driven.order('remove', ['203.0.115.0/24', '203.0.116.0/24', '2001:db8:c::/48']);
    t.deepEqual(ours(namespace), [
      'unicast 203.0.113.0/24 scope global metric 20',
      '\tnexthop via 192.0.2.7 dev eth0 weight 1',
      '\tnexthop via 192.0.2.8 dev eth0 weight 1',
      'unicast 203.0.114.0/24 via 198.51.100.7 dev eth1 scope global metric 20',
    ]);
    t.deepEqual(ours(namespace, '-6'), [
      'unicast 2001:db8:a::/48 scope global metric 20 pref medium',
      '\tnexthop via 2001:db8::7 dev eth0 weight 1',
      '\tnexthop via 2001:db8::8 dev eth0 weight 1',
      'unicast 2001:db8:b::/48 via 2001:db8:1::7 dev eth1 scope global metric 20 pref medium',
    ]);
    await driven.order('stop', { keep: false });
    t.deepEqual(ours(namespace), []);
    t.deepEqual(ours(namespace, '-6'), []);
    t.is(await driven.end(), 0, 'a stopped FIB holds nothing that keeps the process');
  }),
);

test(
  'another table and metric are moved to with the new routes first, and only ours leave the old ones',
  needs(requirements, async (t) => {
    const namespace = makeTwoLinks(t);
    namespace.ip('route', 'add', '203.0.113.0/24', 'via', '192.0.2.9', 'proto', 'static', 'metric', '30');
    const driven = new Driven(namespace);
    await driven.order('configure', main);
    await driven.order('install', [['203.0.113.0/24', '192.0.2.7']]);
    await driven.order('configure', { table: 1000, metric: 5 });
    t.deepEqual(ours(namespace), ['unicast 203.0.113.0/24 via 192.0.2.7 dev eth0 table 1000 scope global metric 5']);
    t.deepEqual(namespace.routes('route', 'show', '203.0.113.0/24'), [
      'unicast 203.0.113.0/24 via 192.0.2.9 dev eth0 proto static scope global metric 30',
    ]);
    await driven.order('configure', undefined);
    t.deepEqual(ours(namespace), []);
    await driven.order('stop', { keep: true });
  }),
);

test(
  'a route of another program with the same prefix and metric stays, is told, and ours comes when it goes',
  needs(requirements, async (t) => {
    const namespace = makeTwoLinks(t);
    for (const [family, prefix, via] of [
      ['-4', '203.0.113.0/24', '192.0.2.9'],
      ['-6', '2001:db8:a::/48', '2001:db8::9'],
    ]) {
      namespace.ip(family, 'route', 'add', prefix, 'via', via, 'proto', 'static', 'metric', '20');
    }
    const driven = new Driven(namespace);
    await driven.order('configure', main);
    t.deepEqual(
      await driven.order('install', [
        ['203.0.113.0/24', '192.0.2.7'],
        ['2001:db8:a::/48', '2001:db8::7'],
      ]),
      [
        '203.0.113.0/24 no: another program has a route of this prefix and metric (EEXIST)',
        '2001:db8:a::/48 no: another program has a route of this prefix and metric (EEXIST)',
      ],
    );
    const [refused] = await driven.order('refused', undefined);
    t.is(refused, '203.0.113.0/24: another program has a route of this prefix and metric (EEXIST) (0)');
    t.deepEqual(ours(namespace), []);
    namespace.ip('route', 'del', '203.0.113.0/24');
    namespace.ip('-6', 'route', 'del', '2001:db8:a::/48');
    t.true(await until(() => ours(namespace).length === 1 && ours(namespace, '-6').length === 1, 30_000));
    t.deepEqual((await driven.order('answers', undefined)).sort(), ['2001:db8:a::/48 yes', '203.0.113.0/24 yes']);
    // The other way round: somebody takes the place of ours.
    namespace.ip('route', 'replace', '203.0.113.0/24', 'via', '192.0.2.9', 'proto', 'static', 'metric', '20');
    t.true(await until(async () => (await driven.order('answers', undefined)).length === 1));
    t.deepEqual(ours(namespace), []);
    await driven.order('stop', { keep: false });
    t.is(namespace.routes('route', 'show', '203.0.113.0/24').length, 1, 'the foreign route stays');
  }),
);

test(
  'a route of ours that somebody deletes or changes is put back',
  needs(requirements, async (t) => {
    const namespace = makeTwoLinks(t);
    const driven = new Driven(namespace, { inThread: true });
    await driven.order('configure', main);
    await driven.order('install', [
      ['203.0.113.0/24', '192.0.2.7', '198.51.100.7'],
      ['2001:db8:a::/48', '2001:db8::7', '2001:db8:1::7'],
    ]);
    const before = [...ours(namespace), ...ours(namespace, '-6')];
    t.is(before.length, 6);
    const isBack = (): boolean => {
      const now = [...ours(namespace), ...ours(namespace, '-6')];
      return now.length === before.length && now.every((line, index) => line === before[index]);
    };
    for (const family of ['-4', '-6']) {
      namespace.ip(family, 'route', 'flush', 'proto', '87');
      t.true(await until(isBack), `flushed ${family}`);
    }
    namespace.ip('-6', 'route', 'del', '2001:db8:a::/48', 'via', '2001:db8::7', 'dev', 'eth0', 'metric', '20');
    t.true(await until(isBack), 'one of two hops');
    namespace.ip('route', 'replace', '203.0.113.0/24', 'via', '192.0.2.99', 'proto', '87', 'metric', '20');
    t.true(await until(isBack), 'replaced under our number');
    await driven.order('stop', { keep: false });
  }),
);

test(
  'routes that went without a word with their link are back when it is, and those over other links never go',
  needs(requirements, async (t) => {
    const namespace = makeTwoLinks(t);
    const driven = new Driven(namespace);
    await driven.order('configure', main);
    await driven.order('install', [
      ['203.0.113.0/24', '192.0.2.7'],
      ['203.0.114.0/24', '198.51.100.7'],
      ['203.0.115.0/24', '192.0.2.7', '198.51.100.7'],
      ['2001:db8:a::/48', '2001:db8:1::7'],
    ]);
    const before = ours(namespace);
    namespace.ip('link', 'set', 'eth0', 'down');
    t.true(await until(() => ours(namespace).length === 2), 'what is left goes over eth1');
    t.deepEqual(ours(namespace), [
      'unicast 203.0.114.0/24 via 198.51.100.7 dev eth1 scope global metric 20',
      'unicast 203.0.115.0/24 via 198.51.100.7 dev eth1 scope global metric 20',
    ]);
    const answers = await driven.order('answers', undefined);
    t.true(answers.includes('203.0.113.0/24 no: next hop 192.0.2.7 is not reachable'), answers.join('\n'));
    namespace.ip('link', 'set', 'eth0', 'up');
    t.true(await until(() => ours(namespace).length === before.length));
    t.deepEqual(ours(namespace), before);
    // So fast that only one look at the end sees it.
    for (let round = 0; round < 3; round++) {
      namespace.ip('link', 'set', 'eth1', 'down');
      namespace.ip('link', 'set', 'eth1', 'up');
    }
    t.true(await until(() => ours(namespace).join() === before.join()), ours(namespace).join('\n'));
    // An address that goes takes the IPv4 routes of its link along.
    namespace.ip('addr', 'del', '198.51.100.1/24', 'dev', 'eth1');
    namespace.ip('addr', 'add', '198.51.100.1/24', 'dev', 'eth1');
    t.true(await until(() => ours(namespace).join() === before.join()), ours(namespace).join('\n'));
    await driven.order('stop', { keep: false });
  }),
);

test(
  'routes outlive the process; the next one adopts them without a write, and a sweep takes what it does not want',
  needs(requirements, async (t) => {
    const namespace = makeTwoLinks(t);
    const first = new Driven(namespace);
    await first.order('configure', main);
    await first.order('install', [
      ['203.0.113.0/24', '192.0.2.7', '198.51.100.7*2'],
      ['203.0.114.0/24', '192.0.2.7'],
      ['2001:db8:a::/48', '2001:db8::7', '2001:db8:1::7'],
      ['2001:db8:b::/48'],
    ]);
    await first.kill();
    namespace.ip('route', 'add', '203.0.115.0/24', 'via', '192.0.2.9', 'proto', 'bgp');
    const monitor = spawn('ip', ['-n', namespace.name, 'monitor', 'route']);
    let seen = '';
    monitor.stdout.on('data', (data: Buffer) => (seen += data.toString()));
    t.teardown(() => monitor.kill());

    const second = new Driven(namespace);
    t.deepEqual(await second.order('preserved', 254), ['ipv4-unicast', 'ipv6-unicast']);
    t.deepEqual(await second.order('configure', main), ['ipv4-unicast', 'ipv6-unicast']);
    t.like(await second.order('figures', undefined), { installed: 4, stale: 4 });
    const answers = await second.order('install', [
      ['203.0.113.0/24', '192.0.2.7', '198.51.100.7*2'],
      ['2001:db8:a::/48', '2001:db8:1::7', '2001:db8::7'],
      ['2001:db8:b::/48'],
    ]);
    t.is(answers.filter((line) => line.endsWith(' yes')).length, 3);
    await second.order('answers', undefined);
    const ofOurs = (): string =>
      seen
        .split('\n')
        .filter((line) => /203\.0\.11|2001:db8:[ab]::/.test(line))
        .join('\n');
    t.is(ofOurs(), '', 'the same routes were not written again');
    t.is(ours(namespace).length, 4, 'nothing goes before the sweep');
    await second.order('sweep', undefined);
    t.true(await until(() => seen.includes('203.0.114.0/24')));
    t.regex(ofOurs(), /^Deleted 203\.0\.114\.0\/24 [^\n]*$/);
    await second.order('stop', { keep: true });
    t.is(await second.end(), 0);
    t.is(ours(namespace).length + ours(namespace, '-6').length, 7, 'a stop that keeps the routes keeps them');

    const third = new Driven(namespace);
    await third.order('configure', main);
    await third.order('stop', { keep: false });
    t.deepEqual([...ours(namespace), ...ours(namespace, '-6')], []);
    t.is(namespace.routes('route', 'show', 'proto', 'bgp').length, 1, "another speaker's route stays");
  }),
);

test(
  '20,000 routes come, follow their next hop and go, and the event loop goes on meanwhile',
  needs(requirements, async (t) => {
    const namespace = makeTwoLinks(t);
    namespace.ip('route', 'add', '10.99.0.1', 'via', '192.0.2.7');
    const driven = new Driven(namespace);
    await driven.order('configure', main);
    const count = 20_000;
    t.is(await driven.order('installMany', { count, nextHop: '10.99.0.1' }), count);
    const lines = (): number => namespace.ip('route', 'show', 'proto', '87').split('\n').length - 1;
    t.is(lines(), count);
    namespace.ip('route', 'replace', '10.99.0.1', 'via', '198.51.100.7');
    const moved = (): number =>
      namespace.ip('route', 'show', 'proto', '87', 'via', '198.51.100.7').split('\n').length - 1;
    t.true(await until(() => moved() === count, 30_000));
    t.is(lines(), count);
    await driven.order('stop', { keep: false });
    t.is(lines(), 0);
  }),
);

test(
  'without the capability one line says what is missing, and reading still works',
  needs([...requirements, command('setpriv', 'util-linux')], async (t) => {
    const namespace = makeTwoLinks(t);
    const driven = new Driven(namespace, { asNobody: true });
    try {
      await driven.order('changes', undefined);
    } catch {
      t.log('the sources cannot be read without privilege here');
      t.pass();
      return;
    }
    t.is(await driven.order('resolve', ['192.0.2.7']), '0 eth0 direct%eth0*1');
    await driven.order('configure', main);
    t.deepEqual(await driven.order('install', [['203.0.113.0/24', '192.0.2.7']]), [
      '203.0.113.0/24 no: `fib: kernel` needs CAP_NET_ADMIN, which this process does not have',
    ]);
    await driven.order('stop', { keep: true });
  }),
);

test(
  'descriptors do not pile up',
  needs(requirements, async (t) => {
    const namespace = makeTwoLinks(t);
    const driven = new Driven(namespace);
    await driven.order('configure', main);
    const before = await driven.order('descriptors', undefined);
    for (let round = 0; round < 10; round++) {
      namespace.ip('link', 'set', 'eth1', round % 2 === 0 ? 'down' : 'up');
      await driven.order('served', ['192.0.2.0/24']);
      await driven.order('preserved', 254);
      await driven.order('configure', round % 2 === 0 ? undefined : main);
    }
    t.true(await until(async () => (await driven.order('descriptors', undefined)) <= before));
    await driven.order('stop', { keep: false });
  }),
);

test(
  'FRR beside us in the same namespace keeps its routes and ours, also when it starts anew',
  needs([...requirements, command('zebra', 'frr'), command('staticd', 'frr')], async (t) => {
    const namespace = makeTwoLinks(t);
    const directory = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
    t.teardown(() => void execFileSync('rm', ['-rf', directory]));
    execFileSync('chmod', ['777', directory]);
    const configuration = `${directory}/frr.conf`;
    execFileSync('sh', [
      '-c',
      `printf 'ip route 203.0.120.0/24 192.0.2.8\\nip route 203.0.121.0/24 192.0.2.8\\n' > ${configuration}`,
    ]);
    const start = (daemon: string): void => {
      const own = [
        '-f',
        configuration,
        '-i',
        `${directory}/${daemon}.pid`,
        '--vty_socket',
        directory,
        '-z',
        `${directory}/z`,
      ];
      const options = [...own, '-A', '127.0.0.1', '-P', '0', '-d'];
      execFileSync('ip', ['netns', 'exec', namespace.name, `/usr/lib/frr/${daemon}`, ...options], { stdio: 'ignore' });
    };
    const stop = (daemon: string): void => {
      process.kill(Number(execFileSync('cat', [`${directory}/${daemon}.pid`], { encoding: 'utf8' })), 'SIGTERM');
    };
    const driven = new Driven(namespace);
    await driven.order('configure', main);
    await driven.order('install', [['203.0.113.0/24', '192.0.2.7']]);
    const before = ours(namespace);
    start('zebra');
    start('staticd');
    const theirs = (): number =>
      namespace.routes('route', 'show', 'proto', '196').filter((l) => l.includes('203.')).length;
    t.true(await until(() => theirs() === 2, 30_000), namespace.routes('route').join('\n'));
    const answers = await driven.order('install', [
      ['203.0.114.0/24', '198.51.100.7'],
      ['203.0.120.0/24', '192.0.2.7'],
    ]);
    t.true(answers.includes('203.0.114.0/24 yes'), answers.join('\n'));
    t.true(answers.some((line) => line.startsWith('203.0.120.0/24 no: another program has a route')));
    await driven.order('sweep', undefined);
    t.is(theirs(), 2, 'ours did not take their place');
    await driven.order('remove', ['203.0.120.0/24']);
    stop('zebra');
    stop('staticd');
    t.true(await until(() => theirs() === 0, 30_000));
    start('zebra');
    start('staticd');
    t.true(await until(() => theirs() === 2, 30_000));
    t.is(ours(namespace).length, 2);
    t.true(ours(namespace).includes(before[0]));
    await driven.order('stop', { keep: false });
    t.true(theirs() === 2, 'the cleanup takes ours alone');
  }),
);
