// OpenBGPD from the distribution, its three processes together. It gives up its rights to the account _bgpd, which Debian's
// package makes only where systemd runs, and goes into /run/openbgpd: the run's own mount namespace has both.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { deviceAsn, deviceRouterId } from '../plan.ts';
import type { Device } from './device.ts';
import { askVersion } from './version.ts';

const program = '/usr/sbin/bgpd';

export const openbgpd: Device = {
  name: 'OpenBGPD',
  transit: 'ebgp',
  findVersion: () => askVersion(program, '-V'),
  prepare: ({ path: directory }, plan) => {
    for (const [file, line] of [
      ['passwd', '_bgpd:x:64512:64512:OpenBGPD:/run/openbgpd:/usr/sbin/nologin'],
      ['group', '_bgpd:x:64512:'],
    ]) {
      writeFileSync(path.join(directory, file), `${readFileSync(`/etc/${file}`, 'utf8').trimEnd()}\n${line}\n`);
    }
    const lines = [`AS ${deviceAsn}`, `router-id ${deviceRouterId}`, 'fib-update no'];
    lines.push(`socket "${path.join(directory, 'bgpd.sock')}"`);
    for (const peer of plan.peers) {
      lines.push(`neighbor ${peer.address} {`, `  remote-as ${peer.asn}`, `  local-address ${peer.deviceAddress}`);
      lines.push('  passive', '  announce IPv4 unicast', '}');
      if (plan.imports(peer)) lines.push(`allow from ${peer.address}`);
      if (plan.exports(peer)) lines.push(`allow to ${peer.address}`);
    }
    const config = path.join(directory, 'bgpd.conf');
    writeFileSync(config, `${lines.join('\n')}\n`, { mode: 0o600 });
    const script = ['passwd', 'group'].map((file) => `mount --bind ${path.join(directory, file)} /etc/${file}`);
    script.push('mount -t tmpfs -o mode=755 tmpfs /run', 'mkdir /run/openbgpd');
    return { file: '/bin/sh', args: ['-e', '-c', `${script.join('\n')}\nexec ${program} -d -f ${config}`] };
  },
};
