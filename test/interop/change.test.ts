// A changed configuration changes what it says and nothing else: manifests of the agent, the file of the router.
import test from 'ava';
import { labNeeds, runLab } from '../lab/lab-tool.ts';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findSession, readFrrSummary, readWaggleSummary, type SessionView } from '#lab/checks/session.ts';
import { asRecord, at } from '#lab/json.ts';
import { labPaths, nodePaths } from '#lab/paths.ts';
import { findDaemon } from '#lab/processes.ts';
import { findUnmet, needs } from '../support/skip.ts';

const quickstart = labPaths('quickstart');
const zoo = labPaths('zoo');
const policyFile = join(quickstart.manifests, 'peering-node1.yaml');
const routerFile = join(nodePaths(zoo, 'waggle').config, 'router.yaml');

test.serial.before('both labs come up', async (t) => {
  t.timeout(400_000);
  if (findUnmet(labNeeds) !== undefined) return;
  for (const topology of ['quickstart', 'zoo']) {
    const { code, output } = await runLab(['up', topology]);
    t.is(code, 0, output);
  }
});

test.serial.after.always('both labs are gone', async (t) => {
  t.timeout(60_000);
  if (findUnmet(labNeeds) !== undefined) return;
  for (const topology of ['quickstart', 'zoo']) await runLab(['down', topology]);
});

async function until(condition: () => Promise<boolean>, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadline) return false;
    await sleep(50);
  }
  return true;
}

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
  'editing the CiliumBGPPeeringPolicy changes its sessions within 2 s and leaves the others alone',
  needs(labNeeds, async (t) => {
    t.timeout(60_000);
    const text = readFileSync(policyFile, 'utf8');
    const before = findSession(await readFrrSummary(quickstart, 'tor1'), 'ipv4Unicast', '192.0.2.2');
    const isUp = async (): Promise<boolean> =>
      findSession(await readFrrSummary(quickstart, 'tor1'), 'ipv6Unicast', '2001:db8:1::2')?.state === 'Established';
    t.true(await isUp());
    const start = text.indexOf('        - peerAddress: 2001:db8:1::1/128');
    t.true(start > 0);
    writeFileSync(policyFile, text.slice(0, start));
    t.true(await until(async () => !(await isUp()), 2_000), 'the IPv6 session ends within 2 s');
    writeFileSync(policyFile, text);
    t.true(await until(isUp, 10_000), 'it comes back');
    const after = findSession(await readFrrSummary(quickstart, 'tor1'), 'ipv4Unicast', '192.0.2.2');
    t.is(after?.connectionsEstablished, before?.connectionsEstablished);
    t.true((after?.peerUptimeMsec ?? 0) > (before?.peerUptimeMsec ?? 0));
  }),
);

test.serial(
  'a broken edit changes nothing and is explained in the log, `waggle status` and `config check`',
  needs(labNeeds, async (t) => {
    t.timeout(60_000);
    const text = readFileSync(policyFile, 'utf8');
    const states = async (): Promise<string> => {
      const summary = await readWaggleSummary(quickstart, 'node1');
      return ['ipv4Unicast', 'ipv6Unicast']
        .flatMap((family) => Object.entries(asRecord(at(summary, family, 'peers'))))
        .map(([peer, view]) => `${peer} ${String(at(view, 'state'))} ${String(at(view, 'connectionsEstablished'))}`)
        .join(', ');
    };
    const before = await states();
    t.regex(before, /Established/);
    writeFileSync(policyFile, text.replace('peerASN: 65000', 'peerASN: many'));
    await sleep(2_500);
    const status = await runLab(['-t', 'quickstart', 'exec', 'node1', 'waggle', 'status']);
    const checked = await runLab([
      '-t',
      'quickstart',
      'exec',
      'node1',
      'waggle',
      'config',
      'check',
      '/run/lab/manifests',
    ]);
    const log = readFileSync(join(nodePaths(quickstart, 'node1').logs, 'waggle.log'), 'utf8');
    const during = await states();
    writeFileSync(policyFile, text);
    t.is(during, before);
    t.regex(status.output, /peering-node1\.yaml[^\n]*peerASN/);
    t.is(checked.code, 1, checked.output);
    const line = text.split('\n').findIndex((each) => each.includes('peerASN: 65000')) + 1;
    t.regex(checked.output, new RegExp(`peering-node1\\.yaml:${line}\\b[^\\n]*peerASN[^\\n]*many`));
    t.regex(log, /peering-node1\.yaml[^\n]*peerASN/);
  }),
);

test.serial(
  'SIGHUP with an unchanged file touches no session',
  needs(labNeeds, async (t) => {
    t.timeout(60_000);
    const record = findDaemon(nodePaths(zoo, 'waggle'), 'waggle');
    t.truthy(record);
    t.deepEqual(await touchedBy(async () => void process.kill(record?.pid ?? 0, 'SIGHUP')), []);
  }),
);

test.serial(
  'adding a neighbor, and changing one export policy, touch no other session',
  needs(labNeeds, async (t) => {
    t.timeout(60_000);
    const text = readFileSync(routerFile, 'utf8');
    const added = text.replace(
      '  networks:',
      '    - address: 10.0.1.77\n      remoteAsn: 64999\n      import: accept\n      export: accept\n  networks:',
    );
    t.not(added, text);
    t.deepEqual(await touchedBy(async () => writeFileSync(routerFile, added)), []);
    t.true('10.0.1.77 ipv4Unicast' in (await countEstablished()), 'the new neighbor is there');
    const changed = added.replace(/(address: 10\.0\.1\.2\n(?:.*\n)*?\s+export:) accept/, '$1 reject');
    t.not(changed, added);
    t.deepEqual(
      await touchedBy(async () => writeFileSync(routerFile, changed), ['10.0.1.77']),
      [],
      'not even its own session',
    );
    const frr = findSession(await readFrrSummary(zoo, 'frr1'), 'ipv4Unicast', '10.0.1.1');
    t.is(frr?.pfxRcd, 0, 'frr1 has lost the routes that are no longer exported');
    t.deepEqual(await touchedBy(async () => writeFileSync(routerFile, text), ['10.0.1.77']), []);
    t.is(findSession(await readFrrSummary(zoo, 'frr1'), 'ipv4Unicast', '10.0.1.1')?.pfxRcd, 9);
  }),
);
