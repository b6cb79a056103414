// This project's router, as a user starts it.

import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { deviceAsn, deviceRouterId } from '../plan.ts';
import type { Device } from './device.ts';
import { askVersion } from './version.ts';

const program = fileURLToPath(new URL('../../../bin/waggle', import.meta.url));

export const waggleApiPort = 9880;
export const waggleMetricsPort = 9962;

export const waggle: Device = {
  name: 'waggle',
  transit: 'ebgp',
  findVersion: () => (existsSync(program) ? askVersion(program, 'version') : undefined),
  prepare: (directory, plan) => {
    const addresses = new Set(plan.peers.map((peer) => peer.deviceAddress));
    const config = path.join(directory.path, 'router.yaml');
    const lines = ['router:', `  asn: ${deviceAsn}`, `  routerId: ${deviceRouterId}`];
    lines.push(`  listen: [${[...addresses].map((address) => `"${address}:179"`).join(', ')}]`, '  fib: none');
    lines.push('  neighbors:');
    for (const peer of plan.peers) {
      lines.push(`    - address: ${peer.address}`, `      remoteAsn: ${peer.asn}`, '      passive: true');
      lines.push('      families: [ipv4-unicast]');
      lines.push(`      import: ${plan.imports(peer) ? 'accept' : 'reject'}`);
      lines.push(`      export: ${plan.exports(peer) ? 'accept' : 'reject'}`);
    }
    lines.push(`api: { listen: "127.0.0.1:${waggleApiPort}" }`, '');
    writeFileSync(config, lines.join('\n'));
    const runDir = path.join(directory.path, 'run');
    const stateDir = path.join(directory.path, 'state');
    return {
      file: program,
      args: ['router', '--config', config, '--node-name', 'bench', '--run-dir', runDir, '--state-dir', stateDir],
    };
  },
};
