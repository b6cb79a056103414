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

test('an unknown command is a usage error that names it', async (t) => {
  const { code, output } = await runLab(['frobnicate']);
  t.is(code, 2);
  t.regex(output, /unknown command frobnicate/);
});

test('an unknown topology is refused with the names of those there are', async (t) => {
  const { code, output } = await runLab(['down', 'atlantis']);
  t.is(code, 1);
  t.regex(output, /no topology is called atlantis; there are: quickstart, zoo, spine-leaf, ibgp-rr, secure, restart/);
});

test('kubectl is refused with one line that says what it needs', async (t) => {
  const { code, output } = await runLab(['kubectl', 'get', 'nodes']);
  t.is(code, 1);
  t.regex(output, /^lab: kubectl needs the embedded Kubernetes API[^\n]*\n$/);
});

test('exec without a lab says how to start one', async (t) => {
  const { code, output } = await runLab(['-t', 'quickstart', 'exec', 'node1', 'true']);
  t.is(code, 1);
  t.regex(output, /lab quickstart is not up/);
});

test('`list` names every topology with its nodes and links', async (t) => {
  const { code, output } = await runLab(['list']);
  t.is(code, 0);
  for (const word of ['quickstart', 'zoo', 'client tor1 node1 node2', 'tor1-node2', 'waggle-exabgp1'])
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
