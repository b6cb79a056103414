// GoBGP from the distribution. Its configuration has no policy for a single peer outside route-server mode, so both peers
// get every route; the generator's own are not sent back to it.

import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { deviceAsn, deviceRouterId } from '../plan.ts';
import type { Device } from './device.ts';
import { askVersion } from './version.ts';

const program = '/usr/bin/gobgpd';

export const gobgp: Device = {
  name: 'GoBGP',
  transit: 'ebgp',
  findVersion: () => askVersion(program, '--version'),
  prepare: (directory, plan) => {
    const config = path.join(directory.path, 'gobgpd.toml');
    const lines = ['[global.config]', `  as = ${deviceAsn}`, `  router-id = "${deviceRouterId}"`];
    for (const peer of plan.peers) {
      lines.push('[[neighbors]]', '  [neighbors.config]');
      lines.push(`    neighbor-address = "${peer.address}"`, `    peer-as = ${peer.asn}`);
      lines.push('  [neighbors.transport.config]', '    passive-mode = true');
      lines.push(`    local-address = "${peer.deviceAddress}"`);
      lines.push(
        '  [[neighbors.afi-safis]]',
        '    [neighbors.afi-safis.config]',
        '      afi-safi-name = "ipv4-unicast"',
      );
    }
    writeFileSync(config, `${lines.join('\n')}\n`);
    return { file: program, args: ['-f', config, '-l', 'error', '--api-hosts', '127.0.0.1:50051'] };
  },
};
