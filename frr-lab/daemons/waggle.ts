// Waggle itself: the node agent, the router with a file, and the API that the agents share. The commands are found on PATH, which
// begins with the checkout's bin/.
import { adminKubeconfig, managementEndpoint } from '../topologies/management.ts';
import type { Daemon, KindPlan } from './daemon.ts';
import { frrDirectories, loadFrrConfig, underlayDaemons, vtyshFiles } from './frr.ts';

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
        '--kubeconfig',
        '/run/lab/config/kubeconfig',
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

const operatorKubeconfig = '/run/lab/config/operator.kubeconfig';
const operatorCertificate = [
  'waggle apiserver kubeconfig --role operator --user waggle:operator',
  `--server https://${managementEndpoint} --state-dir /var/lib/waggle`,
].join(' ');

/** What the agents share: the API, and the controllers of the whole cluster. */
export const managementPlan: KindPlan = {
  configTarget: '/run/lab/config',
  directories,
  daemons: () => [
    {
      name: 'apiserver',
      command: ['waggle', 'apiserver', '--listen', managementEndpoint, ...places],
      readyFile: adminKubeconfig,
      afterStart: ['sh', '-c', `umask 077; ${operatorCertificate} >${operatorKubeconfig}`],
    },
    { name: 'operator', command: ['waggle', 'operator', '--kubeconfig', operatorKubeconfig, ...places] },
  ],
};

function router(configFolder: string): Daemon {
  return {
    name: 'waggle',
    command: ['waggle', 'router', '--config', `${configFolder}/router.yaml`, ...places],
    readyFile,
  };
}

export const waggleRouterPlan: KindPlan = {
  configTarget: '/run/lab/config',
  directories,
  daemons: () => [router('/run/lab/config')],
};

/** The router above an OSPF underlay that FRR's daemons run in the same node. */
export const waggleOspfPlan: KindPlan = {
  needs: '/usr/lib/frr/ospfd',
  configTarget: '/etc/frr',
  directories: [...directories, ...frrDirectories],
  extraFiles: vtyshFiles,
  daemons: (node) => {
    const underlay = underlayDaemons(node);
    const loaded = underlay.map((daemon, index) =>
      index === underlay.length - 1 ? { ...daemon, afterStart: loadFrrConfig } : daemon,
    );
    return [...loaded, router('/etc/frr')];
  },
};
