// The lab's command line, as far as it needs no lab that works as a whole.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { labPath, runLab } from './lab-tool.ts';
import { run } from '#lab/run.ts';
import { listTopologies } from '#lab/topologies/index.ts';
import { needs, root } from '../support/skip.ts';

test('an unknown command is a usage error that names it', async (t) => {
  const { code, output } = await runLab(['frobnicate']);
  t.is(code, 2);
  t.regex(output, /unknown command frobnicate/);
});

for (const [words, complaint] of [
  [['--bogus'], 'unknown option --bogus; see lab help'],
  [['up', '--bogus'], 'unknown option --bogus of lab up'],
  [['status', '-x'], 'unknown option -x of lab status'],
  [['list', 'zoo'], 'lab list takes nothing, not: zoo'],
  [['install', 'zoo'], 'lab install takes nothing, not: zoo'],
  [['down', 'zoo', 'secure'], 'lab down takes one topology, not: zoo secure'],
  [['-t', 'zoo', 'down', 'secure'], 'lab down: -t zoo and secure are two topologies; say one'],
  [['-t', 'zoo', '-t', 'secure', 'down'], '-t is given twice: zoo and secure'],
  [['-t'], '-t needs the name of a topology'],
  [['shell'], 'usage: lab shell NODE'],
  [['exec', 'node1'], 'usage: lab exec NODE COMMAND…'],
] as const) {
  test(`lab ${words.join(' ')} is refused: ${complaint}`, async (t) => {
    const { code, output } = await runLab(words);
    t.is(code, 2);
    t.is(output, `lab: ${complaint}\n`);
  });
}

const refusedValues = [
  ['WAGGLE_LAB_ROUNDS', 'many', 'it has to be a number from 1 to 1000'],
  ['WAGGLE_LAB_SPACE', 'a-b', 'it takes lower-case letters and digits'],
] as const;
for (const [name, value, complaint] of refusedValues) {
  test(
    `${name}=${value} is refused, before anything is built`,
    needs([root], async (t) => {
      const environment = { ...process.env, [name]: value };
      const { code, stderr } = await run([labPath, '--no-install', 'demo', 'restart'], { environment });
      t.not(code, 0);
      t.is(stderr, `lab: ${name} is ${value}; ${complaint}\n`);
    }),
  );
}

test('`help` names every command and every topology', async (t) => {
  const { code, output } = await runLab(['--help']);
  t.is(code, 0);
  const commands = ['up', 'down', 'status', 'list', 'demo', 'exec', 'shell', 'capture', 'install', 'kubectl', 'help'];
  for (const word of [...commands, ...listTopologies().map(({ name }) => name)])
    t.regex(output, new RegExp(`^(  ${word} |.*[ ,]${word}[,.])`, 'm'));
});

test('an unknown topology is refused with the names of those there are', async (t) => {
  const { code, output } = await runLab(['down', 'atlantis']);
  t.is(code, 1);
  t.regex(output, /no topology is called atlantis; there are: quickstart, zoo, spine-leaf, ibgp-rr, secure, restart/);
});

test('kubectl without a lab says how to start one', async (t) => {
  const { code, output } = await runLab(['kubectl', 'get', 'nodes']);
  t.is(code, 1);
  t.is(output, 'lab: no lab is up; start one with: lab up\n');
});

test('exec without a lab says how to start one', async (t) => {
  const { code, output } = await runLab(['-t', 'quickstart', 'exec', 'node1', 'true']);
  t.is(code, 1);
  t.regex(output, /lab quickstart is not up/);
});

test('`list` names every topology with its nodes and links', async (t) => {
  const { code, output } = await runLab(['list']);
  t.is(code, 0);
  for (const word of ['quickstart', 'zoo', 'client tor1 node1 node2 mgmt', 'tor1-node2', 'waggle-exabgp1'])
    t.true(output.includes(word), word);
});

test('a reader that leaves early is no error', async (t) => {
  const child = spawn(labPath, ['--no-install', 'list'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const [code] = await once(child, 'close');
  t.is(code, 0, complaint);
  t.is(complaint, '');
});

test('with two labs up, the one that has a node of that name is meant', async (t) => {
  const place = mkdtempSync(join(tmpdir(), 'waggle-labs-'));
  for (const node of ['quickstart/node1', 'quickstart/twin', 'zoo/bird1', 'zoo/twin']) {
    mkdirSync(join(place, node), { recursive: true });
    writeFileSync(join(place, node, 'net'), '');
  }
  const enterScript = fileURLToPath(new URL('../../frr-lab/enter.sh', import.meta.url));
  const script = `fail() { shift; echo "$*"; exit 2; }; . "$1"; run_root=$2; chosen_topology '' "$3"`;
  const choose = async (node: string): Promise<string> =>
    (await run(['bash', '-euc', script, 'bash', enterScript, place, node])).stdout.trim();
  t.is(await choose('bird1'), 'zoo');
  t.is(await choose('node1'), 'quickstart');
  t.is(
    await choose('twin'),
    'more than one lab is up (quickstart zoo), and twin is in quickstart zoo; say which with -t',
  );
  t.regex(await choose('nowhere'), /nowhere is in none of them; say which with -t/);
  rmSync(place, { recursive: true });
});
