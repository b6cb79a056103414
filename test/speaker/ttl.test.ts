// The TTL of a session's packets, asked of the kernel on the sockets of two speakers that talk over loopback: one connects,
// the other accepts.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import test from 'ava';
import type { NeighborConfig } from '#bgp/config.ts';
import { SocketOptions } from '#kernel/socket-options.ts';
import { InProcessSpeaker } from '#support/in-process-speaker.ts';
import { freePorts } from '../router/router-process.ts';
import { until } from './until.ts';

const established = '01';

/** TTLs of this process's sockets of established connections to or from a port, with the side: `accepted 1`. */
function readTtls(version: 4 | 6, port: number): string[] {
  const sides = new Map<string, string>();
  const table = readFileSync(version === 4 ? '/proc/self/net/tcp' : '/proc/self/net/tcp6', 'utf8');
  for (const line of table.split('\n').slice(1)) {
    const [, local = '', remote = '', state, , , , , , inode = ''] = line.trim().split(/\s+/);
    const [localPort, remotePort] = [local, remote].map((text) => Number.parseInt(text.split(':')[1], 16));
    if (state !== established || (localPort !== port && remotePort !== port)) continue;
    sides.set(`socket:[${inode}]`, localPort === port ? 'accepted' : 'connected');
  }
  const options = new SocketOptions();
  return readdirSync('/proc/self/fd')
    .flatMap((fd) => {
      try {
        const side = sides.get(readlinkSync(`/proc/self/fd/${fd}`));
        return side === undefined ? [] : [`${side} ${options.getTtl(Number(fd), version)}`];
      } catch {
        // The descriptor of the listing itself is gone by now.
        return [];
      }
    })
    .toSorted();
}

function neighbor(address: string, remoteAsn: number, more: Partial<NeighborConfig>): NeighborConfig {
  return {
    address,
    port: 179,
    remoteAsn,
    description: undefined,
    isPassive: false,
    families: ['ipv4-unicast'],
    importPolicy: 'accept',
    exportPolicy: 'accept',
    isNextHopSelf: false,
    ttl: undefined,
    sourceAddress: undefined,
    timers: { connectRetrySec: 1, holdTimeSec: 9, keepaliveSec: 3 },
    isShutdown: false,
    ...more,
  };
}

interface Case {
  readonly claim: string;
  readonly addresses: readonly [string, string];
  readonly asns: readonly [number, number];
  readonly ttl: number | undefined;
  /** undefined: the kernel's default. */
  readonly expected: number | undefined;
}

const cases: readonly Case[] = [
  {
    claim: 'an EBGP session has TTL 1 on both sides',
    addresses: ['127.77.1.1', '127.77.1.2'],
    asns: [65001, 65002],
    ttl: undefined,
    expected: 1,
  },
  {
    claim: 'an EBGP session over IPv6 has hop limit 1 on both sides',
    addresses: ['::1', '::1'],
    asns: [65001, 65002],
    ttl: undefined,
    expected: 1,
  },
  {
    claim: 'a multihop session has the TTL that was configured on both sides',
    addresses: ['127.77.2.1', '127.77.2.2'],
    asns: [65001, 65002],
    ttl: 5,
    expected: 5,
  },
  {
    claim: "an IBGP session has the system's TTL on both sides",
    addresses: ['127.77.3.1', '127.77.3.2'],
    asns: [65001, 65001],
    ttl: undefined,
    expected: undefined,
  },
];

for (const { claim, addresses, asns, ttl, expected } of cases) {
  test.serial(claim, async (t) => {
    const [caller, called] = [new InProcessSpeaker(), new InProcessSpeaker()];
    t.teardown(() => Promise.all([caller.stop(), called.stop()]));
    const [port] = await freePorts(1);
    const instance = { instance: 'default', networks: [], policies: [] };
    const passive = neighbor(addresses[0], asns[0], { isPassive: true, ttl });
    const active = neighbor(addresses[1], asns[1], { port, ttl, sourceAddress: addresses[0] });
    await called.configure({
      listen: [{ address: addresses[1], port }],
      instances: [{ ...instance, asn: asns[1], routerId: '192.0.2.2', neighbors: [passive] }],
    });
    await caller.configure({
      listen: [],
      instances: [{ ...instance, asn: asns[0], routerId: '192.0.2.1', neighbors: [active] }],
    });
    await until(async () => (await caller.instances())[0].neighbors[0].state === 'Established', 30_000);
    const version = addresses[0].includes(':') ? 6 : 4;
    const system = Number(readFileSync('/proc/sys/net/ipv4/ip_default_ttl', 'utf8'));
    const wanted = expected ?? system;
    t.deepEqual(readTtls(version, port), [`accepted ${wanted}`, `connected ${wanted}`]);
  });
}
