// What the world does to routes of ours while they are written: refusals, foreign routes in their place, links that go and come, and
// kill -9 in the middle. In the end the kernel has what BGP wants, and no foreign route was touched. Each in a namespace of its own.

import test, { type ExecutionContext } from 'ava';
import { NetworkNamespace } from '#support/network-namespace.ts';
import { command, needs, root } from '#support/skip.ts';
import { Driven, until } from './driven.ts';

const requirements = [root, command('ip', 'iproute2')];
const main = { table: 254, metric: 20 };
const taken = 'another program has a route of this prefix and metric (EEXIST)';

function makeTwoLinks(t: ExecutionContext): NetworkNamespace {
  const namespace = new NetworkNamespace(t);
  namespace.addLink('eth0', '192.0.2.1/24', '2001:db8::1/64');
  namespace.addLink('eth1', '198.51.100.1/24', '2001:db8:1::1/64');
  return namespace;
}

const ours = (namespace: NetworkNamespace, family = '-4'): string[] =>
  namespace.routes(family, 'route', 'show', 'proto', '87');

const count = (namespace: NetworkNamespace, ...words: string[]): number =>
  namespace.ip('route', 'show', 'proto', '87', ...words).split('\n').length - 1;

function reaches(namespace: NetworkNamespace, address: string): boolean {
  try {
    return namespace.ip('route', 'get', address) !== '';
  } catch {
    return false;
  }
}

test(
  'a replacement that the kernel refuses takes the old route away, is told with its reason, and comes when it can',
  needs(requirements, async (t) => {
    const namespace = makeTwoLinks(t);
    namespace.ip('route', 'add', '10.9.0.0/16', 'dev', 'eth0');
    // Rules count when the kernel looks whether a gateway is on its link; the resolver knows tables alone.
    namespace.ip('rule', 'add', 'pref', '10', 'to', '10.9.0.1', 'unreachable');
    const driven = new Driven(namespace);
    await driven.order('configure', main);
    t.deepEqual(await driven.order('install', [['203.0.113.0/24', '192.0.2.7']]), ['203.0.113.0/24 yes']);
    t.is(await driven.order('route', '203.0.113.0/24'), 'installed');
    const [answer, ...more] = await driven.order('install', [['203.0.113.0/24', '10.9.0.1']]);
    t.deepEqual(more, []);
    t.regex(answer, /^203\.0\.113\.0\/24 no: .*\(E(?:NET|HOST)UNREACH\)$/);
    t.deepEqual(ours(namespace), [], 'the old next hop is not what BGP wants');
    t.regex(await driven.order('route', '203.0.113.0/24'), /^refused .*UNREACH\)$/);
    t.like(await driven.order('figures', undefined), { installed: 0, failed: 1 });
    // A first write that is refused, and one that is given up before it is tried again.
    await driven.order('install', [['203.0.114.0/24', '10.9.0.1']]);
    t.like(await driven.order('figures', undefined), { installed: 0, failed: 2 });
    await driven.order('remove', ['203.0.114.0/24']);
    t.like(await driven.order('figures', undefined), { installed: 0, failed: 1 });
    t.is(await driven.order('route', '203.0.114.0/24'), '');
    namespace.ip('rule', 'del', 'pref', '10');
    t.true(await until(() => ours(namespace).length === 1, 30_000));
    t.deepEqual(ours(namespace), ['unicast 203.0.113.0/24 via 10.9.0.1 dev eth0 scope global metric 20']);
    t.is(await driven.order('route', '203.0.113.0/24'), 'installed');
    t.like(await driven.order('figures', undefined), { installed: 1, failed: 0 });
    await driven.order('stop', { keep: false });
  }),
);

test(
  'a foreign route that took the place of ours is never replaced, though the notification of it still waits',
  needs(requirements, async (t) => {
    const namespace = makeTwoLinks(t);
    const driven = new Driven(namespace, { inThread: true });
    await driven.order('configure', main);
    await driven.order('install', [
      ['203.0.113.0/24', '192.0.2.7'],
      ['2001:db8:a::/48', '2001:db8::7'],
    ]);
    const late = driven.order('installLate', {
      routes: [
        ['203.0.113.0/24', '198.51.100.7'],
        ['2001:db8:a::/48', '2001:db8:1::7'],
      ],
      ms: 1_500,
    });
    for (const [prefix, via] of [
      ['203.0.113.0/24', '192.0.2.99'],
      ['2001:db8:a::/48', '2001:db8::99'],
    ]) {
      namespace.ip('route', 'replace', prefix, 'via', via, 'proto', 'static', 'metric', '20');
    }
    t.deepEqual((await late).toSorted(), [`2001:db8:a::/48 no: ${taken}`, `203.0.113.0/24 no: ${taken}`]);
    t.regex(namespace.ip('route', 'show', '203.0.113.0/24'), /via 192\.0\.2\.99 .*proto static/);
    t.regex(namespace.ip('-6', 'route', 'show', '2001:db8:a::/48'), /via 2001:db8::99 .*proto static/);
    await driven.order('stop', { keep: false });
    t.regex(namespace.ip('route', 'show', '203.0.113.0/24'), /via 192\.0\.2\.99 .*proto static/);
  }),
);

test(
  'a foreign route that took the place of ours is never replaced, though the notification of it was lost in a flood',
  needs(requirements, async (t) => {
    const namespace = makeTwoLinks(t);
    const driven = new Driven(namespace, { inThread: true });
    await driven.order('configure', main);
    await driven.order('install', [
      ['203.0.113.0/24', '192.0.2.7'],
      ['203.0.114.0/24', '192.0.2.7'],
    ]);
    const late = driven.order('installLate', {
      routes: [
        ['203.0.113.0/24', '198.51.100.7'],
        ['203.0.114.0/24', '198.51.100.7'],
      ],
      ms: 3_000,
    });
    const flood = Array.from({ length: 15_000 }, (_, index) => `10.${60 + (index >> 8)}.${index & 255}.0/24`);
    namespace.batch([
      ...flood.map((prefix) => `route add ${prefix} via 192.0.2.7`),
      'route replace 203.0.113.0/24 via 192.0.2.99 proto static metric 20',
    ]);
    t.deepEqual(await late, [`203.0.113.0/24 no: ${taken}`]);
    t.regex(namespace.ip('route', 'show', '203.0.113.0/24'), /via 192\.0\.2\.99 .*proto static/);
    // What is ours changes all the same.
    t.regex(namespace.ip('route', 'show', '203.0.114.0/24'), /via 198\.51\.100\.7 .*proto 87/);
    await driven.order('stop', { keep: false });
  }),
);

test(
  'a foreign route before ours with the same prefix and metric stays when ours changes, and ours comes when it goes',
  needs(requirements, async (t) => {
    const namespace = makeTwoLinks(t);
    const driven = new Driven(namespace);
    await driven.order('configure', main);
    await driven.order('install', [['203.0.113.0/24', '192.0.2.7']]);
    namespace.ip('route', 'prepend', '203.0.113.0/24', 'via', '192.0.2.99', 'proto', 'static', 'metric', '20');
    const foreign = (): string => namespace.ip('route', 'show', '203.0.113.0/24', 'proto', 'static');
    t.not(foreign(), '');
    t.deepEqual(await driven.order('install', [['203.0.113.0/24', '198.51.100.7']]), [`203.0.113.0/24 no: ${taken}`]);
    t.regex(foreign(), /via 192\.0\.2\.99/);
    t.deepEqual(ours(namespace), []);
    namespace.ip('route', 'del', '203.0.113.0/24', 'proto', 'static');
    t.true(await until(() => ours(namespace).length === 1, 30_000));
    t.regex(ours(namespace)[0], /via 198\.51\.100\.7/);
    // Appended behind ours it is no hindrance to what stays as it is; what is removed is ours.
    namespace.ip('route', 'append', '203.0.113.0/24', 'via', '192.0.2.99', 'proto', 'static', 'metric', '20');
    await driven.order('remove', ['203.0.113.0/24']);
    t.deepEqual(ours(namespace), []);
    t.regex(foreign(), /via 192\.0\.2\.99/);
    await driven.order('stop', { keep: false });
  }),
);

test(
  'a route with a dead link among its hops has the others, and all of them again when the link was made anew',
  needs(requirements, async (t) => {
    const namespace = makeTwoLinks(t);
    const driven = new Driven(namespace);
    await driven.order('configure', main);
    await driven.order('install', [
      ['203.0.113.0/24', '192.0.2.7*3', '198.51.100.7*1'],
      ['203.0.114.0/24', '198.51.100.7'],
      ['2001:db8:a::/48', '2001:db8::7', '2001:db8:1::7'],
      ['2001:db8:b::/48', '2001:db8:1::7'],
    ]);
    const all = (): string => [...ours(namespace), ...ours(namespace, '-6')].join('\n');
    const before = all();
    const left = [
      'unicast 203.0.113.0/24 via 192.0.2.7 dev eth0 scope global metric 20',
      'unicast 2001:db8:a::/48 via 2001:db8::7 dev eth0 scope global metric 20 pref medium',
    ].join('\n');
    namespace.ip('link', 'set', 'eth1-far', 'down');
    t.true(await until(() => all() === left), `without carrier: ${all()}`);
    t.is(await driven.order('route', '203.0.114.0/24'), 'unresolved next hop 198.51.100.7 is not reachable');
    namespace.ip('link', 'set', 'eth1-far', 'up');
    t.true(await until(() => all() === before), `with carrier: ${all()}`);
    for (let round = 0; round < 3; round++) {
      namespace.ip('link', 'del', 'eth1');
      t.true(await until(() => all() === left), `without link: ${all()}`);
      namespace.addLink('eth1', '198.51.100.1/24', '2001:db8:1::1/64');
      t.true(await until(() => all() === before), `with a new one: ${all()}`);
    }
    // So fast that the old one's end is heard of with the new one there.
    namespace.ip('link', 'del', 'eth1');
    namespace.addLink('eth1', '198.51.100.1/24', '2001:db8:1::1/64');
    t.true(await until(() => all() === before), `with another: ${all()}`);
    t.like(await driven.order('figures', undefined), { installed: 4, failed: 0 });
    await driven.order('stop', { keep: false });
    t.is(all(), '');
  }),
);

// Alone: beside others the kill would come when everything is written.
test.serial(
  'whatever part of a batch kill -9 left is adopted, and the next process ends with exactly what it wants',
  needs(requirements, async (t) => {
    const namespace = makeTwoLinks(t);
    for (let index = 0; index < 50; index++) {
      const prefix = `10.0.${index * 3}.0/24`;
      namespace.ip('route', 'add', prefix, 'via', '192.0.2.9', 'proto', 'static', 'metric', String(19 + (index % 3)));
    }
    const foreign = namespace.ip('route', 'show', 'proto', 'static');
    const many = 100_000;
    const lefts: number[] = [];
    for (const delayMs of [0, 30]) {
      const first = new Driven(namespace);
      await first.order('configure', main);
      void first.order('installMany', { count: many, nextHop: '198.51.100.7' }).catch(() => undefined);
      t.true(await until(() => reaches(namespace, '10.0.1.1')));
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await first.kill();
      lefts.push(count(namespace));
    }
    t.log(`left behind: ${lefts.join(', ')}`);
    t.true(lefts[0] < many - 50, 'killed on the way');
    const second = new Driven(namespace);
    await second.order('configure', main);
    t.like(await second.order('figures', undefined), { installed: lefts.at(-1), stale: lefts.at(-1) });
    // Foreign routes of the same metric, 19 + 1, are in the way of some.
    const inTheWay = foreign.split('\n').filter((line) => line.includes('metric 20')).length;
    t.true(inTheWay > 10);
    // Those of the first half, and what was left of the second.
    const installed = await second.order('installMany', { count: many / 2, nextHop: '192.0.2.7' });
    t.is(installed, Math.max(many / 2 - inTheWay, lefts.at(-1) ?? 0));
    await second.order('sweep', undefined);
    t.true(await until(() => count(namespace) === many / 2 - inTheWay));
    t.is(count(namespace, 'via', '192.0.2.7'), many / 2 - inTheWay);
    t.is(namespace.ip('route', 'show', 'proto', 'static'), foreign);
    await second.order('stop', { keep: false });
    t.is(count(namespace), 0);
    t.is(namespace.ip('route', 'show', 'proto', 'static'), foreign);
  }),
);

test(
  '100,000 routes end where their next hop is, however often it and its links come and go meanwhile',
  needs(requirements, async (t) => {
    t.timeout(170_000);
    const namespace = makeTwoLinks(t);
    namespace.ip('route', 'add', '10.255.0.1', 'via', '192.0.2.7', 'metric', '5');
    namespace.ip('route', 'add', '203.0.113.0/24', 'via', '192.0.2.9', 'proto', 'static', 'metric', '20');
    const driven = new Driven(namespace, { inThread: true });
    await driven.order('configure', main);
    const many = 100_000;
    const installing = driven.order('installMany', { count: many, nextHop: '10.255.0.1' });
    for (let round = 0; round < 12; round++) {
      const to = round % 2 === 0 ? '198.51.100.7' : '192.0.2.7';
      if (round % 3 === 0) for (const state of ['down', 'up']) namespace.ip('link', 'set', 'eth1', state);
      namespace.ip('route', 'replace', '10.255.0.1', 'via', to, 'metric', '5');
      if (round % 4 === 1) namespace.ip('route', 'del', '10.255.0.1');
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    namespace.ip('route', 'replace', '10.255.0.1', 'via', '198.51.100.7', 'metric', '5');
    await installing;
    const startMs = performance.now();
    const isRight = async (): Promise<boolean> =>
      (await driven.order('figures', undefined)).installed === many && count(namespace, 'via', '198.51.100.7') === many;
    t.true(await until(isRight, 60_000), `${count(namespace)} of ${many}`);
    t.log(`right ${(performance.now() - startMs).toFixed(0)} ms after the last change`);
    t.is(count(namespace), many);
    t.like(await driven.order('figures', undefined), { installed: many, failed: 0 });
    t.regex(namespace.ip('route', 'show', '203.0.113.0/24'), /via 192\.0\.2\.9 .*proto static/);
    await driven.order('stop', { keep: false });
    t.is(count(namespace), 0);
  }),
);

test(
  'without a descriptor to read the kernel by, what is known stays, the operator is told, and it is read when there is one',
  needs([...requirements, command('prlimit', 'util-linux')], async (t) => {
    const namespace = makeTwoLinks(t);
    const driven = new Driven(namespace, { maxFiles: 200 });
    await driven.order('configure', main);
    await driven.order('install', [
      ['203.0.113.0/24', '192.0.2.7'],
      ['203.0.114.0/24', '198.51.100.7'],
    ]);
    await driven.order('hog', true);
    namespace.ip('link', 'set', 'eth1', 'down');
    const told = async (): Promise<boolean> =>
      (await driven.order('refused', undefined)).some((line) => line.includes('EMFILE'));
    t.true(await until(told), 'told');
    t.is(ours(namespace).length, 1, 'the other link is not touched by it');
    // Ours came back with the link, and nobody could look whether it is there.
    namespace.ip('link', 'set', 'eth1', 'up');
    await driven.order('hog', false);
    t.true(await until(() => ours(namespace).length === 2));
    t.like(await driven.order('figures', undefined), { installed: 2, failed: 0 });
    await driven.order('stop', { keep: false });
    t.deepEqual(ours(namespace), []);
  }),
);

test(
  'a foreign route that came beside ours between two runs is still there when ours leads elsewhere',
  needs(requirements, async (t) => {
    const namespace = makeTwoLinks(t);
    const first = new Driven(namespace);
    await first.order('configure', main);
    await first.order('install', [['203.0.113.0/24', '192.0.2.7']]);
    await first.order('stop', { keep: true });
    namespace.ip('route', 'prepend', '203.0.113.0/24', 'via', '192.0.2.99', 'proto', 'static', 'metric', '20');
    const second = new Driven(namespace);
    await second.order('configure', main);
    const answer = await second.order('install', [['203.0.113.0/24', '198.51.100.7']]);
    t.deepEqual(answer, [`203.0.113.0/24 no: ${taken}`]);
    t.regex(namespace.ip('route', 'show', '203.0.113.0/24'), /via 192\.0\.2\.99 .*proto static/);
    t.deepEqual(ours(namespace), []);
    await second.order('stop', { keep: false });
  }),
);
