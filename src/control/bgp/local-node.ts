// The node that an agent configures, as the reconciler needs it: CiliumNode and Node of one name joined.
// Each part remembers the object it came from, so that a complaint about it names that object.

import { parseIpv4 } from '#bgp/net/address.ts';
import type { FieldPath } from '../yaml/document.ts';
import type { Labels } from '../kubernetes/label-selector.ts';

export interface LocalNode {
  readonly name: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly podCIDRs: readonly NodePodCidr[];
  /** First InternalIP of IPv4, the default router ID. */
  readonly ipv4: string | undefined;
  /** The object that carries an annotation, such as `Node/worker1`. */
  readonly annotationObjects: Labels;
}

export interface NodePodCidr {
  readonly text: string;
  readonly object: string;
  readonly path: FieldPath;
}

/** What is read of a Node (v1). */
export interface NodeSource {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly podCIDR: string | undefined;
  readonly podCIDRs: readonly string[];
  readonly addresses: readonly { readonly type: string; readonly address: string }[];
}

/** What is read of a CiliumNode (cilium.io/v2). */
export interface CiliumNodeSource {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly podCIDRs: readonly string[];
  readonly addresses: readonly { readonly type: string; readonly address: string }[];
}

/** undefined when the node has neither object. Where both say something, the CiliumNode counts, as in Cilium. */
export function joinLocalNode(
  name: string,
  ciliumNode: CiliumNodeSource | undefined,
  node: NodeSource | undefined,
): LocalNode | undefined {
  if (ciliumNode === undefined && node === undefined) return undefined;
  const annotationObjects: Record<string, string> = {};
  for (const key of Object.keys(node?.annotations ?? {})) annotationObjects[key] = `Node/${name}`;
  for (const key of Object.keys(ciliumNode?.annotations ?? {})) annotationObjects[key] = `CiliumNode/${name}`;
  return {
    name,
    labels: { ...node?.labels, ...ciliumNode?.labels },
    annotations: { ...node?.annotations, ...ciliumNode?.annotations },
    annotationObjects,
    podCIDRs: listPodCidrs(name, ciliumNode, node),
    ipv4: findInternalIpv4(ciliumNode?.addresses ?? []) ?? findInternalIpv4(node?.addresses ?? []),
  };
}

function listPodCidrs(
  name: string,
  ciliumNode: CiliumNodeSource | undefined,
  node: NodeSource | undefined,
): NodePodCidr[] {
  if (ciliumNode !== undefined && ciliumNode.podCIDRs.length > 0) {
    const object = `CiliumNode/${name}`;
    return ciliumNode.podCIDRs.map((text, index) => ({ text, object, path: ['spec', 'ipam', 'podCIDRs', index] }));
  }
  const object = `Node/${name}`;
  if (node !== undefined && node.podCIDRs.length > 0) {
    return node.podCIDRs.map((text, index) => ({ text, object, path: ['spec', 'podCIDRs', index] }));
  }
  // Set alone only in objects written before dual stack; otherwise it repeats the first of podCIDRs.
  return node?.podCIDR === undefined ? [] : [{ text: node.podCIDR, object, path: ['spec', 'podCIDR'] }];
}

function findInternalIpv4(
  addresses: readonly { readonly type: string; readonly address: string }[],
): string | undefined {
  return addresses.find(({ type, address }) => type === 'InternalIP' && parseIpv4(address) !== undefined)?.address;
}
