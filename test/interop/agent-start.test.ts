// Starts of `waggle agent` that the world refuses, or half refuses, each in a network namespace of its own, because the
// agent's ports are fixed: one clear line a fault.

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { command, needs, root } from '#support/skip.ts';
import { wholeLines } from '../router/router-process.ts';
import { until } from '../speaker/until.ts';

const run = promisify(execFile);
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const requirements = [root, command('ip', 'iproute2')];
const nobody = 65_534;
let made = 0;

const manifests = `apiVersion: cilium.io/v2
kind: CiliumNode
metadata:
  name: alpha
  annotations: {cilium.io/bgp-virtual-router.65001: "local-port=179"}
spec:
  addresses: [{type: InternalIP, ip: 192.0.2.1}]
  ipam: {podCIDRs: [10.244.1.0/24]}
---
apiVersion: cilium.io/v2alpha1
kind: CiliumBGPPeeringPolicy
metadata: {name: rack0}
spec:
  virtualRouters:
    - localASN: 65001
      exportPodCIDR: true
      neighbors: [{peerAddress: 192.0.2.9/32, peerASN: 65000}]
`;

class Place {
  readonly base = mkdtempSync(join(tmpdir(), 'waggle-agent-start-'));
  readonly #name = `wgs${process.pid}${made++}`;
  readonly #children: ChildProcess[] = [];

  async build(t: ExecutionContext): Promise<void> {
    t.teardown(() => this.remove());
    chmodSync(this.base, 0o777);
    for (const name of ['run', 'state', 'manifests']) mkdirSync(join(this.base, name));
    writeFileSync(join(this.base, 'manifests', 'all.yaml'), manifests);
    await run('ip', ['netns', 'add', this.#name]);
    await run('ip', ['-n', this.#name, 'link', 'set', 'lo', 'up']);
  }

  /** Something else that listens on a port, until the answer is called. */
  async take(address: string, port: number): Promise<() => Promise<void>> {
    const script = `require('node:net').createServer().listen(${port}, '${address}', () => console.log('taken'))`;
    const child = this.#spawn([process.execPath, '-e', script]);
    if (child.stdout !== null) await once(child.stdout, 'data');
    return async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    };
  }

  agent(...words: readonly string[]): Agent {
    const places = ['--run-dir', join(this.base, 'run'), '--state-dir', join(this.base, 'state')];
    const objects = ['--standalone', '--manifests', join(this.base, 'manifests'), '--node-name', 'alpha'];
    return new Agent(this.#spawn([process.execPath, main, 'agent', ...objects, ...places, ...words]));
  }

  /** As a user without any privilege, on directories that this user owns. */
  async agentOfNobody(): Promise<Agent> {
    await run('chown', ['-R', `${nobody}:${nobody}`, this.base]);
    const words = ['--reuid', String(nobody), '--regid', String(nobody), '--clear-groups', process.execPath, main];
    const places = ['--run-dir', join(this.base, 'run'), '--state-dir', join(this.base, 'state')];
    const objects = ['--standalone', '--manifests', join(this.base, 'manifests'), '--node-name', 'alpha'];
    return new Agent(this.#spawn(['setpriv', ...words, 'agent', ...objects, ...places]));
  }

  async status(): Promise<{ code: number; text: string }> {
    const words = [main, 'status', '--run-dir', join(this.base, 'run')];
    return run(process.execPath, words).then(
      ({ stdout }) => ({ code: 0, text: stdout }),
      (error: { code: number; stdout: string }) => ({ code: error.code, text: error.stdout }),
    );
  }

  async remove(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await run('ip', ['netns', 'delete', this.#name]);
    rmSync(this.base, { recursive: true, force: true });
  }

  #spawn(words: readonly string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.#name, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#children.push(child);
    return child;
  }
}

class Agent {
  readonly child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #stderr = '';

  constructor(child: ChildProcess) {
    this.child = child;
    this.#closed = once(child, 'close');
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
  }

  /** The lines for people. */
  lines(): string[] {
    return this.#stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
  }

  events(name: string): Record<string, unknown>[] {
    const lines = wholeLines(this.#stderr).filter((line) => line.startsWith('{'));
    return lines.map((line): Record<string, unknown> => JSON.parse(line)).filter(({ event }) => event === name);
  }

  async ended(): Promise<number | null> {
    await this.#closed;
    return this.child.exitCode;
  }
}

test.serial(
  'a taken port of the API, of metrics and of health is refused in one line with address, port and what to do',
  needs(requirements, async (t) => {
    t.timeout(150_000);
    for (const port of [9879, 9962, 9880]) {
      const place = new Place();
      await place.build(t);
      await place.take('127.0.0.1', port);
      const agent = place.agent('--api-listen', '127.0.0.1:9880');
      t.is(await agent.ended(), 1);
      t.is(agent.lines().length, 1, agent.lines().join('\n'));
      t.regex(
        agent.lines()[0],
        new RegExp(`^waggle agent: .*cannot listen on 127\\.0\\.0\\.1:${port}: address in use: stop what`),
      );
      t.deepEqual(agent.events('started'), []);
    }
  }),
);

test.serial(
  'a taken BGP port is one line in the log and in the status, and the agent listens once it is free',
  needs(requirements, async (t) => {
    t.timeout(150_000);
    const place = new Place();
    await place.build(t);
    const free = await place.take('0.0.0.0', 179);
    const agent = place.agent();
    await until(() => agent.events('started').length > 0, 30_000);
    const problems = agent.events('problem').map(({ problem }) => String(problem));
    t.is(problems.length, 1, problems.join('\n'));
    t.regex(problems[0], /cannot listen on 0\.0\.0\.0:179: address in use: another program has it; stop that one/);
    const { code, text } = await place.status();
    t.is(code, 1);
    t.regex(text, /ERROR .*cannot listen on 0\.0\.0\.0:179: address in use/);
    t.deepEqual(agent.lines(), []);
    await free();
    await until(async () => (await place.status()).code === 0, 60_000);
    await until(() => agent.events('problem-over').length > 0, 30_000);
    t.is(agent.events('problem-over').length, 1);
    t.is(agent.events('problem').length, 1);
  }),
);

test.serial(
  'port 179 without permission is one line that names the permission, and the sessions are tried all the same',
  needs([...requirements, command('setpriv', 'util-linux')], async (t) => {
    t.timeout(150_000);
    const place = new Place();
    await place.build(t);
    const agent = await place.agentOfNobody();
    await until(() => agent.events('started').length > 0, 30_000);
    const problems = agent.events('problem').map(({ problem }) => String(problem));
    t.true(problems.length > 0);
    for (const problem of problems)
      t.regex(problem, /:179: permission denied: .*local-port.*below port 1024 needs CAP_NET_BIND_SERVICE/);
    const { code, text } = await place.status();
    t.is(code, 1);
    t.regex(text, /policy rack0: +OK +in force: 1 virtual router, 1 neighbor/);
  }),
);

test.serial(
  'a second agent on the same directories, and one whose directories cannot be written, are refused in one line',
  needs([...requirements, command('setpriv', 'util-linux')], async (t) => {
    t.timeout(150_000);
    const place = new Place();
    await place.build(t);
    const first = place.agent();
    await until(() => first.events('started').length > 0, 30_000);
    const second = place.agent();
    t.is(await second.ended(), 1);
    t.is(second.lines().length, 1, second.lines().join('\n'));
    t.regex(
      second.lines()[0],
      /^waggle agent: another waggle \(process \d+\) uses \S+\/run: stop it, or give this one its own/,
    );

    for (const name of ['run', 'state']) {
      const closed = new Place();
      await closed.build(t);
      rmSync(join(closed.base, name), { recursive: true });
      writeFileSync(join(closed.base, name), 'in the way');
      const agent = await closed.agentOfNobody();
      t.is(await agent.ended(), 1);
      t.is(agent.lines().length, 1, agent.lines().join('\n'));
      t.regex(
        agent.lines()[0],
        new RegExp(`^waggle agent: .*/${name}: .*: run as root, or give a --run-dir and --state-dir that can`),
      );
    }
  }),
);
