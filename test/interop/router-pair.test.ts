// Two `waggle router` processes in network namespaces of their own, joined by one link: sessions over IPv4, IPv6 and
// link-local addresses with a zone, and the source address of a session.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { command, needs, root } from '#support/skip.ts';
import { until } from '../speaker/until.ts';

const run = promisify(execFile);
const waggle = fileURLToPath(new URL('../../bin/waggle', import.meta.url));
const names = [`wgp${process.pid}a`, `wgp${process.pid}b`] as const;
const base = mkdtempSync(join(tmpdir(), 'waggle-pair-'));
const children: ChildProcess[] = [];

async function inside(name: string, ...words: readonly string[]): Promise<string> {
  const { stdout } = await run('ip', ['netns', 'exec', name, ...words]);
  return stdout;
}

async function linkLocal(name: string): Promise<string> {
  const [, address = ''] =
    /inet6 (fe80:[0-9a-f:]+)\//.exec(await inside(name, 'ip', '-6', 'addr', 'show', 'dev', 'link0')) ?? [];
  return address;
}

function start(name: string, file: string): ChildProcess {
  writeFileSync(join(base, `${name}.yaml`), file);
  const places = ['--run-dir', join(base, name, 'run'), '--state-dir', join(base, name, 'state')];
  const words = ['netns', 'exec', name, waggle, 'router', '--config', join(base, `${name}.yaml`), ...places];
  const child = spawn('ip', words, { stdio: 'ignore' });
  children.push(child);
  return child;
}

async function neighbors(name: string): Promise<Record<string, { bgpState: string; hostLocal?: string }>> {
  const { stdout } = await run(waggle, ['show', 'bgp', 'neighbors', '--json', '--run-dir', join(base, name, 'run')]);
  return JSON.parse(stdout);
}

async function prefixes(name: string, family: 'ipv4' | 'ipv6'): Promise<string[]> {
  const { stdout } = await run(waggle, ['show', 'bgp', family, '--json', '--run-dir', join(base, name, 'run')]);
  const answer: { routes: Record<string, unknown> } = JSON.parse(stdout);
  return Object.keys(answer.routes).toSorted();
}

test.after.always(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill();
    await once(child, 'exit');
  }
  for (const name of names) await run('ip', ['netns', 'delete', name]).catch(() => undefined);
  rmSync(base, { recursive: true, force: true });
});

test.serial(
  'sessions over IPv4, IPv6 and link-local addresses with a zone come up side by side, each from its source address',
  needs([root, command('ip', 'iproute2')], async (t) => {
    t.timeout(150_000);
    const [a, b] = names;
    for (const name of names) {
      await run('ip', ['netns', 'add', name]);
      await inside(name, 'sysctl', '-qw', 'net.ipv6.conf.default.accept_dad=0');
      await inside(name, 'ip', 'link', 'set', 'lo', 'up');
    }
    await run('ip', ['-n', a, 'link', 'add', 'link0', 'type', 'veth', 'peer', 'name', 'link0', 'netns', b]);
    const addresses = [
      ['192.0.2.1/29', '192.0.2.3/29', '2001:db8:1::1/64', '2001:db8:1::3/64'],
      ['192.0.2.2/29', '2001:db8:1::2/64'],
    ];
    for (const [index, name] of names.entries()) {
      for (const address of addresses[index]) await inside(name, 'ip', 'addr', 'add', address, 'dev', 'link0');
      await inside(name, 'ip', 'link', 'set', 'link0', 'up');
    }
    await until(async () => (await linkLocal(a)) !== '' && (await linkLocal(b)) !== '', 30_000);
    const [localA, localB] = [await linkLocal(a), await linkLocal(b)];
    // Whoever starts first finds nobody there: it shall not wait the usual two minutes for its next attempt.
    const policies = 'timers: {connectRetrySec: 1}, import: accept, export: accept';
    start(
      a,
      `router:
  asn: 65001
  routerId: 198.51.100.1
  neighbors:
    - {address: 192.0.2.2, remoteAsn: 65002, sourceAddress: 192.0.2.3, ${policies}}
    - {address: "2001:db8:1::2", remoteAsn: 65002, sourceAddress: "2001:db8:1::3", ${policies}}
    - {address: "${localB}%link0", remoteAsn: 65002, ${policies}}
  networks: [203.0.113.0/25, "2001:db8:a::/48"]
`,
    );
    start(
      b,
      `router:
  asn: 65002
  routerId: 198.51.100.2
  neighbors:
    - {address: 192.0.2.3, remoteAsn: 65001, passive: true, ${policies}}
    - {address: "2001:db8:1::3", remoteAsn: 65001, passive: true, ${policies}}
    - {address: "${localA}%link0", remoteAsn: 65001, passive: true, ${policies}}
  networks: [203.0.113.128/25, "2001:db8:b::/48"]
`,
    );
    const isUp = async (name: string): Promise<boolean> => {
      const all = Object.values(await neighbors(name).catch(() => ({})));
      return all.length === 3 && all.every(({ bgpState }) => bgpState === 'Established');
    };
    await until(async () => (await isUp(a)) && (await isUp(b)), 90_000);
    const seen = await neighbors(a);
    t.is(seen['192.0.2.2'].hostLocal, '192.0.2.3');
    t.is(seen['2001:db8:1::2'].hostLocal, '2001:db8:1::3');
    t.deepEqual(
      Object.keys(await neighbors(b)).toSorted(),
      ['192.0.2.3', '2001:db8:1::3', `${localA}%link0`].toSorted(),
    );
    for (const name of names) {
      await until(async () => (await prefixes(name, 'ipv6')).length === 2, 30_000);
      await until(async () => (await prefixes(name, 'ipv4')).length === 2, 30_000);
      t.deepEqual(await prefixes(name, 'ipv4'), ['203.0.113.0/25', '203.0.113.128/25']);
      t.deepEqual(await prefixes(name, 'ipv6'), ['2001:db8:a::/48', '2001:db8:b::/48']);
    }
  }),
);
