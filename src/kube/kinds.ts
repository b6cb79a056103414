// The Kubernetes kinds that waggle reads, by name, with the type of each as its schema leaves it.
// A new kind is a row in `Kinds`, a row in `kindRows` and a schema.

import type { TSchema } from 'typebox';
import type { PeeringPolicySpec } from '#control/bgp/peering-policy-types.ts';
import { ciliumNodeSchema, nodeSchema } from './schemas/node.ts';
import { peeringPolicySchema } from './schemas/peering-policy.ts';

export interface ObjectMeta {
  readonly name: string;
  readonly uid: string;
  /** RFC 3339, in UTC, whole seconds, as an API server writes it. */
  readonly creationTimestamp: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Resource<Kind extends string> {
  readonly apiVersion: string;
  readonly kind: Kind;
  readonly metadata: ObjectMeta;
}

export interface NodeAddress {
  readonly type: string;
  readonly address: string;
}

export interface PeeringPolicyResource extends Resource<'CiliumBGPPeeringPolicy'> {
  readonly spec: PeeringPolicySpec;
}

export interface CiliumNodeResource extends Resource<'CiliumNode'> {
  readonly spec: {
    readonly addresses?: readonly { readonly type?: string; readonly ip?: string }[];
    readonly ipam?: { readonly podCIDRs?: readonly string[] };
  };
}

export interface NodeResource extends Resource<'Node'> {
  readonly spec?: { readonly podCIDR?: string; readonly podCIDRs?: readonly string[] };
  readonly status?: { readonly addresses?: readonly NodeAddress[] };
}

export interface Kinds {
  CiliumBGPPeeringPolicy: PeeringPolicyResource;
  CiliumNode: CiliumNodeResource;
  Node: NodeResource;
}

export type KindName = keyof Kinds;

export interface KindRow {
  readonly kind: KindName;
  readonly apiVersion: string;
  /** Of the whole object; fills in defaults. */
  readonly schema: TSchema;
}

export const kindRows: readonly KindRow[] = [
  { kind: 'CiliumBGPPeeringPolicy', apiVersion: 'cilium.io/v2alpha1', schema: peeringPolicySchema },
  { kind: 'CiliumNode', apiVersion: 'cilium.io/v2', schema: ciliumNodeSchema },
  { kind: 'Node', apiVersion: 'v1', schema: nodeSchema },
];
