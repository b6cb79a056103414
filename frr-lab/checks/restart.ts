// The checks of the restart lab. A round kills programs of one router while a client pings the servers behind it, starts them
// again, waits until the sessions are back and counts: packets lost, and withdrawals that the router behind Waggle heard of.
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startNamed } from '../life.ts';
import { type LabPaths, nodePaths } from '../paths.ts';
import { killDaemon, stopDaemon } from '../processes.ts';
import { inside, nodeEnvironment, run } from '../run.ts';
import {
  networksOf,
  observerAsn,
  restart,
  serverAddresses,
  serverOf,
  type Site,
  sites,
} from '../topologies/restart.ts';
import { isIpv6 } from '../topology.ts';
import { type Check, lookUntil, notOk, ok, type Seen, unlessWrong } from './check.ts';
import { describeRoutes, readKernelRoutes } from './kernel-routes.ts';
import { readJsonFrom, runIn } from './lab-reader.ts';
import { type Peering, peeringCheck } from './peering.ts';
import { ping, reach } from './traffic.ts';

/** How often each kind of crash is played; a short run sets WAGGLE_LAB_ROUNDS. */
const defaultRounds = 10;
const pingCount = 1000;
const backLimitMs = 60_000;

const families = ['ipv4', 'ipv6'] as const;

export function restartChecks(lab: LabPaths): readonly Check[] {
  const rounds = readRounds();
  const keeping = sites.filter((site) => site.keepsRoutes);
  const [frr, bird] = keeping;
  return [
    ...allPeerings().map((peering) => peeringCheck(lab, peering)),
    ...sites.map((site) => ({
      name: `traffic client → ${serverOf(site)}`,
      expected: `${serverAddresses(site).join(' and ')} answer ping and TCP`,
      look: async () =>
        allOk(await Promise.all(serverAddresses(site).map((address) => reach(lab, 'client', address, serverOf(site))))),
    })),
    roundsCheck(lab, { rounds, title: 'kill -9 waggle', node: 'waggle', programs: ['waggle'], sites: keeping }),
    roundsCheck(lab, {
      rounds,
      title: 'kill -9 bgpd and zebra',
      node: frr.router,
      programs: ['bgpd', 'zebra'],
      sites: [frr],
    }),
    roundsCheck(lab, { rounds, title: 'kill -9 bird', node: bird.router, programs: ['bird'], sites: [bird] }),
    stopCheck(lab, keeping),
    plainCheck(lab),
    longLivedCheck(lab),
  ];
}

function readRounds(): number {
  const rounds = Number(process.env['WAGGLE_LAB_ROUNDS'] ?? defaultRounds);
  return Number.isInteger(rounds) && rounds > 0 ? rounds : defaultRounds;
}

function peeringsOf(router: string, kind: 'frr' | 'bird', link: number): readonly Peering[] {
  return families.map((family) => {
    const [ours, theirs] =
      family === 'ipv4' ? [`10.60.${link}.1`, `10.60.${link}.2`] : [`2001:db8:60${link}::1`, `2001:db8:60${link}::2`];
    const knows = kind === 'frr' ? ours : family === 'ipv4' ? 'waggle4' : 'waggle6';
    return { waggle: 'waggle', neighbor: theirs, family, peer: { node: router, kind, knows } };
  });
}

function allPeerings(): readonly Peering[] {
  return [
    ...peeringsOf('observer', 'frr', 3),
    ...sites.flatMap(({ router, kind, link }) => peeringsOf(router, kind === 'bird' ? 'bird' : 'frr', link)),
  ];
}

type Rounds = {
  readonly rounds: number;
  readonly title: string;
  readonly node: string;
  readonly programs: readonly string[];
  /** Whose servers are pinged meanwhile. */
  readonly sites: readonly Site[];
};

function roundsCheck(lab: LabPaths, plan: Rounds): Check {
  return {
    name: `${plan.title} on ${plan.node}, ${plan.rounds} rounds`,
    expected: `0 of ${pingCount} pings to each server lost and no withdrawal at the observer, every round`,
    isDisruptive: true,
    look: async () => {
      const before = await everythingIsBack(lab);
      if (!before.isOk) return notOk(`before: ${before.seen}`);
      const lines: string[] = [];
      for (let round = 1; round <= plan.rounds; round += 1) {
        const seen = await playRound(lab, plan);
        if (!seen.isOk) return notOk(`round ${round}: ${seen.seen}`);
        lines.push(seen.seen);
      }
      return ok(`${plan.rounds} rounds: ${lines[0] ?? ''} each time`);
    },
  };
}

async function playRound(lab: LabPaths, { node, programs, sites: pinged }: Rounds): Promise<Seen> {
  const withdrawals = watchWithdrawals(lab);
  const targets = pinged.flatMap(serverAddresses);
  const pings = targets.map((address) => pingMany(lab, address));
  await sleep(1_000);
  for (const program of programs) await killDaemon(nodePaths(lab, node), program);
  await sleep(500);
  // As they were started first: zebra before bgpd.
  for (const program of programs.toReversed()) await startNamed(lab, restart, node, program);
  const lost = await Promise.all(pings);
  const back = await everythingIsBack(lab);
  // What comes after the sessions: End-of-RIB and what is swept because of it.
  await sleep(1_000);
  const withdrawn = withdrawals();
  const wrong = [
    ...lost.flatMap((count, index) =>
      count === 0 ? [] : [`${count} of ${pingCount} pings to ${targets[index]} lost`],
    ),
    ...(withdrawn.length === 0
      ? []
      : [`the observer heard ${withdrawn.length} withdrawals: ${withdrawn.slice(0, 3).join('; ')}`]),
    ...(back.isOk ? [] : [`afterwards: ${back.seen}`]),
  ];
  return unlessWrong(wrong, `0 of ${targets.length * pingCount} pings lost, 0 withdrawals`);
}

/** Pings lost of {@link pingCount}, a hundred a second. */
async function pingMany(lab: LabPaths, address: string): Promise<number> {
  const command = ['ping', '-n', '-q', '-i', '0.01', '-W', '2', '-c', String(pingCount), address];
  const output = await run(inside(nodePaths(lab, 'client'), command), {
    environment: nodeEnvironment(lab, 'client'),
    limitMs: 60_000,
  });
  const found = /(\d+) packets transmitted, (\d+) received/.exec(output.stdout);
  return found === null ? pingCount : pingCount - Number(found[2]);
}

/** From now on: the lines in which the observer's bgpd tells of a withdrawal. */
function watchWithdrawals(lab: LabPaths): () => readonly string[] {
  const file = join(nodePaths(lab, 'observer').logs, 'bgpd.log');
  const from = statSync(file).size;
  return () => {
    const length = statSync(file).size - from;
    const bytes = Buffer.alloc(Math.max(0, length));
    const descriptor = openSync(file, 'r');
    try {
      readSync(descriptor, bytes, 0, bytes.length, from);
    } finally {
      closeSync(descriptor);
    }
    return bytes
      .toString('utf8')
      .split('\n')
      .filter((line) => /UPDATE about .* -- withdrawn/.test(line));
  };
}

/** What is still missing once the sessions had their time to come back. */
export async function restartIsBack(lab: LabPaths): Promise<readonly string[]> {
  const { isOk, seen } = await everythingIsBack(lab);
  return isOk ? [] : [seen];
}

async function everythingIsBack(lab: LabPaths): Promise<Seen> {
  const check: Check = {
    name: 'every session',
    expected: 'Established',
    look: async () => {
      const looks = await Promise.all(allPeerings().map(async (peering) => await peeringCheck(lab, peering).look()));
      return allOk(looks);
    },
  };
  return await lookUntil(check, performance.now() + backLimitMs);
}

function allOk(looks: readonly Seen[]): Seen {
  return unlessWrong(
    looks.filter((look) => !look.isOk).map((look) => look.seen),
    looks.map((look) => look.seen).join('; '),
  );
}

/** An ordinary stop and start: neighbors with graceful restart see a closed connection and no NOTIFICATION. */
function stopCheck(lab: LabPaths, pinged: readonly Site[]): Check {
  return {
    name: 'stop waggle and start it again',
    expected: 'nothing lost, nothing withdrawn, and the last thing that the observer heard was no NOTIFICATION',
    isDisruptive: true,
    look: async () => {
      const before = await everythingIsBack(lab);
      if (!before.isOk) return notOk(`before: ${before.seen}`);
      const withdrawals = watchWithdrawals(lab);
      const targets = pinged.flatMap(serverAddresses);
      const pings = targets.map((address) => pingMany(lab, address));
      await sleep(1_000);
      await stopDaemon(nodePaths(lab, 'waggle'), 'waggle', 10_000);
      const reason = await lastResetAt(lab, 'observer', '10.60.3.1');
      await startNamed(lab, restart, 'waggle', 'waggle');
      const lost = await Promise.all(pings);
      const back = await everythingIsBack(lab);
      await sleep(1_000);
      const withdrawn = withdrawals();
      const wrong = [
        ...lost.flatMap((count, index) => (count === 0 ? [] : [`${count} pings to ${targets[index]} lost`])),
        ...(withdrawn.length === 0 ? [] : [`${withdrawn.length} withdrawals`]),
        ...(/notification/i.test(reason) ? [`the observer says: ${reason}`] : []),
        ...(back.isOk ? [] : [`afterwards: ${back.seen}`]),
      ];
      return unlessWrong(wrong, `0 of ${targets.length * pingCount} pings lost, 0 withdrawals; observer: ${reason}`);
    },
  };
}

async function lastResetAt(lab: LabPaths, node: string, neighbor: string): Promise<string> {
  const json = await readJsonFrom(lab, node, ['vtysh', '-c', `show bgp neighbors ${neighbor} json`]);
  const text = JSON.stringify(json);
  return /"lastResetDueTo":"([^"]*)"/.exec(text)?.[1] ?? 'no reset known';
}

/** Without graceful restart a route goes with its session, and only that one. */
function plainCheck(lab: LabPaths): Check {
  const site = sites[2];
  return {
    name: `kill -9 waggle, seen from ${site.router}, which has no graceful restart`,
    expected: `${site.router} drops what it heard (AS ${observerAsn} and the others) at once and has it back afterwards; the others lose no ping`,
    isDisruptive: true,
    look: async () => {
      const before = await everythingIsBack(lab);
      if (!before.isOk) return notOk(`before: ${before.seen}`);
      const [address] = serverAddresses(sites[0]);
      const pinging = pingMany(lab, address);
      await killDaemon(nodePaths(lab, 'waggle'), 'waggle');
      const [network] = networksOf(sites[0]);
      const gone = await lookUntil(
        {
          name: 'gone',
          expected: 'no route',
          look: async () => {
            const routes = await readKernelRoutes(lab, site.router, network);
            return routes.length === 0 ? ok('no route') : notOk(describeRoutes(routes));
          },
        },
        performance.now() + 5_000,
      );
      await startNamed(lab, restart, 'waggle', 'waggle');
      const lost = await pinging;
      const back = await everythingIsBack(lab);
      const again = await lookUntil(
        {
          name: 'reachable',
          expected: 'an answer',
          look: async () => await ping(lab, 'client', serverAddresses(site)[0]),
        },
        performance.now() + 10_000,
      );
      const wrong = [
        ...(gone.isOk ? [] : [`${site.router} still had ${gone.seen}`]),
        ...(lost === 0 ? [] : [`${lost} pings to ${address} lost`]),
        ...(back.isOk ? [] : [`afterwards: ${back.seen}`]),
        ...(again.isOk ? [] : [again.seen]),
      ];
      return unlessWrong(
        wrong,
        `${site.router} had no route meanwhile and has it again, 0 of ${pingCount} pings to ${address} lost`,
      );
    },
  };
}

/** RFC 9494: the restart time is over after two seconds; for fifteen more the route is used as the last choice. */
function longLivedCheck(lab: LabPaths): Check {
  const site = sites[3];
  const [network] = networksOf(site);
  return {
    name: `${site.router} stays away`,
    expected: `${network} is held for 15 s after the restart time of 2 s, marked LLGR_STALE at the observer, then it is gone`,
    isDisruptive: true,
    look: async () => {
      const before = await everythingIsBack(lab);
      if (!before.isOk) return notOk(`before: ${before.seen}`);
      await killDaemon(nodePaths(lab, site.router), 'bgpd');
      const killedMs = performance.now();
      const marked = await lookUntil(observed(lab, network, /llgr-stale/i), killedMs + 10_000);
      await sleep(Math.max(0, killedMs + 12_000 - performance.now()));
      const held = await runIn(lab, 'waggle', ['waggle', 'show', 'bgp', 'ipv4', 'unicast', network]);
      const gone = await lookUntil(observed(lab, network, undefined), killedMs + 30_000);
      const goneAfterSec = (performance.now() - killedMs) / 1000;
      await startNamed(lab, restart, site.router, 'bgpd');
      const back = await everythingIsBack(lab);
      const wrong = [
        ...(marked.isOk ? [] : [`not marked: ${marked.seen}`]),
        ...(held.stdout.includes(network) && held.code === 0 ? [] : ['not held for 12 s']),
        ...(gone.isOk && goneAfterSec > 15 ? [] : [`${gone.seen} after ${goneAfterSec.toFixed(1)} s`]),
        ...(back.isOk ? [] : [`afterwards: ${back.seen}`]),
      ];
      return unlessWrong(wrong, `${marked.seen}, held, gone after ${goneAfterSec.toFixed(1)} s`);
    },
  };
}

/** What the observer has for a prefix: a community in its words, or, with `undefined`, nothing. */
function observed(lab: LabPaths, prefix: string, community: RegExp | undefined): Check {
  const command = ['vtysh', '-c', `show bgp ${isIpv6(prefix) ? 'ipv6' : 'ipv4'} unicast ${prefix} json`];
  return {
    name: `${prefix} at the observer`,
    expected: community === undefined ? 'gone' : `has ${String(community)}`,
    look: async () => {
      const output = await runIn(lab, 'observer', command);
      const text = output.stdout.replaceAll(/\s+/g, ' ');
      const isThere = text.includes('"paths"');
      if (community === undefined) return isThere ? notOk('still there') : ok('gone');
      return community.test(text) ? ok('marked LLGR_STALE') : notOk(text.slice(0, 300));
    },
  };
}
