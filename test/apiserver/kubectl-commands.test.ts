// The real kubectl against `waggle apiserver`, command by command: rows in kubectl-commands/ say what each must answer. One server for
// all; each set of rows has a namespace of its own, and goes on beside the others. Commands that do not end by themselves are here.
// kubectl reference, "kubectl events", "kubectl proxy".

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { makeAuthority } from '#apiserver/certificates.ts';
import { kubectl as kubectlNeed, kubectlPath } from '#support/kubectl.ts';
import { findUnmet, needs } from '#support/skip.ts';
import { asking } from './kubectl-commands/asking.ts';
import { changing } from './kubectl-commands/changing.ts';
import { creating } from './kubectl-commands/creating.ts';
import { ending } from './kubectl-commands/ending.ts';
import { reading } from './kubectl-commands/reading.ts';
import { refusing } from './kubectl-commands/refusing.ts';
import type { Row } from './kubectl-commands/row.ts';
import { ServerProcess } from './server-process.ts';

interface Output {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What is deprecated or not acted on is notices.test.ts's. */
const notice = /^Warning: .*( is deprecated;| is stored and |: no controller ).*\n/gm;

const requirements = [kubectlNeed];
const ends: (() => unknown)[] = [];
let server: ServerProcess;

test.before(async () => {
  if (findUnmet(requirements) !== undefined) return;
  server = new ServerProcess({ teardown: (end) => void ends.push(end) });
  await server.start();
  const { certificate, key } = makeAuthority('pair', Date.now());
  writeFileSync(join(server.home, 'pair.crt'), certificate);
  writeFileSync(join(server.home, 'pair.key'), key);
});

test.after.always(async () => {
  for (const end of ends) await end();
});

for (const [namespace, title, rows] of [
  ['creating', 'create, run, expose and apply make what their pages say', creating],
  ['reading', 'get, describe and events show what is there', reading],
  ['changing', 'patch, edit, replace, label, annotate, set, scale and rollout change what is there', changing],
  ['ending', 'delete and wait end what is there', ending],
  ['asking', 'auth, explain, versions and nodes: what the server is, serves and allows', asking],
  ['refusing', 'what an API server alone cannot do is refused in words', refusing],
] as const) {
  test(
    title,
    needs(requirements, async (t) => {
      const environment = await enterNamespace(namespace);
      for (const row of rows) check(t, row, await kubectl(row.run, environment, row.input));
    }),
  );
}

test(
  'events --watch shows what there is, and then each event as it comes',
  needs(requirements, async (t) => {
    const environment = await enterNamespace('watching');
    const event = (name: string): object => ({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name },
      involvedObject: { apiVersion: 'v1', kind: 'ConfigMap', name: 'one', namespace: 'watching' },
      reason: name.toUpperCase(),
      message: `${name} came`,
      type: 'Normal',
      lastTimestamp: new Date().toISOString(),
    });
    await kubectl('create -f -', environment, event('first'));
    const watching = begin(t, ['events', '--for', 'configmap/one', '--watch'], environment);
    await watching.said(/first came/);
    await kubectl('create -f -', environment, event('second'));
    t.regex(
      await watching.said(/second came/),
      /^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n\S+ +Normal +FIRST +ConfigMap\/one +first came *\n\S+ +Normal +SECOND +ConfigMap\/one +second came/,
    );
  }),
);

test(
  'proxy hands requests without certificates to the API server, and refuses those that could run something',
  needs(requirements, async (t) => {
    const environment = await enterNamespace('proxied');
    const said = await begin(t, ['proxy', '--address=127.0.0.1', '--port=0'], environment).said(/\n/);
    const [, address] = /^Starting to serve on (127\.0\.0\.1:\d+)$/m.exec(said) ?? [];
    const of = (path: string): Promise<Response> => fetch(`http://${address}/api/v1/namespaces/proxied/${path}`);
    const found = await of('configmaps/kube-root-ca.crt');
    t.is(found.status, 200);
    t.like(await found.json(), { kind: 'ConfigMap', metadata: { name: 'kube-root-ca.crt' } });
    t.is((await of('configmaps/none')).status, 404);
    t.is((await of('pods/none/exec')).status, 403);
  }),
);

/** One that goes on until it is ended. */
function begin(
  t: ExecutionContext<unknown>,
  words: readonly string[],
  environment: Environment,
): { readonly said: (pattern: RegExp) => Promise<string> } {
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const child = spawn(kubectlPath, words, { env: { ...process.env, ...environment }, stdio: [...stdio] });
  t.teardown(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  });
  let out = '';
  child.stdout?.on('data', (piece: Buffer) => (out += piece.toString()));
  const said = async (pattern: RegExp): Promise<string> => {
    while (!pattern.test(out)) await pause(20);
    return out;
  };
  return { said };
}

function check(t: ExecutionContext<unknown>, { run, out, json, err = '', code = 0 }: Row, output: Output): void {
  const said = `kubectl ${run}: ${JSON.stringify(output)}`;
  t.is(output.code, code, said);
  if (typeof err === 'string') t.is(output.err, err, said);
  else t.regex(output.err, err, said);
  if (json !== undefined) t.like(JSON.parse(output.out), json, said);
  if (typeof out === 'string') t.is(output.out, out, said);
  else if (out !== undefined) t.regex(output.out, out, said);
  else if (json === undefined) t.is(output.out, '', said);
}

type Environment = Readonly<Record<string, string>>;

/** Makes the namespace, and a kubeconfig that is in it. */
async function enterNamespace(namespace: string): Promise<Environment> {
  const kubeconfig = join(server.home, `${namespace}.kubeconfig`);
  writeFileSync(kubeconfig, readFileSync(server.kubeconfig), { mode: 0o600 });
  const editor = "sed -i 's/^  b: .*/  b: edited/'";
  const environment = { KUBECONFIG: kubeconfig, HOME: server.home, KUBECTL: kubectlPath, KUBE_EDITOR: editor };
  await kubectl(`config set-context --current --namespace=${namespace}`, environment);
  await kubectl(`create namespace ${namespace}`, environment);
  // What the controllers put into every namespace.
  await kubectl('wait --for=create configmap/kube-root-ca.crt serviceaccount/default --timeout=20s', environment);
  return environment;
}

/** By a shell, for its quotes and variables. */
function kubectl(words: string, environment: Environment, input: string | object = ''): Promise<Output> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...environment }, timeout: 60_000 };
    const child = execFile('sh', ['-c', `"$KUBECTL" ${words}`], options, (error, out, err) => {
      resolve({
        code: error === null ? 0 : Number(error.code ?? 1),
        out: out.trimEnd(),
        err: err.replaceAll(notice, '').trimEnd(),
      });
    });
    // A command that reads nothing may be gone by now.
    child.stdin?.on('error', () => {});
    child.stdin?.end(typeof input === 'string' ? input : JSON.stringify(input));
  });
}
