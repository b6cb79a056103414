// The built tree on its own: dist/, bin/ and package.json in a folder without any source, as an image would carry them.
// A router starts there, answers the client and ends; the agent's manifests are checked. Exit code 1 tells what failed.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const manifest = `apiVersion: cilium.io/v2alpha1
kind: CiliumBGPPeeringPolicy
metadata: {name: rack0}
spec:
  virtualRouters:
    - localASN: 65001
      neighbors: [{peerAddress: 192.0.2.9/32, peerASN: 65000}]
`;

async function tryTree(tree: string): Promise<void> {
  for (const name of ['dist', 'bin', 'package.json']) cpSync(join(root, name), join(tree, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  const [bgp, metrics, health] = [await freePort(), await freePort(), await freePort()];
  const config = join(tree, 'router.yaml');
  writeFileSync(
    config,
    `router: {asn: 65000, routerId: 192.0.2.1, listen: ["127.0.0.1:${bgp}"], networks: [203.0.113.0/24]}
prometheus: {listen: "127.0.0.1:${metrics}"}
health: {listen: "127.0.0.1:${health}"}
`,
  );
  writeFileSync(join(tree, 'rack0.yaml'), manifest);
  const waggle = join(tree, 'bin', 'waggle');
  const runDir = join(tree, 'run');
  const ask = (...words: readonly string[]): string => execFileSync(waggle, words, { encoding: 'utf8' });
  ask('config', 'check', config, join(tree, 'rack0.yaml'));
  ask('agent', '--help');
  const words = ['router', '--config', config, '--run-dir', runDir, '--state-dir', join(tree, 'state')];
  const router = spawn(waggle, [...words, '--log-level', 'warn'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(router, 'exit');
  try {
    ask('status', '--wait', '--wait-duration', '20', '--run-dir', runDir);
    const table = ask('show', 'bgp', 'ipv4', 'unicast', '--run-dir', runDir);
    if (!table.includes('203.0.113.0/24')) throw new TypeError(`no route of the router's own in:\n${table}`);
  } finally {
    router.kill();
  }
  await ended;
  if (router.exitCode !== 0) throw new TypeError(`the router ended with ${router.exitCode ?? router.signalCode}`);
}

const tree = mkdtempSync(join(tmpdir(), 'waggle-dist-'));
try {
  await tryTree(tree);
} finally {
  rmSync(tree, { recursive: true, force: true });
}
