// FRR: zebra, so that routes reach the kernel, and bgpd. Both start empty and vtysh loads the one frr.conf, as Debian's own
// start script does; so `vtysh` in the node finds the sockets and files where it looks for them.
import type { KindPlan } from './daemon.ts';

const common = ['-A', '127.0.0.1', '-P', '0', '--log', 'stdout'];

export const frrPlan: KindPlan = {
  needs: '/usr/lib/frr/bgpd',
  configTarget: '/etc/frr',
  directories: [
    { path: '/run/frr', owner: 'frr:frr' },
    { path: '/var/lib/frr', owner: 'frr:frr' },
  ],
  extraFiles: { 'vtysh.conf': 'service integrated-vtysh-config\n' },
  daemons: () => [
    { name: 'zebra', command: ['/usr/lib/frr/zebra', ...common], readyFile: '/run/frr/zebra.vty' },
    {
      name: 'bgpd',
      command: ['/usr/lib/frr/bgpd', ...common],
      readyFile: '/run/frr/bgpd.vty',
      afterStart: ['vtysh', '-b'],
    },
  ],
};
