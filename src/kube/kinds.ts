// The Kubernetes kinds that waggle reads, by name. What an object of each looks like is derived from its
// schema, so that the two cannot disagree. A new kind is a schema and a row in `schemas`.

import type { Static } from 'typebox';
import type { PeeringPolicySpec } from '#control/bgp/peering-policy-types.ts';
import { ciliumNodeSchema, nodeSchema } from './schemas/node.ts';
import { peeringPolicySchema } from './schemas/peering-policy.ts';
import { secretSchema } from './schemas/secret.ts';

export interface ObjectMeta {
  readonly name: string;
  /** undefined for kinds that live in none. */
  readonly namespace?: string;
  readonly uid: string;
  /** RFC 3339, in UTC, whole seconds, as an API server writes it. */
  readonly creationTimestamp: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** An object as it is written: checked against its schema, defaults filled in. */
export interface Manifests {
  CiliumBGPPeeringPolicy: Static<typeof peeringPolicySchema>;
  CiliumNode: Static<typeof ciliumNodeSchema>;
  Node: Static<typeof nodeSchema>;
  Secret: Static<typeof secretSchema>;
}

/** The schema of each whole object. */
export const schemas = {
  CiliumBGPPeeringPolicy: peeringPolicySchema,
  CiliumNode: ciliumNodeSchema,
  Node: nodeSchema,
  Secret: secretSchema,
} as const;

export const apiVersions: Readonly<Record<KindName, string>> = {
  CiliumBGPPeeringPolicy: 'cilium.io/v2alpha1',
  CiliumNode: 'cilium.io/v2',
  Node: 'v1',
  Secret: 'v1',
};

export type KindName = keyof Manifests;

/** An object as a store holds it: with the metadata that an API server would have added. */
export type Resource<K extends KindName> = Omit<Manifests[K], 'metadata'> & { readonly metadata: ObjectMeta };
export type Kinds = { [K in KindName]: Resource<K> };

export type AnyManifest = Manifests[KindName];
export type AnyResource = Kinds[KindName];

export const kindNames: readonly KindName[] = ['CiliumBGPPeeringPolicy', 'CiliumNode', 'Node', 'Secret'];

export function isKindName(kind: string): kind is KindName {
  return Object.hasOwn(schemas, kind);
}

/** Compiles only while what the schema leaves is what the reconciler takes. */
export function specOf(policy: Kinds['CiliumBGPPeeringPolicy']): PeeringPolicySpec {
  return policy.spec;
}
