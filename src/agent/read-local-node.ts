// The node's own objects in the store → LocalNode.

import { joinLocalNode, type LocalNode } from '#control/bgp/local-node.ts';
import type { Kinds } from '#kube/kinds.ts';
import type { KubeStore } from '#kube/port.ts';

/** undefined when the store has neither a CiliumNode nor a Node of that name. */
export function readLocalNode(store: Pick<KubeStore, 'list'>, name: string): LocalNode | undefined {
  const isNamed = ({ metadata }: { readonly metadata: { readonly name: string } }): boolean => metadata.name === name;
  return joinNode(name, store.list('CiliumNode').find(isNamed), store.list('Node').find(isNamed));
}

export function joinNode(
  name: string,
  ciliumNode: Pick<Kinds['CiliumNode'], 'metadata' | 'spec'> | undefined,
  node: Pick<Kinds['Node'], 'metadata' | 'spec' | 'status'> | undefined,
): LocalNode | undefined {
  return joinLocalNode(
    name,
    ciliumNode && {
      labels: ciliumNode.metadata.labels,
      annotations: ciliumNode.metadata.annotations,
      podCIDRs: ciliumNode.spec.ipam?.podCIDRs ?? [],
      addresses: (ciliumNode.spec.addresses ?? []).map(({ type = '', ip = '' }) => ({ type, address: ip })),
    },
    node && {
      labels: node.metadata.labels,
      annotations: node.metadata.annotations,
      podCIDR: node.spec?.podCIDR,
      podCIDRs: node.spec?.podCIDRs ?? [],
      addresses: node.status?.addresses ?? [],
    },
  );
}
