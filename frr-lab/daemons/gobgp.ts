// GoBGP's daemon. It originates nothing by itself: routes.sh in the node's folder adds them through its command line.
import type { KindPlan } from './daemon.ts';

export const gobgpPlan: KindPlan = {
  needs: '/usr/bin/gobgpd',
  configTarget: '/run/lab/config',
  directories: [],
  daemons: () => [
    {
      name: 'gobgpd',
      command: ['gobgpd', '-f', '/run/lab/config/gobgpd.toml', '--log-plain', '--api-hosts', '127.0.0.1:50051'],
      afterStart: ['sh', '/run/lab/config/routes.sh'],
    },
  ],
};
