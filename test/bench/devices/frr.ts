// FRR's bgpd alone, without zebra and with nothing written to the kernel. advertisement-interval 0 is said explicitly, so that
// no profile's timer is measured.

import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { deviceAsn, deviceRouterId } from '../plan.ts';
import type { Device } from './device.ts';
import { askVersion } from './version.ts';

const program = '/usr/lib/frr/bgpd';

export const frr: Device = {
  name: 'FRR bgpd',
  transit: 'ebgp',
  findVersion: () => askVersion(program, '--version'),
  prepare: (directory, plan) => {
    const config = path.join(directory.path, 'bgpd.conf');
    const lines = ['log stdout errors', `router bgp ${deviceAsn}`, ` bgp router-id ${deviceRouterId}`];
    lines.push(' no bgp ebgp-requires-policy');
    for (const peer of plan.peers) {
      lines.push(` neighbor ${peer.address} remote-as ${peer.asn}`);
      lines.push(` neighbor ${peer.address} passive`);
      lines.push(` neighbor ${peer.address} advertisement-interval 0`);
    }
    lines.push(' address-family ipv4 unicast');
    for (const peer of plan.peers) {
      if (!plan.imports(peer)) lines.push(`  neighbor ${peer.address} route-map nothing in`);
      if (!plan.exports(peer)) lines.push(`  neighbor ${peer.address} route-map nothing out`);
    }
    lines.push(' exit-address-family', 'route-map nothing deny 10', '');
    writeFileSync(config, lines.join('\n'), { mode: 0o644 });
    const pidFile = path.join(directory.path, 'bgpd.pid');
    return {
      file: program,
      args: [
        '-Z',
        '-S',
        '-n',
        '-f',
        config,
        '-i',
        pidFile,
        '-A',
        '127.0.0.1',
        '-P',
        '0',
        '--vty_socket',
        directory.path,
      ],
    };
  },
};
