// Wires the nodes: veth pairs born directly inside their two namespaces (the host never sees them; they go when the
// namespaces go), then addresses, forwarding and routes, one batch a node.
import { type LabPaths, nodePaths } from './paths.ts';
import { mustRun } from './run.ts';
import { endsOf, isIpv6, type LabLink, type LabNode, type Topology } from './topology.ts';

export async function makeLink(lab: LabPaths, link: LabLink): Promise<void> {
  const [left, right] = link.ends;
  const leftEnd = ['name', left.interface, 'netns', nodePaths(lab, left.node).net];
  const rightEnd = ['name', right.interface, 'netns', nodePaths(lab, right.node).net];
  await mustRun(['ip', 'link', 'add', ...leftEnd, 'type', 'veth', 'peer', ...rightEnd]);
}

export async function configureNetwork(lab: LabPaths, topology: Topology, node: LabNode): Promise<void> {
  const enter = ['nsenter', `--net=${nodePaths(lab, node.name).net}`, '--'];
  const settings = {
    // Lab links are never shared: duplicate address detection would only delay the first packet by seconds.
    'ipv6/conf/all/accept_dad': '0',
    'ipv6/conf/default/accept_dad': '0',
    'ipv6/conf/all/accept_ra': '0',
    'ipv6/conf/default/accept_ra': '0',
    'ipv4/conf/all/rp_filter': '0',
    'ipv4/conf/default/rp_filter': '0',
    'ipv4/ip_forward': node.isRouter === true ? '1' : '0',
    'ipv6/conf/all/forwarding': node.isRouter === true ? '1' : '0',
  };
  const script = Object.entries(settings).map(([name, value]) => `echo ${value} >/proc/sys/net/${name}`);
  const ends = endsOf(topology, node.name);
  const batch = [
    'link set lo up',
    ...(node.loopback ?? []).map((address) => addAddress('lo', address)),
    ...ends.flatMap((end) => end.addresses.map((address) => addAddress(end.interface, address))),
    ...(node.isSwitch === true ? ['link add bridge0 type bridge', 'link set bridge0 up'] : []),
    ...(node.bridgeAddresses ?? []).map((address) => addAddress('bridge0', address)),
    ...ends.map((end) => `link set ${end.interface} ${node.isSwitch === true ? 'master bridge0 ' : ''}up`),
    ...(node.routes ?? []).map((route) => `route add ${route}`),
  ];
  await mustRun([...enter, 'sh', '-e', '-c', `${script.join('\n')}\nexec ip -batch -`], {
    input: `${batch.join('\n')}\n`,
  });
}

function addAddress(device: string, address: string): string {
  return `address add ${address} dev ${device}${isIpv6(address) ? ' nodad' : ''}`;
}
