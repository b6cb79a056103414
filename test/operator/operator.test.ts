// `waggle operator` as a process beside `waggle apiserver`, with the rights of its role: what users then see, once, and who leads.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { isRecord } from '#kube/record.ts';
import { run, ServerProcess } from '../apiserver/server-process.ts';

const program = join(import.meta.dirname, '../../src/main.ts');
const policies = '/apis/cilium.io/v2/namespaces/default/ciliumnetworkpolicies';
const plain = '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies';
const configs = '/apis/cilium.io/v2/ciliumbgpclusterconfigs';

class OperatorProcess {
  readonly #child: ChildProcess;
  /** Of this process alone: other tests look elsewhere. */
  readonly port = 30_000 + ((process.pid * 7 + Math.floor(Math.random() * 2000)) % 2_500);
  output = '';

  constructor(t: ExecutionContext, home: string, kubeconfig: string) {
    mkdirSync(home);
    const directories = ['--run-dir', join(home, 'run'), '--state-dir', join(home, 'state')];
    const listen = ['--metrics-listen', `127.0.0.1:${this.port}`];
    const args = [program, 'operator', '--kubeconfig', kubeconfig, ...listen, ...directories];
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child.stderr?.on('data', (data: Buffer) => (this.output += data.toString()));
    t.teardown(() => this.stop('SIGKILL'));
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    const ended = once(this.#child, 'exit');
    this.#child.kill(signal);
    await ended;
    return this.#child.exitCode;
  }

  get isLeader(): boolean {
    return this.output.includes('this operator leads');
  }
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await holds()) return;
    await pause(50);
  }
  throw new Error(`never: ${what}`);
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter((one) => isRecord(one)) : [];
}

test('users see what is not acted on as conditions and Events, once, whichever operator leads', async (t) => {
  const server = new ServerProcess(t);
  await server.start();
  const kubeconfig = join(server.home, 'operator.kubeconfig');
  writeFileSync(kubeconfig, await server.kubeconfigOf('operator', 'operator'));
  const make = async (path: string, object: object): Promise<void> => {
    const { code, text } = await server.ask('POST', path, { body: JSON.stringify(object) });
    t.is(code, 201, text);
  };
  const events = async (): Promise<readonly Readonly<Record<string, unknown>>[]> =>
    listOf((await server.ask('GET', '/api/v1/namespaces/default/events')).json['items']);
  const rules = { endpointSelector: {}, ingress: [{}] };
  const cnp = { apiVersion: 'cilium.io/v2', kind: 'CiliumNetworkPolicy', metadata: { name: 'web' }, spec: rules };
  await make(policies, cnp);
  const first = new OperatorProcess(t, join(server.home, 'first'), kubeconfig);
  await until('it leads', () => first.isLeader);
  const networking = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' };
  await make(plain, { ...networking, metadata: { name: 'plain' }, spec: { podSelector: {} } });
  const config = { nodeSelector: {}, bgpInstances: [{ name: 'a', localASN: 64_512 }] };
  const bgp = { apiVersion: 'cilium.io/v2', kind: 'CiliumBGPClusterConfig' };
  await make(configs, { ...bgp, metadata: { name: 'rack' }, spec: config });
  await until('three Events', async () => (await events()).length === 3);
  const told = (await events()).map(({ involvedObject, type, reason, count }) => ({
    about: involvedObject,
    type,
    reason,
    count,
  }));
  for (const [kind, reason] of [
    ['CiliumBGPClusterConfig', 'NotActedOn'],
    ['CiliumNetworkPolicy', 'NotEnforced'],
    ['NetworkPolicy', 'NotEnforced'],
  ]) {
    const event = told.find(({ about }) => isRecord(about) && about.kind === kind);
    t.like(event, { type: 'Warning', reason, count: 1 }, kind);
  }
  const { status } = (await server.ask('GET', `${policies}/web`)).json;
  t.like(isRecord(status) ? listOf(status.conditions)[0] : undefined, {
    type: 'Valid',
    status: 'False',
    reason: 'NotEnforced',
  });
  // kubectl's column, and what it says of the object.
  const columns = await server.ask('GET', policies, {
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
  });
  const cells = listOf(columns.json['rows'])[0]?.['cells'];
  t.is(Array.isArray(cells) ? cells.at(-1) : undefined, 'False');
  const metrics = await (await fetch(`http://127.0.0.1:${first.port}/metrics`)).text();
  t.regex(metrics, /^waggle_operator_leader 1$/m);
  t.regex(metrics, /^waggle_operator_policies_not_enforced 2$/m);
  const health = await fetch(`http://127.0.0.1:${first.port}/healthz`);
  t.is(health.status, 200);
  t.like(await health.json(), { isLeader: true, isSynchronised: true, problems: [] });

  const second = new OperatorProcess(t, join(server.home, 'second'), kubeconfig);
  await until('the second waits', () => /the operator .* leads/.test(second.output));
  t.false(second.isLeader);
  t.is(await first.stop(), 0);
  // The Lease was given back: the next one need not wait for its end.
  await until('the second leads', () => second.isLeader);
  const spec = { ...rules, description: 'changed' };
  const patch = { body: JSON.stringify({ spec }), headers: { 'content-type': 'application/merge-patch+json' } };
  t.is((await server.ask('PATCH', `${policies}/web`, patch)).code, 200);
  await until('the count goes up', async () => (await events()).some(({ count }) => count === 2));
  t.is((await events()).length, 3);
  t.is(await second.stop(), 0);
  t.notRegex(first.output + second.output, /"level":(50|60)|error/i);
});

test('an operator that cannot know its cluster says so and ends', async (t) => {
  const environment = { KUBERNETES_SERVICE_HOST: '', WAGGLE_KUBECONFIG: '' };
  for (const [words, code, expected] of [
    [[], 2, /where is the API server\? expected --kubeconfig FILE/],
    [['--kubeconfig', 'x', '--metrics-listen', '0.0.0.0:9963'], 2, /expected a loopback address and port/],
    [['--kubeconfig', 'x', '--lease-namespace', 'A_B'], 2, /expected the name of a namespace/],
  ] as const) {
    const answer = await run(process.execPath, [program, 'operator', ...words], { environment });
    t.is(answer.code, code, answer.output);
    t.regex(answer.output, expected);
  }
});
