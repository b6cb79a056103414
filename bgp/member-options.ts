// What a session is in an update group: from configuration and the two OPENs to the values that decide every octet it is sent
// (rib/types.ts: UpdateGroupOptions), and to what import policies mean by `self` and `peer`. Which groups there are and what the values do is rib/'s.

import type { ConfederationConfig, NeighborConfig, PolicyRef } from './config.ts';
import { addressBytes, parseAddress } from './net/address.ts';
import type { Family } from './net/family.ts';
import type { PeerKind } from './net/peer-kind.ts';
import type { Policy } from './policy/policy.ts';
import type { ConnectionInfo } from './ports.ts';
import type { UpdateGroupOptions } from './rib/types.ts';
import type { Negotiated } from './session/negotiation.ts';
import { nextHopOf } from './session-next-hop.ts';
import { isPrivateAsn } from './wire/as-path.ts';
import type { ImportContext } from './wire/export-transform.ts';
import { MAX_EXTENDED_LENGTH, MAX_MESSAGE_LENGTH } from './wire/message.ts';

export interface MemberContext {
  readonly localAsn: number;
  readonly clusterId: number;
  readonly confederation: ConfederationConfig | undefined;
  readonly config: NeighborConfig;
  /** RFC 8326, from configuration or by order. */
  readonly isDraining: boolean;
  readonly policyOf: (ref: PolicyRef, kind: PeerKind) => Policy;
}

/** The options, or why nothing of the family can be sent. */
export function memberOptions(
  family: Family,
  negotiated: Negotiated,
  info: ConnectionInfo,
  context: MemberContext,
): UpdateGroupOptions | string {
  const { config, localAsn } = context;
  const { kind, remoteAsn, hasExtendedNextHop } = negotiated;
  const nextHop = nextHopOf(family, info, hasExtendedNextHop);
  if (typeof nextHop === 'string') return nextHop;
  const options = config.familyOptions?.[family.name];
  const shownAsn = negotiated.localAsn;
  const isRouteServerClient = kind === 'ebgp' && config.isRouteServerClient === true;
  const { defaultOriginate } = options ?? {};
  const removePrivateAs = kind === 'ebgp' ? config.removePrivateAs : undefined;
  return {
    kind,
    localAsn,
    shownAsn,
    prepend: isRouteServerClient ? [] : ownNumbers(kind, shownAsn, context),
    asOverride: config.isAsOverride === true ? { from: remoteAsn, to: shownAsn } : undefined,
    removePrivateAs,
    keptPrivateAs: removePrivateAs !== undefined && isPrivateAsn(remoteAsn) ? remoteAsn : undefined,
    nextHop: nextHop.address,
    linkLocalNextHop: nextHop.linkLocal,
    nextHopMode: options?.nextHop ?? (config.isNextHopSelf ? 'self' : 'default'),
    linkName: info.isDirectlyConnected ? info.interfaceName : undefined,
    hasExtendedNextHop: hasExtendedNextHop && family.version === 4,
    isFourOctetAs: negotiated.hasFourOctetAsn,
    maxMessageLength: negotiated.canSendExtended ? MAX_EXTENDED_LENGTH : MAX_MESSAGE_LENGTH,
    isReflectorClient: kind === 'ibgp' && config.isRouteReflectorClient === true,
    clusterId: context.clusterId,
    isRouteServerClient,
    role: negotiated.localRole,
    isAigpSession: config.isAigpSession ?? kind !== 'ebgp',
    hasLongLived: negotiated.longLived.some((entry) => entry.family === family),
    isGracefulShutdown: context.isDraining,
    // Identifiers go out as long as the session does; who wants no more than one path any longer is sent one.
    addPathLimit: negotiated.addPathSend.includes(family) ? (options?.addPathSend ?? 1) : undefined,
    defaultOriginate:
      defaultOriginate === undefined ? undefined : context.policyOf(defaultOriginate.policy ?? 'accept', kind),
    exportPolicy: context.policyOf(options?.exportPolicy ?? config.exportPolicy, kind),
  };
}

/** What goes before the AS path, leftmost first (RFC 4271 §5.1.2, RFC 5065 §4, RFC 7705 §3). */
function ownNumbers(kind: PeerKind, shownAsn: number, context: MemberContext): readonly number[] {
  const { config, confederation, localAsn } = context;
  if (kind === 'ibgp') return [];
  if (kind === 'confederation') return [localAsn];
  const real = confederation?.identifier ?? localAsn;
  const { localAs } = config;
  if (localAs === undefined || shownAsn !== localAs.asn || localAs.isReplaceAs) return [shownAsn];
  return [localAs.asn, real];
}

/** What an import policy's words stand for in a session, and what the session adds to its routes. */
export function importContext(family: Family, negotiated: Negotiated, info: ConnectionInfo): ImportContext {
  const self = nextHopOf(family, info, negotiated.hasExtendedNextHop);
  const peer = parseAddress(info.remoteAddress.replace(/%.*$/, ''));
  // RFC 9234 §5: a provider, a peer or a route server gives us routes that may go to customers only.
  const { localRole: role } = negotiated;
  const addsOtc = role === 'customer' || role === 'peer' || role === 'rs-client';
  return {
    shownAsn: negotiated.localAsn,
    selfNextHop: typeof self === 'string' ? undefined : addressBytes(self.address),
    peerNextHop: peer?.version === family.version ? addressBytes(peer) : undefined,
    otc: addsOtc ? negotiated.remoteAsn : undefined,
  };
}
