// BIRD 2 with its control socket where birdc looks for it.
import type { KindPlan } from './daemon.ts';

const files = ['-c', '/etc/bird/bird.conf', '-s', '/run/bird/bird.ctl'];
const base = ['bird', '-f', '-u', 'bird', '-g', 'bird', ...files];

export const birdPlan: KindPlan = {
  needs: '/usr/sbin/bird',
  configTarget: '/etc/bird',
  directories: [{ path: '/run/bird', owner: 'bird:bird' }],
  daemons: (node) => [
    {
      name: 'bird',
      command: [...base, ...(node.recoversRoutes === true ? ['-R'] : [])],
      readyFile: '/run/bird/bird.ctl',
    },
  ],
};
