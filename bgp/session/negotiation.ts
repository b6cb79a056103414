// From the peer's OPEN, compared with ours, to what holds for the session (RFC 4271 §4.2, §6.2; RFC 5492; RFC 6286; RFC 6793; and
// each capability's own RFC). What an OPEN looks like is wire/open.ts; faults of its format are found there; ours is offer.ts.
// Of a capability that came several times the last one counts, but for those that list families entry by entry.

import type { BgpRole, NeighborConfig } from '../config.ts';
import { AS_TRANS, type Asn } from '../net/asn.ts';
import { type Family, familyByCode, ipv4Unicast } from '../net/family.ts';
import type { PeerKind } from '../net/peer-kind.ts';
import type { RouterId } from '../net/router-id.ts';
import type { CapabilityView } from '../views.ts';
import { AddPathMode, type Capability, type CapabilityFamily } from '../wire/capability.ts';
import { NotificationCode, NotificationError, OpenSubcode } from '../wire/notification.ts';
import type { OpenMessage } from '../wire/open.ts';
import { negotiateRole, roleOf } from './roles.ts';
import { kindOf, type LocalSpeaker, refusePeerAsn } from './session-asn.ts';

export type { LocalSpeaker };

/** What the two OPENs agreed upon; it holds for the life of the session. */
export interface Negotiated {
  /** In the order of net/family.ts. Empty when the peer offered no family by capability and IPv4 unicast is not configured. */
  readonly families: readonly Family[];
  /** Both sides sent the capability: AS_PATH and AGGREGATOR carry four octets (RFC 6793). */
  readonly hasFourOctetAsn: boolean;
  /** The peer takes ROUTE-REFRESH (RFC 2918). */
  readonly hasRouteRefresh: boolean;
  /** min(ours, theirs); 0: no hold timer, no keepalives. */
  readonly holdTimeSec: number;
  readonly keepaliveSec: number;
  readonly remoteAsn: Asn;
  readonly remoteRouterId: RouterId;
  readonly kind: PeerKind;
  /** `kind` is `ibgp`. */
  readonly isIbgp: boolean;
  /** The AS number that our OPEN carried: our own, the local one (RFC 7705) or the confederation's (RFC 5065). */
  readonly localAsn: Asn;
  /** RFC 7911 §4, from our side: the peer sends path identifiers in these families, and we do. */
  readonly addPathReceive: readonly Family[];
  readonly addPathSend: readonly Family[];
  /** RFC 7313: BoRR and EoRR go both ways. */
  readonly hasEnhancedRefresh: boolean;
  /** RFC 8654: UPDATEs of up to 65,535 octets may be sent, and are taken. */
  readonly canSendExtended: boolean;
  readonly takesExtended: boolean;
  /** RFC 8950: IPv4 unicast with an IPv6 next hop, both ways. */
  readonly hasExtendedNextHop: boolean;
  /** RFC 9234: ours, as our OPEN said it; it holds whether the peer has one or not. */
  readonly localRole: BgpRole | undefined;
  /** undefined when the peer sent none, or we did not. */
  readonly remoteRole: BgpRole | undefined;
  /** The peer's side; undefined when it sent no such capability or we offer none. */
  readonly gracefulRestart: PeerRestart | undefined;
  /** RFC 9494: empty unless both sides sent the capability, and that of RFC 4724 with it. */
  readonly longLived: readonly LongLivedFamily[];
  /** We are mode `full` and said so: the peer waits for us. */
  readonly offersGracefulRestart: boolean;
  readonly capabilitiesSent: readonly CapabilityView[];
  readonly capabilitiesReceived: readonly CapabilityView[];
}

/** RFC 4724 §3, RFC 8538 §2. */
export interface PeerRestart {
  readonly isPeerRestarting: boolean;
  readonly restartTimeSec: number;
  /** N on both sides: a NOTIFICATION other than a hard reset is survived too. */
  readonly hasNotification: boolean;
  /** Families of the session that the peer listed. */
  readonly families: readonly { readonly family: Family; readonly isForwardingPreserved: boolean }[];
}

export interface LongLivedFamily {
  readonly family: Family;
  readonly isForwardingPreserved: boolean;
  readonly staleSec: number;
}

/** Checks the peer's OPEN against ours; throws NotificationError (2/x) when there can be no session. */
export function negotiate(
  local: LocalSpeaker,
  config: NeighborConfig,
  ours: OpenMessage,
  theirs: OpenMessage,
): Negotiated {
  checkAsn(local, config, theirs);
  const kind = kindOf(local, config, theirs.asn);
  checkRouterId(local, theirs, kind);
  const common = negotiateFamilies(ours, theirs);
  // RFC 9234 §4: roles are for eBGP.
  const localRole = kind === 'ebgp' ? roleOf(last(ours, 'role')?.role) : undefined;
  const holdTimeSec = Math.min(ours.holdTimeSec, theirs.holdTimeSec);
  const hasExtended = has(ours, 'extended-message') && has(theirs, 'extended-message');
  const gracefulRestart = negotiateRestart(ours, theirs, common);
  return {
    families: common,
    hasFourOctetAsn: has(ours, 'four-octet-asn') && has(theirs, 'four-octet-asn'),
    hasRouteRefresh: has(ours, 'route-refresh') && has(theirs, 'route-refresh'),
    holdTimeSec,
    keepaliveSec: keepaliveSec(config, holdTimeSec),
    remoteAsn: theirs.asn,
    remoteRouterId: theirs.routerId,
    kind,
    isIbgp: kind === 'ibgp',
    localAsn: ours.asn,
    addPathReceive: common.filter((family) => agreesAddPath(family, ours, theirs)),
    addPathSend: common.filter((family) => agreesAddPath(family, theirs, ours)),
    hasEnhancedRefresh: has(ours, 'enhanced-refresh') && has(theirs, 'enhanced-refresh'),
    // RFC 8654 §3: a speaker that did not announce it neither sends nor gets such messages.
    canSendExtended: hasExtended,
    takesExtended: hasExtended,
    hasExtendedNextHop: hasExtendedNextHop(ours) && hasExtendedNextHop(theirs),
    localRole,
    remoteRole: negotiateRole(localRole, theirs.capabilities, config.isRoleStrict === true),
    gracefulRestart,
    longLived: gracefulRestart === undefined ? [] : negotiateLongLived(ours, theirs, common),
    offersGracefulRestart: (last(ours, 'graceful-restart')?.families.length ?? 0) > 0,
    capabilitiesSent: ours.capabilities.map(viewCapability),
    capabilitiesReceived: theirs.capabilities.map(viewCapability),
  };
}

/** RFC 4271 §4.4: a third of the hold time at most, and no more often than once a second. */
export function keepaliveSec(config: NeighborConfig, holdTimeSec: number): number {
  if (holdTimeSec === 0) return 0;
  const third = Math.floor(holdTimeSec / 3);
  const wished = config.timers.keepaliveSec;
  return Math.max(1, wished > 0 ? Math.min(wished, third) : third);
}

function checkAsn(local: LocalSpeaker, config: NeighborConfig, theirs: OpenMessage): void {
  const { asn, asnField } = theirs;
  // RFC 6793 §9: AS_TRANS is nobody's number. In the field it stands for the number in the capability.
  if (asn === AS_TRANS) throw badPeerAs(asnField, `AS number ${AS_TRANS} is reserved`);
  // RFC 6793 §4.1: without AS_TRANS the field holds the same number as the capability.
  if (asnField !== AS_TRANS && asnField !== asn)
    throw badPeerAs(asnField, `AS ${asnField} and in the capability AS ${asn}`);
  const refusal = refusePeerAsn(local, config, asn);
  if (refusal !== undefined) throw badPeerAs(asnField, refusal);
}

/** FRR sends the two octets of the refused field as data, which its logs decode; RFC 4271 §6.2 defines none. */
function badPeerAs(asnField: number, reason: string): NotificationError {
  return openFault(OpenSubcode.BadPeerAs, reason, Uint8Array.of(asnField >>> 8, asnField & 255));
}

function checkRouterId(local: LocalSpeaker, theirs: OpenMessage, kind: PeerKind): void {
  // RFC 6286 §2.2: only within an AS must identifiers differ.
  if (kind === 'ibgp' && theirs.routerId === local.localRouterId) {
    const id = theirs.routerId;
    const data = Uint8Array.of(id >>> 24, (id >>> 16) & 255, (id >>> 8) & 255, id & 255);
    throw openFault(OpenSubcode.BadBgpIdentifier, 'the same BGP Identifier as ours', data);
  }
}

/**
 * RFC 4760 §8. A peer without any multiprotocol capability speaks IPv4 unicast only; if that is not configured the session stands
 * with no family, which `show` tells. RFC 5492 §3 allows 2/7 only where a capability is required: a peer that lists families and
 * none of ours gets it, as from FRR 8.4, with the capabilities that would have been right as data (RFC 5492 §3; FRR names the peer's).
 */
function negotiateFamilies(ours: OpenMessage, theirs: OpenMessage): readonly Family[] {
  const configured = familiesOf(ours);
  const offersFamilies = has(theirs, 'multiprotocol');
  const offered = offersFamilies ? familiesOf(theirs) : [ipv4Unicast];
  const common = configured.filter((family) => offered.includes(family));
  if (offersFamilies && common.length === 0) {
    const missing = ours.capabilities.filter((capability) => capability.type === 'multiprotocol');
    const data = Uint8Array.from(missing.flatMap(({ code, value }) => [code, value.length, ...value]));
    throw openFault(OpenSubcode.UnsupportedCapability, 'no address family in common', data);
  }
  return common;
}

function familiesOf(open: OpenMessage): readonly Family[] {
  return open.capabilities.flatMap((capability) =>
    capability.type === 'multiprotocol' ? (familyByCode(capability.afi, capability.safi) ?? []) : [],
  );
}

/** RFC 7911 §4: `receiver` said that it receives and `sender` that it sends. */
function agreesAddPath(family: Family, receiver: OpenMessage, sender: OpenMessage): boolean {
  return (
    (addPathMode(family, receiver) & AddPathMode.Receive) !== 0 &&
    (addPathMode(family, sender) & AddPathMode.Send) !== 0
  );
}

/** The last entry of a family counts; RFC 7911 §4: one with another mode than 1, 2, 3 is ignored. */
function addPathMode(family: Family, open: OpenMessage): number {
  const entry = open.capabilities
    .flatMap((capability) => (capability.type === 'add-path' ? capability.families : []))
    .findLast(
      (listed) => isOf(family, listed) && listed.mode >= AddPathMode.Receive && listed.mode <= AddPathMode.Both,
    );
  return entry?.mode ?? 0;
}

/** RFC 8950 §4, for IPv4 unicast over IPv6. */
function hasExtendedNextHop(open: OpenMessage): boolean {
  return open.capabilities.some(
    (capability) =>
      capability.type === 'extended-next-hop' &&
      capability.families.some((listed) => isOf(ipv4Unicast, listed) && listed.nextHopAfi === 2),
  );
}

/** RFC 4724 §3: the last of several capabilities counts. Families that the session does not have are left out. */
function negotiateRestart(ours: OpenMessage, theirs: OpenMessage, common: readonly Family[]): PeerRestart | undefined {
  const offered = last(ours, 'graceful-restart');
  const received = last(theirs, 'graceful-restart');
  if (offered === undefined || received === undefined) return undefined;
  return {
    isPeerRestarting: received.isRestarting,
    restartTimeSec: received.restartTimeSec,
    // RFC 8538 §2: both sides must have set N.
    hasNotification: offered.hasNotification && received.hasNotification,
    families: common.flatMap((family) => {
      const listed = received.families.findLast((entry) => isOf(family, entry));
      return listed === undefined ? [] : [{ family, isForwardingPreserved: listed.isForwardingPreserved }];
    }),
  };
}

/** RFC 9494 §4.1: it counts only beside the capability of RFC 4724, which the caller has looked for. */
function negotiateLongLived(
  ours: OpenMessage,
  theirs: OpenMessage,
  common: readonly Family[],
): readonly LongLivedFamily[] {
  const received = last(theirs, 'long-lived');
  if (received === undefined || !has(ours, 'long-lived')) return [];
  return common.flatMap((family) => {
    const listed = received.families.findLast((entry) => isOf(family, entry));
    if (listed === undefined) return [];
    const { isForwardingPreserved, staleSec } = listed;
    return [{ family, isForwardingPreserved, staleSec }];
  });
}

function isOf(family: Family, listed: CapabilityFamily): boolean {
  return listed.afi === family.afi && listed.safi === family.safi;
}

function has(open: OpenMessage, type: Capability['type']): boolean {
  return open.capabilities.some((capability) => capability.type === type);
}

function last<Type extends Capability['type']>(
  open: OpenMessage,
  type: Type,
): Extract<Capability, { type: Type }> | undefined {
  return open.capabilities.findLast(
    (capability): capability is Extract<Capability, { type: Type }> => capability.type === type,
  );
}

function viewCapability({ code, value }: Capability): CapabilityView {
  return { code, value };
}

function openFault(subcode: number, reason: string, data?: Uint8Array): NotificationError {
  return new NotificationError(NotificationCode.OpenMessageError, subcode, data, reason);
}
