// A changed router file changes what it says and touches no other session.
import test from 'ava';
import { labNeeds } from '../lab/lab-tool.ts';
import { useLab } from '../lab/lab-run.ts';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findSession, readFrrSummary, readWaggleSummary, type SessionView } from '#lab/checks/session.ts';
import { asRecord, at } from '#lab/json.ts';
import { nodePaths } from '#lab/paths.ts';
import { findDaemon } from '#lab/processes.ts';
import { until } from '../speaker/until.ts';
import { needs } from '../support/skip.ts';

const zoo = useLab(test, 'zoo');
const routerFile = join(nodePaths(zoo, 'waggle').config, 'router.yaml');

/** `address family` → how often the session was established, for every session of the router but those left out. */
async function countEstablished(
  without: readonly string[] = [],
): Promise<Readonly<Record<string, SessionView | undefined>>> {
  const summary = await readWaggleSummary(zoo, 'waggle');
  const found: Record<string, SessionView | undefined> = {};
  for (const family of ['ipv4Unicast', 'ipv6Unicast'] as const) {
    for (const peer of Object.keys(asRecord(at(summary, family, 'peers')))) {
      if (!without.includes(peer)) found[`${peer} ${family}`] = findSession(summary, family, peer);
    }
  }
  return found;
}

/** Runs a change of the router file and gives every session that it touched. */
async function touchedBy(change: () => Promise<void>, without: readonly string[] = []): Promise<readonly string[]> {
  const before = await countEstablished(without);
  await change();
  await sleep(2_500);
  const after = await countEstablished(without);
  return Object.entries(before).flatMap(([name, old]) => {
    const now = after[name];
    const isSame =
      now?.state === 'Established' &&
      now.connectionsEstablished === old?.connectionsEstablished &&
      (now.peerUptimeMsec ?? 0) > (old?.peerUptimeMsec ?? 0);
    return isSame ? [] : [`${name}: ${JSON.stringify(old)} became ${JSON.stringify(now)}`];
  });
}

test.serial(
  'SIGHUP with an unchanged file touches no session',
  needs(labNeeds, async (t) => {
    t.timeout(150_000);
    const record = findDaemon(nodePaths(zoo, 'waggle'), 'waggle');
    t.truthy(record);
    t.deepEqual(await touchedBy(async () => void process.kill(record?.pid ?? 0, 'SIGHUP')), []);
  }),
);

test.serial(
  'adding a neighbor, and changing one export policy, touch no other session',
  needs(labNeeds, async (t) => {
    t.timeout(150_000);
    const text = readFileSync(routerFile, 'utf8');
    const added = text.replace(
      '  networks:',
      '    - address: 10.0.1.77\n      remoteAsn: 64999\n      import: accept\n      export: accept\n  networks:',
    );
    t.not(added, text);
    t.deepEqual(await touchedBy(async () => writeFileSync(routerFile, added)), []);
    await until(async () => '10.0.1.77 ipv4Unicast' in (await countEstablished()), 30_000);
    const changed = added.replace(/(address: 10\.0\.1\.2\n(?:.*\n)*?\s+export:) accept/, '$1 reject');
    t.not(changed, added);
    t.deepEqual(
      await touchedBy(async () => writeFileSync(routerFile, changed), ['10.0.1.77']),
      [],
      'not even its own session',
    );
    const pfxRcd = async (): Promise<unknown> =>
      findSession(await readFrrSummary(zoo, 'frr1'), 'ipv4Unicast', '10.0.1.1')?.pfxRcd;
    // frr1 has lost the routes that are no longer exported.
    await until(async () => (await pfxRcd()) === 0, 30_000);
    t.deepEqual(await touchedBy(async () => writeFileSync(routerFile, text), ['10.0.1.77']), []);
    await until(async () => (await pfxRcd()) === 9, 30_000);
  }),
);
