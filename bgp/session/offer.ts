// Our OPEN, from the configuration: AS number, hold time, and one capability for each thing that is switched on (RFC 5492).
// What the peer's OPEN makes of it is negotiation.ts.

import type { NeighborConfig } from '../config.ts';
import { type Family, families, ipv4Unicast } from '../net/family.ts';
import { AddPathMode, type Capability } from '../wire/capability.ts';
import {
  addPathCapability,
  enhancedRefreshCapability,
  extendedMessageCapability,
  extendedNextHopCapability,
  fourOctetAsnCapability,
  fqdnCapability,
  gracefulRestartCapability,
  longLivedCapability,
  multiprotocolCapability,
  roleCapability,
  routeRefreshCapability,
  softwareVersionCapability,
} from '../wire/capability-values.ts';
import { BGP_VERSION, openAsnField, type OpenMessage } from '../wire/open.ts';
import { noRestart, type OpenRestartFlags, type SpeakerIdentity } from './listener.ts';
import { roleCode } from './roles.ts';
import { configuredKind, type LocalSpeaker, sessionAsn } from './session-asn.ts';

export function buildOpen(
  local: LocalSpeaker,
  config: NeighborConfig,
  identity: SpeakerIdentity = {},
  restart: OpenRestartFlags = noRestart,
): OpenMessage {
  const number = sessionAsn(local, config);
  const offered = families.filter((family) => config.families.includes(family.name));
  return {
    version: BGP_VERSION,
    asn: number,
    asnField: openAsnField(number),
    holdTimeSec: config.timers.holdTimeSec,
    routerId: local.localRouterId,
    // Ascending by code, so that equal configurations give equal octets.
    capabilities: [
      ...offered.map((family) => multiprotocolCapability(family.afi, family.safi)),
      routeRefreshCapability(),
      ...offerExtendedNextHop(config, offered),
      ...(config.offersExtendedMessages === false ? [] : [extendedMessageCapability()]),
      ...offerRole(local, config),
      ...offerGracefulRestart(config, offered, restart),
      fourOctetAsnCapability(number),
      ...offerAddPath(config, offered),
      enhancedRefreshCapability(),
      ...offerLongLived(config, offered, restart),
      ...(identity.hostname === undefined ? [] : [fqdnCapability(identity.hostname, identity.domainName ?? '')]),
      ...(identity.softwareVersion === undefined ? [] : [softwareVersionCapability(identity.softwareVersion)]),
    ],
  };
}

function offerExtendedNextHop(config: NeighborConfig, offered: readonly Family[]): readonly Capability[] {
  if (config.offersExtendedNextHop !== true || !offered.includes(ipv4Unicast)) return [];
  return [extendedNextHopCapability([{ afi: ipv4Unicast.afi, safi: ipv4Unicast.safi, nextHopAfi: 2 }])];
}

/** RFC 9234 §4.1: roles are for external sessions. */
function offerRole(local: LocalSpeaker, config: NeighborConfig): readonly Capability[] {
  const kind = configuredKind(local, config);
  if (config.role === undefined || kind === 'ibgp' || kind === 'confederation') return [];
  return [roleCapability(roleCode(config.role))];
}

/**
 * RFC 4724 §3: families are listed by a speaker that wants its routes to be kept; without any the capability says that it keeps the
 * peer's (§4). R means nothing then.
 */
function offerGracefulRestart(
  config: NeighborConfig,
  offered: readonly Family[],
  restart: OpenRestartFlags,
): readonly Capability[] {
  if (config.gracefulRestart === undefined) return [];
  const { mode, restartTimeSec, hasNotification } = config.gracefulRestart;
  const isFull = mode === 'full';
  return [
    gracefulRestartCapability({
      isRestarting: isFull && restart.isRestarting,
      hasNotification,
      restartTimeSec,
      families: isFull ? offered.map((family) => restartFamily(family, restart)) : [],
    }),
  ];
}

/** RFC 9494 §3.1; §4.1: without the capability of RFC 4724 it would be ignored. */
function offerLongLived(
  config: NeighborConfig,
  offered: readonly Family[],
  restart: OpenRestartFlags,
): readonly Capability[] {
  const staleSec = config.longLivedStaleSec;
  if (staleSec === undefined || config.gracefulRestart === undefined) return [];
  return [longLivedCapability(offered.map((family) => ({ ...restartFamily(family, restart), staleSec })))];
}

function restartFamily(
  family: Family,
  restart: OpenRestartFlags,
): { readonly afi: number; readonly safi: number; readonly isForwardingPreserved: boolean } {
  const { afi, safi } = family;
  return { afi, safi, isForwardingPreserved: restart.preserved.includes(family) };
}

function offerAddPath(config: NeighborConfig, offered: readonly Family[]): readonly Capability[] {
  const listed = offered.flatMap((family) => {
    const options = config.familyOptions?.[family.name];
    const mode =
      (options?.receivesAddPath === true ? AddPathMode.Receive : 0) |
      (options?.addPathSend === undefined ? 0 : AddPathMode.Send);
    return mode === 0 ? [] : [{ afi: family.afi, safi: family.safi, mode }];
  });
  return listed.length === 0 ? [] : [addPathCapability(listed)];
}
