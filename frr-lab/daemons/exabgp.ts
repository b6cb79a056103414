// ExaBGP keeps no table: it speaks and reports. A helper process of its own appends every report, one JSON object a line, to
// /run/exabgp/reports.jsonl, which is what the checks read.
import type { KindPlan } from './daemon.ts';

export const exabgpPlan: KindPlan = {
  needs: '/usr/sbin/exabgp',
  configTarget: '/run/lab/config',
  directories: [{ path: '/run/exabgp', owner: 'root:root' }],
  daemons: () => [
    {
      name: 'exabgp',
      command: [
        'env',
        'exabgp.daemon.user=root',
        'exabgp.log.destination=stdout',
        'exabgp.api.cli=false',
        'exabgp.api.ack=false',
        'exabgp',
        '/run/lab/config/exabgp.conf',
      ],
    },
  ],
};
