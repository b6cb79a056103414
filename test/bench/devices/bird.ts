// BIRD 2 from the distribution: one table, nothing written to the kernel.

import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { deviceAsn, deviceRouterId } from '../plan.ts';
import type { BenchPlan, PeerPlan } from '../plan.ts';
import type { Device } from './device.ts';
import { askVersion } from './version.ts';

const program = '/usr/sbin/bird';

export const bird: Device = {
  name: 'BIRD',
  transit: 'ebgp',
  findVersion: () => askVersion(program, '--version'),
  prepare: (directory, plan) => {
    const config = path.join(directory.path, 'bird.conf');
    writeFileSync(
      config,
      [
        `router id ${deviceRouterId};`,
        'protocol device {}',
        ...plan.peers.map((peer) => protocol(peer, plan)),
        '',
      ].join('\n'),
    );
    return {
      file: program,
      args: [
        '-f',
        '-c',
        config,
        '-s',
        path.join(directory.path, 'bird.ctl'),
        '-P',
        path.join(directory.path, 'bird.pid'),
      ],
    };
  },
};

function protocol(peer: PeerPlan, plan: BenchPlan): string {
  const policy = `import ${plan.imports(peer) ? 'all' : 'none'}; export ${plan.exports(peer) ? 'all' : 'none'};`;
  return `protocol bgp ${peer.name} {
  local ${peer.deviceAddress} as ${deviceAsn};
  neighbor ${peer.address} as ${peer.asn};
  passive;
  ipv4 { ${policy} };
}`;
}
