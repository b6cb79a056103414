// FRR: zebra, so that routes reach the kernel, ospfd where the topology wants it, and bgpd. They start empty and vtysh loads
// the one frr.conf, as Debian's own start script does; so `vtysh` in the node finds the sockets and files where it looks.
import type { LabNode } from '../topology.ts';
import type { Daemon, KindPlan } from './daemon.ts';

const common = ['-A', '127.0.0.1', '-P', '0', '--log', 'stdout'];

function program(name: 'zebra' | 'ospfd' | 'bgpd', more: readonly string[] = []): Daemon {
  return { name, command: [`/usr/lib/frr/${name}`, ...common, ...more], readyFile: `/run/frr/${name}.vty` };
}

/** zebra and, where asked for, ospfd: what another speaker's node needs to take part in the underlay. */
export function underlayDaemons(node: LabNode): readonly Daemon[] {
  const keeps = node.zebraKeepsSec === undefined ? [] : ['-K', String(node.zebraKeepsSec)];
  return [program('zebra', keeps), ...(node.hasOspf === true ? [program('ospfd')] : [])];
}

export const frrDirectories = [
  { path: '/run/frr', owner: 'frr:frr' },
  { path: '/var/lib/frr', owner: 'frr:frr' },
];

export const loadFrrConfig = ['vtysh', '-b'];

export const vtyshFiles = { 'vtysh.conf': 'service integrated-vtysh-config\n' };

export const frrPlan: KindPlan = {
  needs: '/usr/lib/frr/bgpd',
  configTarget: '/etc/frr',
  directories: frrDirectories,
  extraFiles: vtyshFiles,
  daemons: (node) => [...underlayDaemons(node), { ...program('bgpd'), afterStart: loadFrrConfig }],
};
