// Waggle itself, both ways: the node agent with manifests, and the router with a file. The commands are found on PATH, which
// begins with the checkout's bin/.
import type { KindPlan } from './daemon.ts';

const directories = [
  { path: '/run/waggle', owner: 'root:root' },
  { path: '/var/lib/waggle', owner: 'root:root' },
];
const places = ['--run-dir', '/run/waggle', '--state-dir', '/var/lib/waggle'];
const readyFile = '/run/waggle/waggle.sock';

export const waggleAgentPlan: KindPlan = {
  configTarget: '/run/lab/config',
  directories,
  daemons: (node) => [
    {
      name: 'waggle',
      command: [
        'waggle',
        'agent',
        '--standalone',
        '--manifests',
        '/run/lab/manifests',
        '--node-name',
        node.name,
        '--api-listen',
        '127.0.0.1:9880',
        ...places,
      ],
      readyFile,
    },
  ],
};

export const waggleRouterPlan: KindPlan = {
  configTarget: '/run/lab/config',
  directories,
  daemons: () => [
    { name: 'waggle', command: ['waggle', 'router', '--config', '/run/lab/config/router.yaml', ...places], readyFile },
  ],
};
