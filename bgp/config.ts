// What a speaker is told to be: plain values (text, numbers, lists) that can cross a thread boundary.
// The control rooms make them out of router.yaml or Kubernetes objects after checking every field;
// Speaker.configure compares them with what runs and touches only what changed.

import type { FamilyName } from './net/family.ts';

/** Built-in policies need no statements. `unset` is RFC 8212: eBGP denies, iBGP accepts. */
export type PolicyRef = 'accept' | 'reject' | 'unset' | { readonly policy: string };

export interface SpeakerConfig {
  /** Names the instance in logs, metrics and REST; unique within the process. */
  readonly instance: string;
  /** Within a confederation: the number of the member AS. */
  readonly asn: number;
  /** Dotted quad, not 0.0.0.0. */
  readonly routerId: string;
  readonly neighbors: readonly NeighborConfig[];
  /** Neighbors that are made when someone within the prefix connects. */
  readonly dynamicNeighbors?: readonly DynamicNeighborConfig[];
  readonly networks: readonly NetworkConfig[];
  readonly aggregates?: readonly AggregateConfig[];
  /** Routes of the kernel to originate; the shell watches the kernel and tells the speaker. */
  readonly redistribute?: readonly RedistributeConfig[];
  readonly policies: readonly PolicyConfig[];
  /** RFC 5065. */
  readonly confederation?: ConfederationConfig;
  /** RFC 4456 §7, dotted quad; the router ID when absent. */
  readonly clusterId?: string;
  readonly bestPath?: BestPathConfig;
  /** Maximum number of paths to install and show as multipath; 1 when absent. */
  readonly maxPaths?: { readonly ebgp: number; readonly ibgp: number };
  /** Install best routes in the kernel (src/fib); absent: not. */
  readonly fib?: FibConfig;
  /** RFC 4724 §4.1: how long routes wait for the End-of-RIB of restarting peers; 360 s when absent. */
  readonly selectionDeferralSec?: number;
  /** RFC 8326: announce everything with GRACEFUL_SHUTDOWN (LOCAL_PREF 0 towards iBGP), before maintenance. */
  readonly isGracefulShutdown?: boolean;
  /** Sent in the FQDN capability (draft-walton-bgp-hostname-capability); absent: the capability is not sent. */
  readonly hostname?: string;
  readonly domainName?: string;
  /** Sent in the software version capability (draft-ietf-idr-software-version), 1 to 64 octets. */
  readonly softwareVersion?: string;
}

export interface ConfederationConfig {
  /** The AS number that the world outside sees. */
  readonly identifier: number;
  /** Member AS numbers other than our own. */
  readonly members: readonly number[];
}

export interface BestPathConfig {
  /** Paths of different AS paths of one length are multipath as well (`bestpath as-path multipath-relax`). */
  readonly isMultipathRelax: boolean;
  /** RFC 5004: keep an older external best path instead of comparing router IDs. False: as RFC 4271. */
  readonly prefersOldest: boolean;
  /** Compare MED between different neighboring ASes. */
  readonly comparesMedAlways: boolean;
  /** draft-ietf-idr-link-bandwidth: split traffic over multipath by bandwidth. */
  readonly weighsByLinkBandwidth: boolean;
}

export const defaultBestPath: BestPathConfig = {
  isMultipathRelax: false,
  prefersOldest: false,
  comparesMedAlways: false,
  weighsByLinkBandwidth: true,
};

export interface FibConfig {
  /** Kernel routing table; 254 (main) is the default. */
  readonly table: number;
  /** Route metric (RTA_PRIORITY). */
  readonly metric: number;
  /** A route is advertised only when the kernel has it (FRR: `bgp suppress-fib-pending`). */
  readonly advertisesInstalledOnly: boolean;
  /** RFC 7999 §3.3, only where somebody asked for it: routes with BLACKHOLE drop packets here; false when absent. */
  readonly installsBlackholes?: boolean;
}

export interface RedistributeConfig {
  readonly source: 'connected' | 'static' | 'kernel';
  readonly families: readonly FamilyName[];
  /** undefined: every route of the source. */
  readonly policy: PolicyRef | undefined;
}

/** RFC 4271 §9.2.2.2: originated while at least one more specific route is there. */
export interface AggregateConfig {
  readonly prefix: string;
  /** The more specific routes are not advertised. */
  readonly isSummaryOnly: boolean;
  /** Applied to the aggregate. */
  readonly policy: PolicyRef | undefined;
}

/** What neighbors and templates of dynamic neighbors have in common. */
export interface NeighborOptionsConfig {
  /** Remote TCP port of active opens. */
  readonly port: number;
  /** `any` takes the number from the OPEN (Cilium's peerASN 0). */
  readonly remoteAsn: number | 'external' | 'internal' | 'any';
  readonly description: string | undefined;
  /** For `show` only: the control room has merged the group's fields already. */
  readonly peerGroup?: string;
  /** Never opens a connection itself (RFC 4271 §8.1.1 PassiveTcpEstablishment). */
  readonly isPassive: boolean;
  readonly families: readonly FamilyName[];
  readonly importPolicy: PolicyRef;
  readonly exportPolicy: PolicyRef;
  /** For every family; `familyOptions` may say otherwise. */
  readonly isNextHopSelf: boolean;
  readonly familyOptions?: Readonly<Partial<Record<FamilyName, NeighborFamilyConfig>>>;
  /** undefined: 1 towards directly connected eBGP neighbors, the system's for iBGP. With `gtsmHops` it is 255. */
  readonly ttl: number | undefined;
  /** RFC 5082: packets from farther away than this many hops (1..254) are dropped by the kernel. */
  readonly gtsmHops?: number;
  readonly sourceAddress: string | undefined;
  /** Connect from this interface only (SO_BINDTODEVICE). */
  readonly interfaceName?: string;
  /** RFC 2385, 1..80 octets. Never shown, never logged. */
  readonly password?: string;
  /** Keeps the session down and says why, e.g. `secret bgp-auth not found`; not an administrative shutdown. */
  readonly heldDownReason?: string;
  readonly timers: TimersConfig;
  /** Administratively down (`waggle bgp shutdown`, `shutdown: true`). */
  readonly isShutdown: boolean;
  /** RFC 9003, at most 255 octets of UTF-8. */
  readonly shutdownMessage?: string;
  /** RFC 4271 §8.1.1 DampPeerOscillations; true when absent. */
  readonly dampsPeerOscillations?: boolean;
  /** RFC 9234. */
  readonly role?: BgpRole;
  /** RFC 9234 §4.2: refuse a peer that sends no role. */
  readonly isRoleStrict?: boolean;
  readonly gracefulRestart?: GracefulRestartConfig;
  /** RFC 9494 §4: seconds, 0..16777215, for every family; absent: the capability is not sent. Needs gracefulRestart. */
  readonly longLivedStaleSec?: number;
  /** RFC 8654; true when absent. */
  readonly offersExtendedMessages?: boolean;
  /** RFC 8950: IPv4 routes with IPv6 next hops. */
  readonly offersExtendedNextHop?: boolean;
  /** RFC 4456: the neighbor is our client. iBGP only. */
  readonly isRouteReflectorClient?: boolean;
  /** RFC 7947: AS path, next hop and MED pass unchanged. eBGP only. */
  readonly isRouteServerClient?: boolean;
  /** RFC 7705. */
  readonly localAs?: LocalAsConfig;
  /** How often our own AS number may stand in a received path (FRR: `allowas-in`); 0 when absent. */
  readonly allowAsIn?: number;
  /** Write our AS number in place of the neighbor's (FRR: `as-override`). */
  readonly isAsOverride?: boolean;
  /** Strip private AS numbers (RFC 6996) from what is sent to eBGP; `replace` writes our own in their place. */
  readonly removePrivateAs?: 'remove' | 'replace';
  /** RFC 4271 §6.3: the first AS must be the peer's; true when absent. Off towards route servers. */
  readonly enforcesFirstAs?: boolean;
  /** RFC 9774 §3: routes with AS_SET or AS_CONFED_SET are taken; false when absent: treated as withdrawn. */
  readonly acceptsAsSets?: boolean;
  /** RFC 7311 §3.3 AIGP_SESSION: the attribute is taken and sent; absent: on for all but external neighbors. */
  readonly isAigpSession?: boolean;
  /** RFC 8326 for this neighbor alone. */
  readonly isGracefulShutdown?: boolean;
}

export interface NeighborConfig extends NeighborOptionsConfig {
  /** Canonical text; with a zone for link-local addresses. Identity of the neighbor. */
  readonly address: string;
}

export interface DynamicNeighborConfig {
  /** No two overlap. */
  readonly prefix: string;
  /** Most neighbors at a time. */
  readonly limit: number;
  /** Always passive. */
  readonly neighbor: NeighborOptionsConfig;
}

export interface NeighborFamilyConfig {
  /** In place of the neighbor's own. */
  readonly importPolicy?: PolicyRef;
  readonly exportPolicy?: PolicyRef;
  /**
   * `self`: ours, towards iBGP for what came by eBGP; `self-all`: ours for reflected routes too; `unchanged`: as
   * received, towards eBGP too; `default`: RFC 4271 §5.1.3.
   */
  readonly nextHop?: 'default' | 'self' | 'self-all' | 'unchanged';
  /** RFC 7911: take several paths a prefix. */
  readonly receivesAddPath?: boolean;
  /** RFC 7911: send this many paths a prefix, 0: all. */
  readonly addPathSend?: number;
  readonly maxPrefixes?: MaxPrefixesConfig;
  /** Announce 0.0.0.0/0 or ::/0, always. */
  readonly defaultOriginate?: { readonly policy: PolicyRef | undefined };
}

export interface MaxPrefixesConfig {
  readonly limit: number;
  /** Percent of the limit at which one warning is logged. */
  readonly warningPercent: number;
  /** `discard`: routes beyond the limit are not taken; `restart`, `shutdown`: Cease 6/1, the first comes back after `restartSec`. */
  readonly action: 'warn' | 'discard' | 'restart' | 'shutdown';
  readonly restartSec: number;
}

export interface LocalAsConfig {
  readonly asn: number;
  /** Received paths get no local AS number prepended. */
  readonly isNoPrepend: boolean;
  /** Our real number is not sent, only the local one. */
  readonly isReplaceAs: boolean;
}

/** RFC 9234 §4.1: what we are to the neighbor. */
export type BgpRole = 'provider' | 'rs-server' | 'rs-client' | 'customer' | 'peer';

export interface GracefulRestartConfig {
  /** RFC 4724: `helper` keeps a restarting peer's routes; `full` also asks the peer to keep ours. */
  readonly mode: 'helper' | 'full';
  /** Offered: how long the peer shall wait for us, 1..4095. */
  readonly restartTimeSec: number;
  /** Longest time that stale routes are kept after the session is back, waiting for End-of-RIB (FRR: stalepath-time). */
  readonly stalePathSec: number;
  /** RFC 8538: NOTIFICATION other than a hard reset is also survived. */
  readonly hasNotification: boolean;
}

export interface TimersConfig {
  /** RFC 4271 §10: 120 suggested; jittered. */
  readonly connectRetrySec: number;
  /** Offered in OPEN: 0 or 3..65535. */
  readonly holdTimeSec: number;
  /** Upper bound; the session uses min(this, negotiated hold time / 3). */
  readonly keepaliveSec: number;
  /** RFC 4271 §8.1.1 DelayOpen: wait for the peer's OPEN before ours goes out; absent or 0: no delay. */
  readonly delayOpenSec?: number;
  /** RFC 9687; absent: the larger of 480 and twice the hold time; 0: off. */
  readonly sendHoldSec?: number;
}

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
    /** Where the route came from. */
    readonly sources?: readonly RouteSource[];
    /** Addresses of the neighbors that it came from. */
    readonly neighbors?: readonly string[];
    readonly nextHops?: readonly PrefixMatchConfig[];
    /** An expression over the AS path as FRR's `bgp as-path access-list` takes: `^65001_`, `_65002$`, `^$`. */
    readonly asPath?: string;
    readonly asPathLength?: RangeConfig;
    readonly communities?: CommunityMatchConfig;
    readonly extendedCommunities?: CommunityMatchConfig;
    readonly largeCommunities?: CommunityMatchConfig;
    readonly med?: RangeConfig;
    readonly localPreference?: RangeConfig;
    readonly origins?: readonly ('igp' | 'egp' | 'incomplete')[];
  };
  readonly set: {
    /** Standard communities (RFC 1997) as unsigned 32-bit numbers, added to those present. */
    readonly addCommunities?: readonly number[];
    /** Large communities (RFC 8092) as `[global, local1, local2]`, added to those present. */
    readonly addLargeCommunities?: readonly (readonly [number, number, number])[];
    /** Extended communities (RFC 4360) as two unsigned words. */
    readonly addExtendedCommunities?: readonly (readonly [number, number])[];
    /** In the place of what the route has; an empty list removes them all. Before `add…`. */
    readonly replaceCommunities?: readonly number[];
    readonly replaceLargeCommunities?: readonly (readonly [number, number, number])[];
    readonly replaceExtendedCommunities?: readonly (readonly [number, number])[];
    /** Patterns as in {@link CommunityMatchConfig}; taken away before anything is added. */
    readonly removeCommunities?: readonly string[];
    readonly removeLargeCommunities?: readonly string[];
    readonly removeExtendedCommunities?: readonly string[];
    /** Used towards iBGP peers on export. */
    readonly localPreference?: number;
    /** Ranks the route here only, before LOCAL_PREF; import policies only. 0..65535. */
    readonly weight?: number;
    readonly med?: { readonly set: number } | { readonly add: number } | { readonly subtract: number } | 'remove';
    readonly origin?: 'igp' | 'egp' | 'incomplete';
    /** `self`, `peer`, `unchanged` or an address of the route's family. */
    readonly nextHop?: string;
    /** Put before the path; the first becomes the leftmost. `own` is the AS number that the session shows. */
    readonly prependAsn?: { readonly asn: number | 'own'; readonly count: number };
    /** RFC 7311 §3.4. */
    readonly aigp?: number | 'remove';
  };
  readonly action: 'accept' | 'reject' | 'next';
}

export type RouteSource = 'network' | 'aggregate' | 'redistributed' | 'ibgp' | 'ebgp' | 'confederation';

/** Both bounds included. */
export interface RangeConfig {
  readonly min: number;
  readonly max: number;
}

/**
 * Patterns: `64500:100`, `64500:*`, `*:666`, names of well-known communities; `rt:64500:1`, `soo:64500:*`; `64500:1:*`.
 * `any`: at least one of the route's communities matches one; `all`: each pattern is matched; `none`: none matches.
 */
export interface CommunityMatchConfig {
  readonly any?: readonly string[];
  readonly all?: readonly string[];
  readonly none?: readonly string[];
}

export interface PrefixMatchConfig {
  readonly prefix: string;
  /** Shortest and longest length that match, as `ge` and `le` of a prefix list. */
  readonly minLength: number;
  readonly maxLength: number;
}
