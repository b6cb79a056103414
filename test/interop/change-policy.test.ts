// A policy that is changed by kubectl changes the sessions that it speaks of and nothing else; a broken change is refused by the API,
// by field, and changes nothing.
import test from 'ava';
import { labNeeds } from '../lab/lab-tool.ts';
import { useLab } from '../lab/lab-run.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findSession, readFrrSummary, readWaggleSummary } from '#lab/checks/session.ts';
import { asRecord, at } from '#lab/json.ts';
import { kubectl } from '#lab/management.ts';
import type { Output } from '#lab/run.ts';
import { needs } from '../support/skip.ts';

const quickstart = useLab(test, 'quickstart');
const text = readFileSync(join(quickstart.source, 'manifests', 'peering-node1.yaml'), 'utf8');

async function apply(manifest: string): Promise<Output> {
  return await kubectl(quickstart, ['apply', '-f', '-'], manifest);
}

async function until(condition: () => Promise<boolean>, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadline) return false;
    await sleep(50);
  }
  return true;
}

test.serial(
  'kubectl apply of a CiliumBGPPeeringPolicy changes its sessions and leaves the others alone',
  needs(labNeeds, async (t) => {
    t.timeout(150_000);
    const before = findSession(await readFrrSummary(quickstart, 'tor1'), 'ipv4Unicast', '192.0.2.2');
    const isUp = async (): Promise<boolean> =>
      findSession(await readFrrSummary(quickstart, 'tor1'), 'ipv6Unicast', '2001:db8:1::2')?.state === 'Established';
    t.true(await until(isUp, 30_000));
    const start = text.indexOf('        - peerAddress: 2001:db8:1::1/128');
    t.true(start > 0);
    t.like(await apply(text.slice(0, start)), {
      code: 0,
      stdout: 'ciliumbgppeeringpolicy.cilium.io/node1 configured\n',
    });
    t.true(await until(async () => !(await isUp()), 8_000), 'the IPv6 session ends');
    t.is((await apply(text)).code, 0);
    t.true(await until(isUp, 30_000), 'it comes back');
    const after = findSession(await readFrrSummary(quickstart, 'tor1'), 'ipv4Unicast', '192.0.2.2');
    t.is(after?.connectionsEstablished, before?.connectionsEstablished);
    t.true((after?.peerUptimeMsec ?? 0) > (before?.peerUptimeMsec ?? 0));
  }),
);

test.serial(
  'a broken change is refused by kubectl with field and value, and changes nothing',
  needs(labNeeds, async (t) => {
    t.timeout(150_000);
    const states = async (): Promise<string> => {
      const summary = await readWaggleSummary(quickstart, 'node1');
      return ['ipv4Unicast', 'ipv6Unicast']
        .flatMap((family) => Object.entries(asRecord(at(summary, family, 'peers'))))
        .map(([peer, view]) => `${peer} ${String(at(view, 'state'))} ${String(at(view, 'connectionsEstablished'))}`)
        .join(', ');
    };
    const before = await states();
    t.regex(before, /Established/);
    const refused = await apply(text.replace('holdTimeSeconds: 9', 'holdTimeSeconds: 2'));
    t.is(refused.code, 1);
    t.regex(
      refused.stderr,
      /spec\.virtualRouters\[0\]\.neighbors\[0\]\.holdTimeSeconds: Invalid value: 2: .*should be greater than or equal to 3/,
    );
    // What it would have changed, it had time to.
    await sleep(2_500);
    t.is(await states(), before);
  }),
);
