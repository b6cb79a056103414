// What a person meets inside a node: names, sockets, exit codes, and a view of a link.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { labNeeds, labPath, runLab } from './lab-tool.ts';
import { useLab } from './lab-run.ts';
import { nodePaths } from '#lab/paths.ts';
import { stopDaemon } from '#lab/processes.ts';
import { needs } from '../support/skip.ts';

const lab = useLab(test, 'quickstart');

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
  'a node has a /run of its own: no daemon of another is seen in it',
  needs(labNeeds, async (t) => {
    const { output } = await runLab(['exec', 'node1', 'sh', '-c', 'ls /run /run/waggle']);
    t.regex(output, /waggle\.sock/);
    t.false(output.includes('zebra.vty'));
  }),
);

test.serial(
  '`lab status` lists every program with its process id',
  needs(labNeeds, async (t) => {
    const { code, output } = await runLab(['status']);
    t.is(code, 0);
    t.regex(output, /^quickstart: up /);
    for (const program of ['zebra', 'bgpd', 'waggle', 'answer']) t.regex(output, new RegExp(`${program} \\d+`));
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
