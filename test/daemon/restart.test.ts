// What a daemon tells its speaker of the process before it, and how it leaves, over real state files and a kernel of the test's.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { GracefulRestartConfig, NeighborConfig, SpeakerConfig } from '#bgp/config.ts';
import type { FamilyName } from '#bgp/net/family.ts';
import { listPreservedFamilies, Restart, stopKindOf, type ForwardingState } from '#daemon/restart.ts';
import { StateFile } from '#daemon/state-file.ts';
import { describeEvent, type LogEvent } from '#io/log.ts';
import { KernelError } from '#kernel/errors.ts';

const habitat = { bootId: 'boot-1', networkNamespace: 'net:[1]' };
const fib = { table: 254, metric: 20, advertisesInstalledOnly: false };
const full: GracefulRestartConfig = { mode: 'full', restartTimeSec: 120, stalePathSec: 360, hasNotification: true };

function instance(networks: readonly string[], more: Partial<SpeakerConfig> = {}): SpeakerConfig {
  return {
    instance: 'main',
    asn: 65001,
    routerId: '192.0.2.1',
    neighbors: [],
    networks: networks.map((prefix) => ({ prefix, origin: 'igp' })),
    policies: [],
    ...more,
  };
}

function neighborWith(gracefulRestart: GracefulRestartConfig | undefined): NeighborConfig {
  return {
    address: '192.0.2.9',
    port: 179,
    remoteAsn: 65002,
    description: undefined,
    isPassive: false,
    families: ['ipv4-unicast'],
    importPolicy: 'accept',
    exportPolicy: 'accept',
    isNextHopSelf: false,
    ttl: undefined,
    sourceAddress: undefined,
    timers: { connectRetrySec: 120, holdTimeSec: 90, keepaliveSec: 30 },
    isShutdown: false,
    ...(gracefulRestart === undefined ? {} : { gracefulRestart }),
  };
}

const kernel = (installed: readonly FamilyName[], served: readonly string[]): ForwardingState => ({
  findPreservedFamilies: () => installed,
  findServedPrefixes: (prefixes) => prefixes.filter((prefix) => served.includes(prefix)),
});

const [v4, v6] = ['10.0.0.0/24', '2001:db8::/64'];
const cases: readonly (readonly [
  claim: string,
  configs: readonly SpeakerConfig[],
  state: ForwardingState,
  expected: readonly FamilyName[],
])[] = [
  [
    'networks that the kernel serves outlive a process',
    [instance([v4, v6])],
    kernel([], [v4, v6]),
    ['ipv4-unicast', 'ipv6-unicast'],
  ],
  [
    'one network that the kernel does not serve takes its family with it',
    [instance([v4, v6])],
    kernel([], [v6]),
    ['ipv6-unicast'],
  ],
  [
    'without networks and routes of its own the process has no part in forwarding',
    [instance([])],
    kernel([], []),
    ['ipv4-unicast', 'ipv6-unicast'],
  ],
  [
    'with fib: kernel the family needs its routes in the kernel',
    [instance([], { fib })],
    kernel(['ipv6-unicast'], []),
    ['ipv6-unicast'],
  ],
  ['with fib: kernel networks that are served will do', [instance([v4], { fib })], kernel([], [v4]), ['ipv4-unicast']],
  ['nothing in the kernel, nothing outlived', [instance([v4, v6], { fib })], kernel([], []), []],
  ['all instances have to agree', [instance([v4]), instance([v6])], kernel([], [v4]), ['ipv4-unicast']],
];
for (const [claim, configs, state, expected] of cases) {
  test(claim, (t) => t.deepEqual(listPreservedFamilies(configs, state), expected));
}

test('sessions are left for a restart when a neighbor is asked to wait, and for good otherwise', (t) => {
  t.is(stopKindOf([]), 'final');
  t.is(stopKindOf([instance([], { neighbors: [neighborWith(undefined)] })]), 'final');
  t.is(stopKindOf([instance([], { neighbors: [neighborWith({ ...full, mode: 'helper' })] })]), 'final');
  t.is(stopKindOf([instance([], { neighbors: [neighborWith(undefined), neighborWith(full)] })]), 'restart');
  const dynamicNeighbors = [{ prefix: '10.1.0.0/16', limit: 5, neighbor: neighborWith(full) }];
  t.is(stopKindOf([instance([], { dynamicNeighbors })]), 'restart');
});

function inFolder(implementation: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'waggle-restart-'));
  try {
    implementation(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function open(folder: string, state: ForwardingState, bootId = 'boot-1'): { restart: Restart; said: string[] } {
  const said: string[] = [];
  const write = (event: LogEvent): void => {
    const { level, message } = describeEvent(event);
    said.push(`${level} ${message}`);
  };
  return { restart: new Restart(new StateFile(folder, 0, { ...habitat, bootId }), write, state), said };
}

test('first start, restart, reboot, last stop: what the speaker and the log are told', (t) => {
  inFolder((folder) => {
    const first = open(folder, kernel([], [v4]));
    t.deepEqual(first.restart.begin([instance([v4])]), { isRestarting: false, preservedFamilies: [] });
    t.deepEqual(first.said, ['info BGP begins anew: the first start here']);
    // Killed: nothing is written.
    const second = open(folder, kernel([], [v4]));
    t.deepEqual(second.restart.begin([instance([v4, v6])]), {
      isRestarting: true,
      preservedFamilies: ['ipv4-unicast'],
    });
    t.regex(
      second.said[0],
      /^info BGP begins after a restart: .* ended without a word; forwarding of ipv4-unicast goes on$/,
    );
    second.restart.end('restart');
    t.regex(
      open(folder, kernel([], []))
        .restart.begin([instance([v4])])
        .isRestarting.toString(),
      /true/,
    );
    const rebooted = open(folder, kernel([], [v4]), 'boot-2');
    t.deepEqual(rebooted.restart.begin([instance([v4])]), { isRestarting: false, preservedFamilies: [] });
    rebooted.restart.end('final');
    t.false(open(folder, kernel([], [v4]), 'boot-2').restart.begin([instance([v4])]).isRestarting);
  });
});

test('who never began leaves no trace', (t) => {
  inFolder((folder) => {
    open(folder, kernel([], [])).restart.end('restart');
    t.false(open(folder, kernel([], [])).restart.begin([]).isRestarting);
  });
});

test('a broken state file, and a kernel that cannot be asked, are told and shown, and preserve nothing', (t) => {
  inFolder((folder) => {
    writeFileSync(join(folder, 'process.json'), '{');
    const broken = open(folder, kernel([], [v4]));
    t.deepEqual(broken.restart.begin([instance([v4])]), { isRestarting: false, preservedFamilies: [] });
    t.regex(broken.restart.problems[0], /process\.json is damaged/);
    t.regex(broken.said[0], /^(warn|error) .*process\.json is damaged/);
    t.regex(readFileSync(join(folder, 'process.json'), 'utf8'), /"end": "running"/);
    const blind = open(folder, {
      ...kernel([], []),
      findServedPrefixes: () => {
        throw new KernelError('EPERM', 'list the routes');
      },
    });
    t.deepEqual(blind.restart.begin([instance([v4])]), { isRestarting: true, preservedFamilies: [] });
    t.regex(
      blind.restart.problems[0],
      /cannot be seen: cannot list the routes: EPERM: peers are told that nothing did/,
    );
  });
});
