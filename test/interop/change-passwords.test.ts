// `passwordFile` of a real `waggle router` with a real FRR: the file is replaced on disk while the session stands, and the session
// goes on when FRR has the new key within the hold time; without the file it ends, which FRR is told by the key that it has, and it
// comes back with it. The password is nowhere in what the process says or answers.

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { FrrBgpd } from '#support/frr-bgpd.ts';
import { command, findUnmet, needs, root } from '#support/skip.ts';
import { until } from '../speaker/until.ts';
import { ChangeWorld, peerAddress, routerAddress } from './change-world.ts';
import { changeKeyOf } from './frr-key.ts';

const requirements = [root, command('ip', 'iproute2'), command('bgpd', 'frr'), command('python3', 'python3')];
const world = new ChangeWorld('pwd');
const waggle = fileURLToPath(new URL('../../bin/waggle', import.meta.url));
const marker = 'hunter';
const frr = peerAddress(1);
let bgpd: FrrBgpd;

const frrConfig = `
router bgp 65101
 bgp router-id ${frr}
 no bgp ebgp-requires-policy
 neighbor ${routerAddress} remote-as 65001
 neighbor ${routerAddress} update-source ${frr}
 neighbor ${routerAddress} timers 3 30
 neighbor ${routerAddress} timers connect 1
 neighbor ${routerAddress} password ${marker}-one
`;

const neighbor = `address: ${frr}, remoteAsn: 65101, passwordFile: key, import: accept, export: accept, timers: {holdTimeSec: 30, keepaliveSec: 3, connectRetrySec: 1}`;

test.before(async () => {
  if (findUnmet(requirements) !== undefined) return;
  await world.make();
  bgpd = await FrrBgpd.start(world.peer, frrConfig);
  replace(`${marker}-one\n`);
  world.write([neighbor]);
  await world.start([], ['--log-level', 'trace']);
});

test.after.always(async () => {
  if (findUnmet(requirements) !== undefined) return;
  bgpd?.stop();
  await world.remove();
});

test.beforeEach((t) => t.timeout(240_000));

/** As careful programs do it: written beside, renamed into its place. */
function replace(text: string, mode = 0o640): void {
  const next = join(world.folder, 'key.next');
  writeFileSync(next, text, { mode });
  renameSync(next, join(world.folder, 'key'));
}

interface Session {
  readonly bgpState: string;
  readonly connectionsEstablished: number;
  readonly messageStats: { readonly keepalivesRecv: number };
}

async function session(): Promise<Session> {
  const all: Readonly<Record<string, Session>> = JSON.parse(await world.get('/show/bgp/neighbors'));
  return all[frr];
}

const isUp = async (): Promise<boolean> => (await session()).bgpState === 'Established';
const inFrr = (): Record<string, unknown> =>
  JSON.parse(bgpd.vtysh(`show bgp neighbors ${routerAddress} json`))[routerAddress];

async function isHeld(t: ExecutionContext, reason: RegExp): Promise<void> {
  await until(async () => reason.test(await world.get('/status')), 30_000);
  await until(async () => !(await isUp()), 30_000);
  t.regex(await world.get(`/show/bgp/neighbors/${frr}?format=text`), reason);
  await until(() => reason.test(world.log), 30_000);
  t.regex(world.log, reason);
}

test.serial(
  'a password file that is replaced on disk is the key of the live session, which stands still until FRR has it too',
  needs(requirements, async (t) => {
    await until(isUp, 90_000);
    const { connectionsEstablished } = await session();
    replace(`${marker}-two\n`);
    await until(() => world.events('configuration-applied').length === 2, 30_000);
    const { messageStats } = await session();
    // FRR's keepalives come every 3 s: none is understood.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    t.true((await session()).messageStats.keepalivesRecv <= messageStats.keepalivesRecv + 1);
    t.is(changeKeyOf(bgpd.pid, routerAddress, `${marker}-two`), 1);
    const { keepalivesRecv } = (await session()).messageStats;
    await until(async () => (await session()).messageStats.keepalivesRecv >= keepalivesRecv + 2, 30_000);
    t.like(await session(), { bgpState: 'Established', connectionsEstablished });
    t.is(inFrr()['bgpState'], 'Established');
  }),
);

test.serial(
  'a file that is gone, empty, too large or open to others ends the session, which FRR is told by its own key; with the file it is back',
  needs(requirements, async (t) => {
    const key = join(world.folder, 'key');
    const faults: readonly (readonly [() => void, RegExp])[] = [
      [() => rmSync(key), /password file key: no such file/],
      [() => replace(''), /password file key: is empty/],
      [() => replace('\n'), /password file key: is empty/],
      [() => replace(marker.repeat(20)), /password file key: has 120 octets: at most 80 fit/],
      [() => replace(marker.repeat(1000)), /password file key: has 6000 bytes, which no password has/],
      [() => replace(`${marker}-two`, 0o644), /password file key: its mode is 0644/],
      [() => (rmSync(key), mkdirSync(key)), /password file key: is not a regular file/],
    ];
    bgpd.vtysh('configure terminal', 'router bgp 65101', `neighbor ${routerAddress} password ${marker}-two`);
    for (const [index, [spoil, reason]] of faults.entries()) {
      await until(isUp, 90_000);
      spoil();
      await isHeld(t, reason);
      if (index === 0) {
        await until(() => inFrr()['bgpState'] !== 'Established', 30_000);
        t.is(inFrr()['lastNotificationReason'], 'Cease/Other Configuration Change');
      }
      if (index < faults.length - 1) replace(`${marker}-two\n`);
      else rmSync(key, { recursive: true });
    }
    replace(`${marker}-two`);
    await until(isUp, 90_000);
    t.false(/password file/.test(await world.get('/status')));
  }),
);

test.serial(
  'no view, answer, metric, message of a fault or line of the log has the password, at any level of detail',
  needs(requirements, async (t) => {
    await until(isUp, 90_000);
    const runDir = join(world.folder, 'run');
    const run = (...words: readonly string[]): string => {
      const { stdout, stderr } = spawnSync(waggle, [...words, '--run-dir', runDir], { encoding: 'utf8' });
      return `${stdout}${stderr}`;
    };
    const told = [run('bgp', 'debug', frr, 'open', 'update', 'keepalive', 'notification'), run('bgp', 'clear', frr)];
    // In the file itself as well: broken, and in order.
    for (const words of [`password: ${marker}-two`, `pasword: ${marker}-two`, `password: ${marker.repeat(20)}`]) {
      world.write([neighbor.replace('passwordFile: key', words)]);
      told.push(spawnSync(waggle, ['config', 'check', world.file], { encoding: 'utf8' }).stderr);
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
    const { paths } = JSON.parse(await world.get('/openapi.json'));
    const asked = Object.keys(paths).filter((path) => !path.includes('{') && 'get' in paths[path]);
    t.true(asked.length > 15, asked.join(' '));
    for (const path of [...asked, `/show/bgp/neighbors/${frr}`]) {
      told.push(await world.get(path), await world.get(`${path}?format=text`));
    }
    const fetched = "fetch('http://127.0.0.1:9962/metrics').then((r) => r.text()).then((text) => console.log(text))";
    const metrics = spawnSync('ip', ['netns', 'exec', world.router, process.execPath, '-e', fetched], {
      encoding: 'utf8',
    });
    told.push(metrics.stdout, world.log);
    t.true(metrics.stdout.includes(frr) && told.join('\n').length > 20_000);
    for (const text of told) t.false(text.includes(marker), text.slice(0, 300));
  }),
);
