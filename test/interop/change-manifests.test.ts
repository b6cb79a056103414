// Editing a manifest changes the sessions that it speaks of and nothing else; a broken edit changes nothing and is explained.
import test from 'ava';
import { labNeeds, runLab } from '../lab/lab-tool.ts';
import { useLab } from '../lab/lab-run.ts';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findSession, readFrrSummary, readWaggleSummary } from '#lab/checks/session.ts';
import { asRecord, at } from '#lab/json.ts';
import { nodePaths } from '#lab/paths.ts';
import { needs } from '../support/skip.ts';

const quickstart = useLab(test, 'quickstart');
const policyFile = join(quickstart.manifests, 'peering-node1.yaml');

async function until(condition: () => Promise<boolean>, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadline) return false;
    await sleep(50);
  }
  return true;
}

test.serial(
  'editing the CiliumBGPPeeringPolicy changes its sessions and leaves the others alone',
  needs(labNeeds, async (t) => {
    t.timeout(150_000);
    const text = readFileSync(policyFile, 'utf8');
    const before = findSession(await readFrrSummary(quickstart, 'tor1'), 'ipv4Unicast', '192.0.2.2');
    const isUp = async (): Promise<boolean> =>
      findSession(await readFrrSummary(quickstart, 'tor1'), 'ipv6Unicast', '2001:db8:1::2')?.state === 'Established';
    t.true(await until(isUp, 30_000));
    const start = text.indexOf('        - peerAddress: 2001:db8:1::1/128');
    t.true(start > 0);
    writeFileSync(policyFile, text.slice(0, start));
    t.true(await until(async () => !(await isUp()), 8_000), 'the IPv6 session ends');
    writeFileSync(policyFile, text);
    t.true(await until(isUp, 30_000), 'it comes back');
    const after = findSession(await readFrrSummary(quickstart, 'tor1'), 'ipv4Unicast', '192.0.2.2');
    t.is(after?.connectionsEstablished, before?.connectionsEstablished);
    t.true((after?.peerUptimeMsec ?? 0) > (before?.peerUptimeMsec ?? 0));
  }),
);

test.serial(
  'a broken edit changes nothing and is explained in the log, `waggle status` and `config check`',
  needs(labNeeds, async (t) => {
    t.timeout(150_000);
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
    const readStatus = async (): Promise<string> =>
      (await runLab(['-t', 'quickstart', 'exec', 'node1', 'waggle', 'status'])).output;
    const fault = /peering-node1\.yaml[^\n]*peerASN/;
    await until(async () => fault.test(await readStatus()), 30_000);
    // What it would have changed, it had time to.
    await sleep(2_500);
    const status = await readStatus();
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
    t.regex(status, fault);
    t.is(checked.code, 1, checked.output);
    const line = text.split('\n').findIndex((each) => each.includes('peerASN: 65000')) + 1;
    t.regex(checked.output, new RegExp(`peering-node1\\.yaml:${line}\\b[^\\n]*peerASN[^\\n]*many`));
    t.regex(log, fault);
  }),
);
