// BIRD 2 with its control socket where birdc looks for it.
import type { KindPlan } from './daemon.ts';

export const birdPlan: KindPlan = {
  needs: '/usr/sbin/bird',
  configTarget: '/etc/bird',
  directories: [{ path: '/run/bird', owner: 'bird:bird' }],
  daemons: () => [
    {
      name: 'bird',
      command: ['bird', '-f', '-u', 'bird', '-g', 'bird', '-c', '/etc/bird/bird.conf', '-s', '/run/bird/bird.ctl'],
      readyFile: '/run/bird/bird.ctl',
    },
  ],
};
