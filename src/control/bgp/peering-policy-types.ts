// CiliumBGPPeeringPolicy (cilium.io/v2alpha1, served by Cilium up to 1.18) as its schema leaves it:
// types checked, defaults filled in. Only what the reconciler reads; kube/ holds the schema.

import type { LabelSelector } from '../kubernetes/label-selector.ts';

export interface PeeringPolicy {
  readonly name: string;
  /** RFC 3339; decides which of two policies on a node stays in force. */
  readonly creationTimestamp: string;
  readonly spec: PeeringPolicySpec;
}

export interface PeeringPolicySpec {
  /** Absent: every node. */
  readonly nodeSelector?: LabelSelector;
  readonly virtualRouters: readonly VirtualRouter[];
}

export interface VirtualRouter {
  readonly localASN: number;
  readonly exportPodCIDR: boolean;
  readonly neighbors: readonly PolicyNeighbor[];
  readonly podIPPoolSelector?: LabelSelector;
  readonly serviceSelector?: LabelSelector;
  readonly serviceAdvertisements: readonly string[];
}

export interface PolicyNeighbor {
  /** An address as a host prefix: `192.0.2.1/32`, `2001:db8::1/128`. */
  readonly peerAddress: string;
  readonly peerASN: number;
  readonly peerPort: number;
  readonly eBGPMultihopTTL: number;
  readonly connectRetryTimeSeconds: number;
  readonly holdTimeSeconds: number;
  readonly keepAliveTimeSeconds: number;
  readonly families?: readonly { readonly afi: string; readonly safi: string }[];
  readonly authSecretRef?: string;
  readonly gracefulRestart?: { readonly enabled: boolean; readonly restartTimeSeconds: number };
  readonly advertisedPathAttributes?: readonly PathAttributesSpec[];
}

export interface PathAttributesSpec {
  readonly selectorType: string;
  readonly selector?: LabelSelector;
  readonly communities?: {
    readonly standard?: readonly string[];
    readonly wellKnown?: readonly string[];
    readonly large?: readonly string[];
  };
  readonly localPreference?: number;
}
