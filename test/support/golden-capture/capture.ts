// Makes test/golden/bgp/captured: starts each daemon in a namespace, talks to it from another, and writes down what it said.
// `node test/support/golden-capture/capture.ts [NAME…]` as root, with the daemons of frr-lab/install.sh; what is written is then read by eye:
// `reads` and `tshark` have to say what the configuration says.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';

import { toHex } from '../../bgp/wire/bytes.ts';
import { type CapturedMessage, describeMessage } from '../golden-words.ts';
import { Daemon, versionOf } from './daemons.ts';
import { RecordingPeer } from './recording-peer.ts';
import { type Scenario, daemonAddress, daemonAddress6, types } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import { readByTshark } from './tshark.ts';

const folder = new URL('../../golden/bgp/captured/', import.meta.url);
const INSIDE = 'WAGGLE_GOLDEN_DAEMON';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const ip = (...words: string[]): string => execFileSync('ip', words, { encoding: 'utf8' });
const addAddress = (namespace: string, address: string): string =>
  ip('-n', namespace, 'address', 'add', address, 'dev', 'g0', ...(address.includes(':') ? ['nodad'] : []));

/** Two namespaces and a link; this program again, in one of them. */
function runInNamespaces(): number {
  const [ours, theirs] = ['peer', 'daemon'].map((name) => `wgt-golden-${process.pid}-${name}`);
  try {
    for (const name of [ours, theirs]) {
      ip('netns', 'add', name);
      ip('-n', name, 'link', 'set', 'lo', 'up');
    }
    ip('link', 'add', 'g0', 'netns', ours, 'type', 'veth', 'peer', 'name', 'g0', 'netns', theirs);
    const addresses = [1, 3, 4, 5, 6, 7, 8].flatMap((host) => [`10.91.0.${host}/24`, `2001:db8:91::${host}/64`]);
    for (const address of addresses) addAddress(ours, address);
    for (const address of [`${daemonAddress}/24`, `${daemonAddress6}/64`]) {
      addAddress(theirs, address);
    }
    // Always the same link-local address, which is a next hop in what is captured.
    ip('-n', theirs, 'link', 'set', 'g0', 'address', '02:00:5e:00:53:02');
    for (const name of [ours, theirs]) ip('-n', name, 'link', 'set', 'g0', 'up');
    const self = [process.execPath, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
    const env = { ...process.env, [INSIDE]: theirs };
    return spawnSync('ip', ['netns', 'exec', ours, ...self], { env, stdio: 'inherit' }).status ?? 1;
  } finally {
    for (const name of [ours, theirs]) spawnSync('ip', ['netns', 'del', name]);
  }
}

/** Equal for UPDATEs that differ in numbers and addresses alone: one of them is enough. */
function likenessOf(reads: readonly string[]): string {
  return reads
    .map((word) => (word.startsWith('attributes') ? word : word.replaceAll(/[0-9a-fx.:/]*\d[0-9a-fx.:/]*/g, '#')))
    .map((word) => word.replaceAll(/#( #)+/g, '#'))
    .join('|');
}

async function capture(scenario: Scenario, namespace: string): Promise<void> {
  const recorders = scenario.peers.map((script) => new RecordingPeer(script));
  for (const recorder of recorders) await recorder.listen();
  const recorderAt = (address: string): RecordingPeer =>
    recorders[scenario.peers.findIndex((peer) => peer.address === address)];
  const daemon = await Daemon.start(scenario.daemon, namespace, scenario.config, scenario.words);
  const log: string[] = [];
  try {
    const startMs = scenario.startMs ?? 25_000;
    for (let waited = 0; waited < startMs && recorders.some((one) => !one.isEstablished); waited += 100)
      await sleep(100);
    for (const step of scenario.steps ?? [{ waitMs: 3000 }]) {
      if ('waitMs' in step) await sleep(step.waitMs);
      else if ('send' in step) recorderAt(step.from).send(step.send);
      else if ('drop' in step) recorderAt(step.drop).drop();
      else log.push(await daemon.run(step.run));
    }
  } catch (error) {
    log.push(inspect(error));
  } finally {
    for (const recorder of recorders) recorder.close();
    await daemon.stop(namespace);
  }
  const keeps = scenario.keeps ?? Object.values<number>(types);
  const messages: CapturedMessage[] = [];
  const seen = new Set<string>();
  for (const [index, { messages: heard }] of recorders.entries()) {
    const { reading, address } = scenario.peers[index];
    for (const bytes of heard) {
      const hex = toHex(bytes);
      if (!keeps.includes(bytes[18]) || (bytes[18] === types.update && bytes.length < 30)) continue;
      const reads = describeMessage(bytes, reading);
      const likeness = bytes[18] === types.update ? `${JSON.stringify(reading)} ${likenessOf(reads)}` : hex;
      if (seen.has(likeness)) continue;
      seen.add(likeness);
      messages.push({ to: address, ...reading, hex, reads, tshark: [] });
    }
  }
  const tshark = readByTshark(messages);
  const file = {
    source: `${scenario.daemon} ${await versionOf(scenario.daemon)} (Debian 12), captured ${new Date().toISOString().slice(0, 10)}`,
    what: scenario.what,
    configuration: scenario.config.trim().split('\n'),
    commands: (scenario.steps ?? []).flatMap((step) => ('run' in step ? [step.run.join(' ')] : [])),
    messages: messages.map((one, index) => ({ ...one, tshark: tshark[index] })),
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(`${scenario.name}.json`, folder), `${JSON.stringify(file, undefined, 1)}\n`);
  const up = recorders.filter((one) => one.isEstablished).length;
  process.stdout.write(`${scenario.name}: ${up} of ${recorders.length} sessions, ${messages.length} messages\n`);
  if (process.env['VERBOSE'] !== undefined) process.stdout.write(`${daemon.output}\n${log.join('\n')}\n`);
}

const namespace = process.env[INSIDE];
if (namespace === undefined) process.exitCode = runInNamespaces();
else {
  const wanted = process.argv.slice(2);
  for (const scenario of scenarios) {
    if (wanted.length === 0 || wanted.includes(scenario.name)) await capture(scenario, namespace);
  }
}
