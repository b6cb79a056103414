// The checks of the restart lab: rounds of crashes and stops while packets flow (restart-scene.ts), and what becomes of routes
// of a router that has no graceful restart, or has it for a moment only.
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from '../lab-error.ts';
import { startNamed } from '../life.ts';
import { type LabPaths, nodePaths } from '../paths.ts';
import { killDaemon, stopDaemon } from '../processes.ts';
import {
  linkAddresses,
  longLivedSec,
  networksOf,
  observer,
  restart,
  serverAddresses,
  serverOf,
  type Site,
  sites,
} from '../topologies/restart.ts';
import { hostPart, isIpv6 } from '../topology.ts';
import { type BgpFrame, describeCounts } from '../wire.ts';
import { allOk, type Check, lookUntil, notOk, ok, type Seen, unlessWrong } from './check.ts';
import { describeRoutes, readKernelRoutes } from './kernel-routes.ts';
import { runIn } from './lab-reader.ts';
import { peeringCheck } from './peering.ts';
import { pingCount, play, type Scene, tellPings, withdrawalsOf } from './restart-scene.ts';
import { allPeerings } from './restart-settled.ts';
import { ping, reach } from './traffic.ts';

/** How often each kind of crash is played; a short run sets WAGGLE_LAB_ROUNDS. */
const defaultRounds = 10;
/** How long a killed router stays away. */
const awayMs = 500;
const [frr, bird, plain, longLived] = sites;
const keeping = sites.filter((site) => site.keepsRoutes);

export function restartChecks(lab: LabPaths): readonly Check[] {
  return [
    ...allPeerings().map((peering) => peeringCheck(lab, peering)),
    ...sites.map((site) => ({
      name: `traffic client → ${serverOf(site)}`,
      expected: `${serverAddresses(site).join(' and ')} answer ping and TCP`,
      look: async () =>
        allOk(await Promise.all(serverAddresses(site).map((address) => reach(lab, 'client', address, serverOf(site))))),
    })),
    crashCheck(lab, { title: 'kill -9 waggle', node: 'waggle', programs: ['waggle'], pinged: keeping }),
    crashCheck(lab, {
      title: 'kill -9 bgpd and zebra',
      node: frr.router,
      programs: ['bgpd', 'zebra'],
      pinged: [frr],
    }),
    crashCheck(lab, { title: 'kill -9 bird', node: bird.router, programs: ['bird'], pinged: [bird] }),
    stopCheck(lab),
    plainWatchesCheck(lab),
    plainCrashCheck(lab),
    longLivedCheck(lab),
  ];
}

/** WAGGLE_LAB_ROUNDS, or ten. */
export function readRounds(): number {
  const text = process.env['WAGGLE_LAB_ROUNDS'];
  if (text === undefined || text === '') return defaultRounds;
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= 1000) return rounds;
  throw new LabError(`WAGGLE_LAB_ROUNDS is ${text}; it has to be a number from 1 to 1000`);
}

/** Plays one scene after the other; the first that goes wrong is the last. */
async function playRounds(rounds: number, playOne: () => Promise<Scene>): Promise<Seen> {
  const scenes: Scene[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const scene = await playOne();
    if (scene.wrong.length > 0) return notOk(`round ${round}: ${scene.wrong.join('; ')}`);
    scenes.push(scene);
  }
  const sent = scenes.flatMap((scene) => scene.sent);
  return ok(
    `${rounds} rounds, ${tellPings(scenes)}, ${withdrawalsOf(sent).length} withdrawals at the observer; ` +
      `tshark: ${describeCounts(sent)}, nothing malformed`,
  );
}

type Crash = {
  readonly title: string;
  readonly node: string;
  readonly programs: readonly string[];
  readonly pinged: readonly Site[];
};

async function killAndStart(lab: LabPaths, node: string, programs: readonly string[]): Promise<void> {
  for (const program of programs) await killDaemon(nodePaths(lab, node), program);
  await sleep(awayMs);
  // As they were started first: zebra before bgpd.
  for (const program of programs.toReversed()) await startNamed(lab, restart, node, program);
}

function crashCheck(lab: LabPaths, { title, node, programs, pinged }: Crash): Check {
  const rounds = readRounds();
  return {
    name: `${title} on ${node}, ${rounds} rounds`,
    expected: `0 of ${pingCount} or more pings to ${addressesOf(pinged)} lost and no withdrawal at the observer, every round`,
    isDisruptive: true,
    look: async () =>
      await playRounds(rounds, async () => {
        const scene = await play(lab, { pinged, act: async () => await killAndStart(lab, node, programs) });
        return { ...scene, wrong: [...scene.wrong, ...refuse(scene.sent)] };
      }),
  };
}

function addressesOf(pinged: readonly Site[]): string {
  return `each of ${pinged.flatMap(serverAddresses).join(', ')}`;
}

/** No session ends by a word of Waggle's; only where both sides connected at once, one connection is given up (6/7). */
function refuse(sent: readonly BgpFrame[]): readonly string[] {
  return sent.flatMap(({ destination, errors }) =>
    errors.filter((error) => error !== '6/7').map((error) => `NOTIFICATION ${error} to ${destination}`),
  );
}

/** An ordinary stop and start: who speaks graceful restart sees a closed connection and no NOTIFICATION. */
function stopCheck(lab: LabPaths): Check {
  const rounds = readRounds();
  const told = linkAddresses(plain.link).router;
  return {
    name: `stop waggle and start it again, ${rounds} rounds`,
    expected:
      `nothing lost, nothing withdrawn; on the wire one Cease 6/2 to each of ${told.join(' and ')}, ` +
      'which have no graceful restart, and no NOTIFICATION to anyone else',
    isDisruptive: true,
    look: async () =>
      await playRounds(rounds, async () => {
        let stoppedAtMs = 0;
        const scene = await play(lab, {
          pinged: keeping,
          act: async () => {
            await stopDaemon(nodePaths(lab, 'waggle'), 'waggle', 10_000);
            stoppedAtMs = Date.now();
            await startNamed(lab, restart, 'waggle', 'waggle');
          },
        });
        const last = scene.sent.filter((frame) => frame.atMs < stoppedAtMs);
        const told62 = last.filter((frame) => String(frame.errors) === '6/2').map((frame) => frame.destination);
        const wrong = [
          ...(String(told62.toSorted()) === String(told.toSorted())
            ? []
            : [`Cease 6/2 to ${told62.join(' ') || 'none'}`]),
          ...refuse(scene.sent.filter((frame) => !told.includes(frame.destination) || frame.atMs >= stoppedAtMs)),
        ];
        return { ...scene, wrong: [...scene.wrong, ...wrong] };
      }),
  };
}

/** Without graceful restart a route goes with its session, and only that one. */
function plainWatchesCheck(lab: LabPaths): Check {
  return {
    name: `kill -9 waggle, seen from ${plain.router}, which has no graceful restart`,
    expected: `${plain.router} drops what it heard at once and has it back afterwards; nothing is lost or withdrawn elsewhere`,
    isDisruptive: true,
    look: async () => {
      let gone: Seen = notOk('not looked at');
      const scene = await play(lab, {
        pinged: keeping,
        act: async () => {
          await killDaemon(nodePaths(lab, 'waggle'), 'waggle');
          gone = await lookUntil(hasRoutesCheck(lab, false), performance.now() + 5_000);
          await startNamed(lab, restart, 'waggle', 'waggle');
        },
      });
      const again = await lookUntil(hasRoutesCheck(lab, true), performance.now() + 10_000);
      const answers = await lookUntil(plainAnswersCheck(lab), performance.now() + 10_000);
      const wrong = [
        ...scene.wrong,
        ...(gone.isOk ? [] : [`while waggle was away: ${gone.seen}`]),
        ...(again.isOk ? [] : [`afterwards: ${again.seen}`]),
        ...(answers.isOk ? [] : [`afterwards: ${answers.seen}`]),
      ];
      return unlessWrong(
        wrong,
        `${gone.seen}, then ${again.seen}; ${tellPings([scene])}, 0 withdrawals at the observer`,
      );
    },
  };
}

/** Whether plain's kernel has routes to what lies behind frr1. */
function hasRoutesCheck(lab: LabPaths, wanted: boolean): Check {
  return {
    name: `routes of ${plain.router}`,
    expected: wanted ? 'both' : 'none',
    look: async () => {
      const networks = networksOf(frr);
      const routes = await Promise.all(networks.map((network) => readKernelRoutes(lab, plain.router, network)));
      const text = networks.map((network, index) => `${network} ${describeRoutes(routes[index])}`).join(', ');
      return routes.every((found) => found.length > 0 === wanted) ? ok(text) : notOk(text);
    },
  };
}

function plainAnswersCheck(lab: LabPaths): Check {
  return {
    name: `traffic client → ${serverOf(plain)}`,
    expected: 'both addresses answer',
    look: async () => allOk(await Promise.all(serverAddresses(plain).map((address) => ping(lab, 'client', address)))),
  };
}

/** The counterpart of all the rounds without a withdrawal: here both have to be seen, and only they. */
function plainCrashCheck(lab: LabPaths): Check {
  const networks = networksOf(plain);
  return {
    name: `kill -9 bgpd on ${plain.router}`,
    expected: `${networks.join(' and ')} are withdrawn at the observer, nothing else is, and nothing else is lost`,
    isDisruptive: true,
    look: async () => {
      const scene = await play(lab, {
        pinged: keeping,
        withdraws: networks.map(hostPart),
        act: async () => await killAndStart(lab, plain.router, ['bgpd']),
      });
      const answers = await lookUntil(plainAnswersCheck(lab), performance.now() + 10_000);
      const wrong = [...scene.wrong, ...(answers.isOk ? [] : [`afterwards: ${answers.seen}`])];
      return unlessWrong(wrong, `both withdrawn; ${tellPings([scene])}; then ${answers.seen}`);
    },
  };
}

/** RFC 9494: the restart time is over after a moment; for some time more the route is used as the last choice. */
function longLivedCheck(lab: LabPaths): Check {
  const networks = networksOf(longLived);
  const { restartSec, staleSec } = longLivedSec;
  const wholeMs = (restartSec + staleSec) * 1000;
  return {
    name: `${longLived.router} stays away`,
    expected:
      `${networks.join(' and ')} are held for ${staleSec} s after the restart time of ${restartSec} s, marked LLGR_STALE ` +
      'at the observer, then they are withdrawn; nothing else is lost or withdrawn',
    isDisruptive: true,
    look: async () => {
      let marked: Seen = notOk('not looked at');
      let held: Seen = notOk('not looked at');
      let gone: Seen = notOk('not looked at');
      let killedAtMs = 0;
      const scene = await play(lab, {
        pinged: keeping,
        withdraws: networks.map(hostPart),
        act: async () => {
          await killDaemon(nodePaths(lab, longLived.router), 'bgpd');
          killedAtMs = Date.now();
          const sinceKill = (): number => Date.now() - killedAtMs;
          const all = async (look: (network: string) => Promise<Seen>): Promise<Seen> =>
            allOk(await Promise.all(networks.map(look)));
          const until = async (limitMs: number, look: () => Promise<Seen>): Promise<Seen> =>
            await lookUntil({ name: '', expected: '', look }, performance.now() + limitMs);
          marked = await until(restartSec * 1000 + 3_000, () => all((network) => isMarked(lab, network)));
          await sleep(Math.max(0, wholeMs - 3_000 - sinceKill()));
          held = await all((network) => isMarked(lab, network));
          gone = await until(10_000, () => all((network) => isGone(lab, network)));
          await startNamed(lab, restart, longLived.router, 'bgpd');
        },
      });
      const heldMs = withdrawalsOf(scene.sent).map(({ atMs }) => atMs - killedAtMs);
      const wrong = [
        ...scene.wrong,
        ...(marked.isOk ? [] : [`not marked: ${marked.seen}`]),
        ...(held.isOk ? [] : [`not held to the end: ${held.seen}`]),
        ...(gone.isOk ? [] : [`not gone: ${gone.seen}`]),
        ...heldMs
          .filter((ms) => ms < wholeMs - 500 || ms > wholeMs + 2_000)
          .map((ms) => `withdrawn after ${inSeconds(ms)} s`),
      ];
      return unlessWrong(
        wrong,
        `marked, held, withdrawn after ${heldMs.map(inSeconds).join(' and ')} s; ${tellPings([scene])}`,
      );
    },
  };
}

function inSeconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

/** What the observer's bgpd tells of a prefix, in its own JSON. */
async function askObserver(lab: LabPaths, prefix: string): Promise<string> {
  const command = `show bgp ${isIpv6(prefix) ? 'ipv6' : 'ipv4'} unicast ${prefix} json`;
  return (await runIn(lab, observer.router, ['vtysh', '-c', command])).stdout.replaceAll(/\s+/g, ' ');
}

async function isMarked(lab: LabPaths, prefix: string): Promise<Seen> {
  const text = await askObserver(lab, prefix);
  return /llgr-stale/i.test(text) ? ok(`${prefix} marked`) : notOk(`${prefix}: ${text.slice(0, 200)}`);
}

async function isGone(lab: LabPaths, prefix: string): Promise<Seen> {
  const text = await askObserver(lab, prefix);
  return text.includes('"paths"') ? notOk(`${prefix} still there`) : ok(`${prefix} gone`);
}
