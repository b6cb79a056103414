// What a speaker is told to be: plain values (text, numbers, lists) that can cross a thread boundary.
// The control rooms make them out of router.yaml or Kubernetes objects after checking every field;
// Speaker.configure compares them with what runs and touches only what changed.

import type { FamilyName } from './net/family.ts';

/** Built-in policies need no statements. `unset` is RFC 8212: eBGP denies, iBGP accepts. */
export type PolicyRef = 'accept' | 'reject' | 'unset' | { readonly policy: string };

export interface SpeakerConfig {
  /** Names the instance in logs, metrics and REST; unique within the process. */
  readonly instance: string;
  readonly asn: number;
  /** Dotted quad, not 0.0.0.0. */
  readonly routerId: string;
  readonly neighbors: readonly NeighborConfig[];
  readonly networks: readonly NetworkConfig[];
  readonly policies: readonly PolicyConfig[];
}

export interface NeighborConfig {
  /** Canonical text; with a zone for link-local addresses. Identity of the neighbor. */
  readonly address: string;
  /** Remote TCP port of active opens. */
  readonly port: number;
  /** `any` takes the number from the OPEN (Cilium's peerASN 0). */
  readonly remoteAsn: number | 'external' | 'internal' | 'any';
  readonly description: string | undefined;
  /** Never opens a connection itself (RFC 4271 §8.1.1 PassiveTcpEstablishment). */
  readonly isPassive: boolean;
  readonly families: readonly FamilyName[];
  readonly importPolicy: PolicyRef;
  readonly exportPolicy: PolicyRef;
  readonly isNextHopSelf: boolean;
  /** undefined: 1 towards directly connected eBGP neighbors, the system's for iBGP. */
  readonly ttl: number | undefined;
  readonly sourceAddress: string | undefined;
  readonly timers: TimersConfig;
  /** Administratively down (`waggle bgp shutdown`, `shutdown: true`). */
  readonly isShutdown: boolean;
}

export interface TimersConfig {
  /** RFC 4271 §10: 120 suggested; jittered. */
  readonly connectRetrySec: number;
  /** Offered in OPEN: 0 or 3..65535. */
  readonly holdTimeSec: number;
  /** Upper bound; the session uses min(this, negotiated hold time / 3). */
  readonly keepaliveSec: number;
}

export const defaultTimers: TimersConfig = { connectRetrySec: 120, holdTimeSec: 90, keepaliveSec: 30 };

/** A route that this speaker originates. */
export interface NetworkConfig {
  /** `192.0.2.0/24` or `2001:db8::/32`, no host bits. */
  readonly prefix: string;
  readonly origin: 'igp' | 'incomplete';
}

export interface PolicyConfig {
  readonly name: string;
  readonly statements: readonly StatementConfig[];
  /** What happens to a route that no statement decided. */
  readonly otherwise: 'accept' | 'reject';
}

export interface StatementConfig {
  readonly name: string;
  /** Every condition given must hold; none given matches every route. */
  readonly match: {
    readonly families?: readonly FamilyName[];
    readonly prefixes?: readonly PrefixMatchConfig[];
  };
  readonly set: {
    /** Standard communities (RFC 1997) as unsigned 32-bit numbers, added to those present. */
    readonly addCommunities?: readonly number[];
    /** Large communities (RFC 8092) as `[global, local1, local2]`, added to those present. */
    readonly addLargeCommunities?: readonly (readonly [number, number, number])[];
    /** Used towards iBGP peers on export. */
    readonly localPreference?: number;
  };
  readonly action: 'accept' | 'reject' | 'next';
}

export interface PrefixMatchConfig {
  readonly prefix: string;
  /** Shortest and longest length that match, as `ge` and `le` of a prefix list. */
  readonly minLength: number;
  readonly maxLength: number;
}
