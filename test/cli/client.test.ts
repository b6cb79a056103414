// The client commands against a real API on a socket in a temporary folder: output, exit codes, one clear line for each failure.

import { spawn } from 'node:child_process';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { parse as parseYaml } from 'yaml';
import { showCommands } from '#api/show/tree.ts';
import { clientCommands, runClient } from '#cli/client.ts';
import { firstWords, matchFirstWord } from '#cli/first-word.ts';
import { showForms } from '#cli/show.ts';
import type { SpeakerConfig } from '#bgp/config.ts';
import { startApi } from '#support/api.ts';
import { createFixtureSpeaker, toJson } from '#support/frr-fixtures.ts';
import { show } from '#support/show.ts';
import type { StatusEntry } from '#api/status.ts';

class Collector extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const [stdout, stderr] = [new Collector(), new Collector()];
  const code = await runClient(argv, { stdout, stderr });
  return { code, out: stdout.text, err: stderr.text };
}

test('waggle show prints the table, --json and a trailing json the JSON', async (t) => {
  const speaker = createFixtureSpeaker();
  const running = await startApi(speaker);
  t.teardown(() => running.close());
  const socket = ['--socket', running.socketPath];
  const table = await show(speaker, 'bgp summary', 'text');
  t.deepEqual(await run(...socket, 'show', 'bgp', 'summary'), { code: 0, out: table, err: '' });
  t.deepEqual(await run('show', 'ip', 'b', 'su', '--run-dir', running.runDir), {
    code: 0,
    out: await show(speaker, 'ip bgp summary', 'text'),
    err: '',
  });
  for (const json of [['--json'], ['json'], ['-o', 'json']]) {
    const { code, out } = await run('show', 'bgp', 'summary', ...json, ...socket);
    t.is(code, 0);
    t.is(toJson(toJson(JSON.parse(out))['ipv4Unicast'])['as'], 65000);
  }
  const detail = await run('show', 'bgp', 'ipv4', 'unicast', '10.10.2.0/23', ...socket);
  t.regex(detail.out, /^BGP routing table entry for 10\.10\.2\.0\/23, version 20\n/);
});

test('the first word may be cut short while no other command begins so', async (t) => {
  t.deepEqual(matchFirstWord('sh'), ['show']);
  t.deepEqual(matchFirstWord('conf'), ['config']);
  t.deepEqual(matchFirstWord('c'), ['clear', 'config']);
  t.deepEqual(matchFirstWord('route'), [], 'a daemon is started by its full name');
  t.deepEqual(matchFirstWord('router'), ['router']);
  t.deepEqual(matchFirstWord('cle'), ['clear'], 'what takes routes away is not started by a slip either');
  t.deepEqual(matchFirstWord('cleanup'), ['cleanup']);
  for (const { name } of clientCommands) t.true(firstWords.includes(name.split(' ')[0]), name);
  const running = await startApi(createFixtureSpeaker());
  t.teardown(() => running.close());
  const socket = ['--socket', running.socketPath];
  t.deepEqual(await run(...socket, 'sh', 'bg', 'su'), await run('show', 'bgp', 'summary', ...socket));
  t.deepEqual(await run('st', ...socket), await run('status', ...socket));
  t.deepEqual(await run('s', 'bgp', ...socket), {
    code: 2,
    out: '',
    err: 'waggle: ambiguous command: s; expected one of show, status\n',
  });
  t.deepEqual(await run('r', ...socket), await run('r'), 'unknown: no daemon');
  t.regex((await run('r')).err, /^waggle: unknown command: r;/);
});

test('main reads a first word that is cut short as the client does', async (t) => {
  const main = fileURLToPath(import.meta.resolve('#cli/first-word.ts')).replace('/cli/first-word.ts', '/main.ts');
  const child = spawn(process.execPath, [main, 'ver']);
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  t.is(await new Promise((resolve) => child.once('exit', resolve)), 0);
  t.regex(out, /^waggle \d/);
});

test('exit codes: 1 for the state of the world, 2 for wrong usage, each with one line that says why', async (t) => {
  const running = await startApi(createFixtureSpeaker());
  t.teardown(() => running.close());
  const socket = ['--socket', running.socketPath];
  const cases: readonly (readonly [string[], number, RegExp])[] = [
    [['show', 'bgp', 'sumary'], 2, /^% Unknown command: show bgp sumary\n {2}show bgp summary\n$/],
    [['show', 'bgp', 'ipv'], 2, /^% Ambiguous command: show bgp ipv\n {2}show bgp ipv4\n {2}show bgp ipv6\n$/],
    [['show', 'bgp', 'neighbors', '10.9.9.9'], 1, /^% No such neighbor in this view\/vrf: 10\.9\.9\.9\n$/],
    [['show', 'bgp', 'neighbors', '10.9.9.999'], 2, /^% 10\.9\.9\.999 is not an IPv4 or IPv6 address/],
    [['show', 'bgp', 'summary', '--colour'], 2, /^waggle: unknown option --colour\n$/],
    [['clear', 'bgp'], 2, /^waggle: expected waggle clear bgp ADDRESS/],
    [['clear', 'bgp', '10.1.0.2', 'soft', 'up'], 2, /^waggle: expected waggle clear bgp ADDRESS/],
    [['clear', 'bgp', 'ipv4', 'unicast', '10.1.0.2'], 2, /^waggle: clear works on all families .*, not on ipv4 alone/],
    [['clear', 'bgp', '10.9.9.9'], 1, /^% No such neighbor/],
    [['bgp', 'frobnicate'], 2, /expected one of bgp peers, bgp neighbors, bgp routes/],
    [['bgp', 'routes', 'available', 'ipv4', 'unicast', 'vrouter'], 2, /^waggle: unexpected vrouter/],
    [['status', '--wait-duration', 'soon'], 2, /^waggle: --wait-duration is soon; expected seconds\n$/],
    [['bgp', 'peers', '--json'], 2, /^waggle: waggle bgp peers has no option --json\n$/],
  ];
  for (const [words, code, line] of cases) {
    const result = await run(...words, ...socket);
    t.is(result.code, code, words.join(' '));
    t.regex(result.err, line, words.join(' '));
    t.is(result.out, '', words.join(' '));
  }
});

test('without a daemon there is one line that names the socket', async (t) => {
  const path = '/nonexistent/waggle.sock';
  for (const words of [['show', 'bgp', 'summary'], ['status'], ['bgp', 'peers'], ['clear', 'bgp', '*']]) {
    const result = await run(...words, '--socket', path);
    t.deepEqual(result, { code: 1, out: '', err: `waggle: daemon not running: ${path}\n` }, words.join(' '));
  }
});

test('clear and shutdown reach the speaker', async (t) => {
  const speaker = createFixtureSpeaker();
  const running = await startApi(speaker);
  t.teardown(() => running.close());
  const socket = ['--socket', running.socketPath];
  t.is((await run('clear', 'bgp', '10.1.0.2', ...socket)).out, 'cleared 10.1.0.2\n');
  t.is((await run('clear', 'bgp', '*', 'soft', 'out', ...socket)).code, 0);
  t.is((await run('clear', 'ip', 'bgp', '*', ...socket)).code, 0);
  t.is((await run('cl', 'bgp', '10.1.0.2', 'in', ...socket)).code, 0);
  t.is((await run('bgp', 'shutdown', '10.1.0.2', 'new', 'cable', ...socket)).out, '10.1.0.2 is shut down\n');
  t.is((await run('bgp', 'no-shutdown', '10.1.0.2', ...socket)).code, 0);
  const cleared = [...speaker.cleared];
  t.is((await run('clear', 'bgp', 'all', ...socket)).out, (await run('clear', 'bgp', '*', ...socket)).out);
  t.deepEqual(speaker.cleared.slice(-2), [
    [undefined, 'hard'],
    [undefined, 'hard'],
  ]);
  const shut = speaker.shutdowns.length;
  t.is((await run('bgp', 'shutdown', '*', 'power', ...socket)).out, 'every neighbor is shut down\n');
  t.is((await run('bgp', 'no-shutdown', 'all', ...socket)).out, 'every neighbor is no longer shut down\n');
  const addresses = speaker.instanceViews[0].neighbors.map(({ address }) => address);
  t.true(addresses.length > 3);
  t.deepEqual(speaker.shutdowns.splice(shut), [
    ...addresses.map((address) => [address, true, 'power'] as const),
    ...addresses.map((address) => [address, false, undefined] as const),
  ]);
  t.is((await run('bgp', 'shutdown', 'tor1', ...socket)).err, '% tor1 is not an IPv4 or IPv6 address, nor * or all\n');
  t.deepEqual(cleared, [
    ['10.1.0.2', 'hard'],
    [undefined, 'soft-out'],
    [undefined, 'hard'],
    ['10.1.0.2', 'soft-in'],
  ]);
  t.deepEqual(speaker.shutdowns, [
    ['10.1.0.2', true, 'new cable'],
    ['10.1.0.2', false, undefined],
  ]);
});

const config: SpeakerConfig = {
  instance: 'default',
  asn: 65000,
  routerId: '192.0.2.1',
  networks: [],
  neighbors: [],
  policies: [],
};

test("bgp peers and routes have Cilium's columns", async (t) => {
  const running = await startApi(createFixtureSpeaker(), { configured: () => [config] });
  t.teardown(() => running.close());
  const socket = ['--socket', running.socketPath];
  const peers = (await run('bgp', 'peers', ...socket)).out.split('\n');
  t.regex(peers[0], /^Node +Local AS +Peer AS +Peer Address +Session State +Uptime +Family +Received +Advertised$/);
  t.regex(peers[1], /^alpha +65000 +65001 +10\.1\.0\.2:179 +established +13s +ipv4\/unicast +6 +8$/);
  t.true(
    peers.some((line) => /^ +ipv6\/unicast +1 +3$/.test(line)),
    'a further family leaves the peer’s columns empty',
  );
  t.is((await run('bgp', 'peers', '--node', 'other', ...socket)).out, 'No BGP peer sessions found on this node\n');
  t.regex((await run('bgp', 'peers', '-c', ...socket)).out, /10\.1\.0\.2:179 +1=00010001 2 128 65=0000fde8/);
  const routes = (await run('bgp', 'routes', ...socket)).out.split('\n');
  t.regex(routes[0], /^Node +VRouter +Prefix +NextHop +Age +Attrs$/);
  t.regex(
    routes[1],
    /^alpha +65000 +10\.0\.0\.0\/8 +10\.1\.0\.2 +0s +\[\{Origin: i\} \{AsPath: 65001\} \{Nexthop: 10\.1\.0\.2\} \{Med: 0\}\]$/,
  );
  const advertised = await run('bgp', 'routes', 'advertised', 'ipv4', 'unicast', 'peer', '10.1.0.2', ...socket);
  t.regex(advertised.out.split('\n')[0], /^Node +VRouter +Peer +Prefix/);
  t.is(JSON.parse((await run('bgp', 'routes', '-o', 'json', ...socket)).out).length, 10);
  t.regex((await run('bgp', 'route-policies', ...socket)).out, /^VRouter +Policy Name +Type +Match Peers/);
});

test('status shows the components; --wait waits until all is ok', async (t) => {
  const entry = (state: StatusEntry['state']): StatusEntry => ({
    component: 'policy rack0',
    state,
    message: 'neighbor 0: x',
  });
  let asked = 0;
  const speaker = createFixtureSpeaker();
  const running = await startApi(speaker, { status: () => [entry(asked++ < 1 ? 'error' : 'ok')] });
  t.teardown(() => running.close());
  const socket = ['--socket', running.socketPath];
  const bad = await run('status', ...socket);
  t.is(bad.code, 1);
  t.regex(
    bad.out,
    /^node: +alpha +waggle 0\.1\.0\npolicy rack0: +ERROR +neighbor 0: x\nsessions: +WARNING +4\/6 established; 1 down: .*\n$/,
  );
  t.is((await run('status', ...socket)).code, 0, 'a session that is down is no fault of the daemon');
  t.is((await run('status', '--wait', '--wait-duration', '0', ...socket)).code, 1, 'but not what is waited for');
  const [instance] = speaker.instanceViews;
  speaker.instanceViews = [
    { ...instance, neighbors: instance.neighbors.filter((view) => view.state === 'Established') },
  ];
  asked = 0;
  const good = await run('status', '--wait', '-o', 'json', ...socket);
  t.is(good.code, 0);
  t.is(toJson(JSON.parse(good.out))['state'], 'ok');
  const absent = ['--socket', '/nonexistent/waggle.sock'];
  const early = await run('status', '--wait', '--wait-duration', '0.6', ...absent);
  t.deepEqual(early, { code: 1, out: '', err: 'waggle: daemon not running: /nonexistent/waggle.sock\n' });
  asked = -1000;
  t.is((await run('status', '--wait', '--wait-duration', '0', ...socket)).code, 1);
});

test('every command has help that needs no daemon, and the forms of show are those of the tree', async (t) => {
  for (const { name, usage } of clientCommands) {
    const { code, out } = await run(...name.split(' '), '--help');
    t.is(code, 0, name);
    t.true(out.startsWith(`Usage: waggle ${usage}\n`), name);
    t.true(out.includes('--socket PATH'), name);
  }
  const group = await run('bgp', '--help');
  t.is(group.code, 0);
  t.regex(group.out, /^Usage: waggle bgp COMMAND …\n\n {2}bgp peers .*\n {2}bgp neighbors /);
  t.is((await run('--help')).code, 0);
  t.is((await run()).code, 2);
  const patterns = showCommands.map((command) => command.pattern).filter((pattern) => !pattern.startsWith('ip '));
  t.deepEqual(showForms.slice(0, -1), patterns);
});

test('yaml is the same answer as json, everywhere -o is', async (t) => {
  const running = await startApi(createFixtureSpeaker(), { configured: () => [config] });
  t.teardown(() => running.close());
  const socket = ['--socket', running.socketPath];
  const commands = [
    ['show', 'bgp', 'summary'],
    ['show', 'bgp', 'neighbors', '10.1.0.2'],
    ['show', 'bgp', 'ipv4', 'unicast'],
    ['bgp', 'peers'],
    ['bgp', 'routes'],
    ['bgp', 'route-policies'],
    ['bgp', 'routes', '--node', 'other'],
    ['status'],
  ];
  for (const words of commands) {
    const [json, yaml] = await Promise.all(['json', 'yaml'].map((form) => run(...words, '-o', form, ...socket)));
    t.deepEqual([yaml.code, yaml.err], [0, ''], words.join(' '));
    t.deepEqual(parseYaml(yaml.out), JSON.parse(json.out), words.join(' '));
    t.true(json.out === '[]\n' || yaml.out !== json.out);
    const wrong = await run(...words, '-o', 'xml', ...socket);
    t.is(wrong.code, 2);
    t.regex(wrong.err, /^waggle: --output is xml; expected json, yaml or (text|summary)\n$/);
  }
  const both = await run('show', 'bgp', 'summary', 'json', '-o', 'yaml', ...socket);
  t.deepEqual([both.code, both.err], [2, 'waggle: json and --output yaml exclude each other: leave one of them out\n']);
});

const script = `import { runClient } from ${JSON.stringify(fileURLToPath(import.meta.resolve('#cli/client.ts')))};
process.exitCode = await runClient(process.argv.slice(1));`;

test('a reader that closes its end, as head does, ends the command quietly', async (t) => {
  const speaker = createFixtureSpeaker();
  const first = [
    ...(speaker.tables.routes({ instance: 'default', family: 'ipv4-unicast', table: 'loc-rib' }) ?? []),
  ][0];
  speaker.tables = { ...speaker.tables, routes: () => Array.from({ length: 100_000 }, () => first) };
  const running = await startApi(speaker);
  t.teardown(() => running.close());
  const child = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    script,
    'show',
    'ip',
    'bgp',
    '--socket',
    running.socketPath,
  ]);
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.once('data', () => child.stdout.destroy());
  const code = await new Promise((resolve) => child.once('exit', resolve));
  t.is(code, 0);
  t.is(errors, '');
});

test('an answer that the daemon breaks off is exit code 1, not a short table that looks whole', async (t) => {
  const speaker = createFixtureSpeaker();
  const { tables } = speaker;
  speaker.tables = {
    ...tables,
    routes: function* (query) {
      const [first] = tables.routes(query) ?? [];
      for (let index = 0; index < 5000; index++) yield first;
      throw new Error('the view ended');
    },
  };
  const running = await startApi(speaker);
  t.teardown(() => running.close());
  const { code, err } = await run('show', 'ip', 'bgp', '--socket', running.socketPath);
  t.is(code, 1);
  t.is(err, 'waggle: the daemon broke off its answer\n');
});
