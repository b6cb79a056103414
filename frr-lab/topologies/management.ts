// The node `mgmt` of labs whose agents share one API: it runs the API server and the operator, and a bridge of its own links it to every agent. Nothing of
// that network is a route under test, so that an agent reaches its API whatever becomes of the routers.
import { linkBetween, type LabLink, type LabNode } from '../topology.ts';

export const managementName = 'mgmt';

/** As containerlab numbers its management network. */
const network = '172.20.20';

/** Where the API server listens, as its command line and kubeconfigs name it. */
export const managementEndpoint = `${network}.1:6443`;

/** In mgmt. Written once the API server listens. */
export const adminKubeconfig = '/var/lib/waggle/apiserver/admin.kubeconfig';

export const managementNode: LabNode = {
  name: managementName,
  kind: 'management',
  isSwitch: true,
  bridgeAddresses: [`${network}.1/24`],
};

/** One port of mgmt's bridge for each agent, in order. */
export function managementLinks(agents: readonly string[]): readonly LabLink[] {
  return agents.map((node, index) =>
    linkBetween(
      { node: managementName, interface: node, addresses: [] },
      { node, interface: managementName, addresses: [`${network}.${11 + index}/24`] },
    ),
  );
}
