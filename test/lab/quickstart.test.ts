// The quickstart does what its README says; and what a person meets in it: names, sockets, exit codes, a view of a link.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { labNeeds, labPath, runLab } from './lab-tool.ts';
import { testChecks, useLab } from './lab-run.ts';
import { lookUntil } from '#lab/checks/check.ts';
import { nodePaths } from '#lab/paths.ts';
import { stopDaemon } from '#lab/processes.ts';
import { needs } from '../support/skip.ts';

const lab = useLab(test, 'quickstart');
testChecks(test, lab);

/** The beginning of every BGP message (RFC 4271 §4.1). */
const marker = Buffer.alloc(16, 0xff);

test.serial(
  'vtysh and waggle find their daemons, and each node knows its own name',
  needs(labNeeds, async (t) => {
    const frr = await runLab(['exec', 'tor1', 'vtysh', '-c', 'show bgp summary']);
    t.regex(frr.output, /local AS number 65000/);
    const waggle = await runLab(['exec', 'node1', 'waggle', 'show', 'bgp', 'summary']);
    t.is(waggle.code, 0, waggle.output);
    t.regex(waggle.output, /local AS number 65001/);
    t.is((await runLab(['exec', 'node2', 'hostname'])).output, 'node2\n');
  }),
);

test.serial(
  "exec hands on the command's exit code and its input",
  needs(labNeeds, async (t) => {
    t.is((await runLab(['exec', 'client', 'sh', '-c', 'exit 7'])).code, 7);
    const child = spawn(labPath, ['exec', 'client', 'cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
    child.stdin.end('through\n');
    let seen = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (seen += text));
    await once(child, 'close');
    t.is(seen, 'through\n');
  }),
);

test.serial(
  '`lab kubectl` hands on input, files of the working directory and the exit code',
  needs(labNeeds, async (t) => {
    const child = spawn(labPath, ['kubectl', 'create', '-f', '-'], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end('{apiVersion: v1, kind: ConfigMap, metadata: {name: through}}');
    let seen = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (seen += text));
    await once(child, 'close');
    t.is(seen, 'configmap/through created\n');
    const again = await runLab(['kubectl', 'create', 'configmap', 'through', '--from-file=package.json']);
    t.is(again.code, 1);
    t.regex(again.output, /configmaps "through" already exists/);
    t.is((await runLab(['kubectl', 'delete', 'configmap', 'through'])).code, 0);
  }),
);

test.serial(
  'a node has a /run of its own: no daemon of another is seen in it',
  needs(labNeeds, async (t) => {
    const { output } = await runLab(['exec', 'node1', 'sh', '-c', 'ls /run /run/waggle']);
    t.regex(output, /waggle\.sock/);
    t.false(output.includes('zebra.vty'));
  }),
);

test.serial(
  '`lab capture` writes pcapng into a pipe, with the messages of the link',
  needs(labNeeds, async (t) => {
    const child = spawn(labPath, ['capture', 'tor1-node1', 'tcp port 179'], { stdio: ['ignore', 'pipe', 'pipe'] });
    const bytes: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => bytes.push(chunk));
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = once(child, 'close');
    // A KEEPALIVE comes every three seconds, and tshark writes what it has read in batches.
    await lookUntil(
      {
        name: 'something',
        expected: 'a message',
        look: () => Promise.resolve({ isOk: Buffer.concat(bytes).includes(marker), seen: said }),
      },
      performance.now() + 60_000,
    );
    child.kill('SIGINT');
    await ended;
    const whole = Buffer.concat(bytes);
    t.is(whole.readUInt32BE(0), 0x0a_0d_0d_0a, said);
    t.true(whole.includes(marker), said);
  }),
);

test.serial(
  '`lab status` lists every program with its process id',
  needs(labNeeds, async (t) => {
    const { code, output } = await runLab(['status']);
    t.is(code, 0);
    t.regex(output, /^quickstart: up /);
    for (const program of ['zebra', 'bgpd', 'waggle', 'answer', 'apiserver', 'operator'])
      t.regex(output, new RegExp(`${program} \\d+`));
    t.false(output.includes('NOT RUNNING'));
  }),
);

test.serial(
  '`lab status` fails and says so when a program does not run',
  needs(labNeeds, async (t) => {
    await stopDaemon(nodePaths(lab, 'node2'), 'answer');
    const { code, output } = await runLab(['status']);
    t.is(code, 1);
    t.regex(output, /^quickstart: NOT RUNNING as a whole/);
    t.regex(output, /node2 .*answer NOT RUNNING/);
  }),
);
