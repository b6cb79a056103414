// OpenBGPD. It gives up its rights to the account _bgpd, which Debian's package makes only where systemd runs.
import type { KindPlan } from './daemon.ts';

export const openbgpdPlan: KindPlan = {
  needs: '/usr/sbin/bgpctl',
  configTarget: '/run/lab/config',
  directories: [{ path: '/run/openbgpd', owner: 'root:root' }],
  accounts: [
    {
      name: '_bgpd',
      passwd: '_bgpd:x:64512:64512:OpenBGPD:/run/openbgpd:/usr/sbin/nologin',
      group: '_bgpd:x:64512:',
    },
  ],
  daemons: () => [
    {
      name: 'openbgpd',
      command: ['/usr/sbin/bgpd', '-d', '-f', '/run/lab/config/bgpd.conf'],
    },
  ],
};
