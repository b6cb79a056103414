// One address family of a neighbor in `show bgp neighbors`, as JSON and as text: counters, what the configuration does to its routes, limits.
// FRR's keys and lines; those of our own stand in docs/show.md.

import { familyByName } from '#bgp/net/family.ts';
import type { NeighborFamilyView, NeighborView } from '#bgp/views.ts';
import { escapeText } from '../escape.ts';

export const missingPolicy = {
  inbound: 'Inbound updates discarded due to missing policy',
  outbound: 'Outbound updates discarded due to missing policy',
} as const;

/** FRR's word for what is configured: key of the JSON, line of the text. */
interface Option {
  readonly key: string;
  readonly value: boolean | number | string;
  readonly line: string;
}

/** In FRR's order. */
function listOptions({ routeOptions }: NeighborView, { options }: NeighborFamilyView): readonly Option[] {
  const found: Option[] = [];
  const add = (key: string, line: string, value: Option['value'] = true): void => {
    found.push({ key, value, line });
  };
  if (routeOptions.isRouteReflectorClient) add('routeReflectorClient', 'Route-Reflector Client');
  if (routeOptions.isRouteServerClient) add('routeServerClient', 'Route-Server Client');
  // The Adj-RIB-In is kept before policy, so a changed policy asks the peer for nothing.
  add('inboundSoftConfigPermit', 'Inbound soft reconfiguration allowed');
  if (routeOptions.removePrivateAs === 'replace') {
    add(
      'privateAsNumsAllReplacedInUpdatesToNbr',
      'Private AS numbers (all) replaced in updates to this neighbor with local-as',
    );
  }
  if (routeOptions.removePrivateAs === 'remove') {
    add('privateAsNumsAllRemovedInUpdatesToNbr', 'Private AS numbers (all) removed in updates to this neighbor');
  }
  if (options.addPathSend === 0) add('addpathTxAllPaths', 'Advertise all paths via addpath');
  else if (options.addPathSend !== undefined) {
    const count = options.addPathSend;
    add('addpathTxBestSelectedPaths', `Advertise the best ${count} paths via addpath`, count);
  }
  if (routeOptions.allowAsIn > 0) {
    const count = routeOptions.allowAsIn;
    add('allowAsInCount', `Local AS allowed in path, ${count} occurrences`, count);
  }
  if (routeOptions.isAsOverride) {
    const line = 'Override ASNs in outbound updates if aspath equals remote-as';
    add('overrideASNsInOutboundUpdates', line, 'ifAspathEqualRemoteAs');
  }
  if (options.nextHop === 'self') add('routerAlwaysNextHop', 'NEXT_HOP is always this router');
  if (options.nextHop === 'self-all')
    add('routerAlwaysNextHop', 'NEXT_HOP is always this router, of reflected routes too');
  if (options.nextHop === 'unchanged') {
    add('unchangedNextHopPropogatedToNbr', 'NEXT_HOP is propagated unchanged to this neighbor');
  }
  add('commAttriSentToNbr', 'Community attribute sent to this neighbor(all)', 'extendedAndStandard');
  return found;
}

function listPolicies({ options }: NeighborFamilyView): readonly Option[] {
  const { importPolicy, exportPolicy } = options;
  const isNamed = (name: string): boolean => name !== 'unset' && name !== 'accept';
  const found: Option[] = [];
  if (isNamed(importPolicy)) {
    found.push(
      { key: 'inboundPathPolicyConfig', value: true, line: 'Inbound path policy configured' },
      {
        key: 'routeMapForIncomingAdvertisements',
        value: importPolicy,
        line: `Route map for incoming advertisements is *${importPolicy}`,
      },
    );
  }
  if (isNamed(exportPolicy)) {
    found.push(
      { key: 'outboundPathPolicyConfig', value: true, line: 'Outbound path policy configured' },
      {
        key: 'routeMapForOutgoingAdvertisements',
        value: exportPolicy,
        line: `Route map for outgoing advertisements is *${exportPolicy}`,
      },
    );
  }
  return found;
}

function toKeys(options: readonly Option[]): object {
  return Object.fromEntries(options.map(({ key, value }) => [key, value]));
}

export function describeNeighborFamily(neighbor: NeighborView, view: NeighborFamilyView): object {
  const { peerGroup } = neighbor.session;
  return {
    ...(peerGroup === undefined ? {} : { peerGroupMember: peerGroup }),
    ...(view.updateGroupId === undefined
      ? {}
      : { updateGroupId: view.updateGroupId, subGroupId: view.updateGroupId, packetQueueLength: 0 }),
    ...toKeys(listOptions(neighbor, view)),
    ...describeDefault(view),
    ...toKeys(listPolicies(view)),
    ...(view.isImportPolicyMissing ? { inboundEbgpRequiresPolicy: missingPolicy.inbound } : {}),
    ...(view.isExportPolicyMissing ? { outboundEbgpRequiresPolicy: missingPolicy.outbound } : {}),
    acceptedPrefixCounter: view.accepted,
    receivedPrePolicyCounter: view.receivedPrePolicy,
    ...(view.isNegotiated ? { sentPrefixCounter: view.sent } : {}),
    ...(view.notSentReason === undefined ? {} : { notSentReason: view.notSentReason }),
    ...(view.disabledReason === undefined ? {} : { disabledReason: view.disabledReason }),
    ...(view.crowdedPaths === 0 ? {} : { pathsRefused: view.crowdedPaths }),
    ...describeLimit(view),
    ...(view.stale === 0 ? {} : { staleRoutes: view.stale }),
  };
}

function describeDefault({ isDefaultOriginated, isDefaultSent, options }: NeighborFamilyView): object {
  if (!isDefaultOriginated) return {};
  return {
    ...(options.defaultPolicy === undefined ? {} : { defaultRouteMap: options.defaultPolicy }),
    ...(isDefaultSent ? { defaultSent: true } : { defaultNotSent: true }),
  };
}

/** FRR's keys of `maximum-prefix`; `prefixesRefused` is our own. */
function describeLimit({ maxPrefixes, refusedByLimit }: NeighborFamilyView): object {
  if (maxPrefixes === undefined) return {};
  return {
    prefixAllowedMax: maxPrefixes.limit,
    ...(maxPrefixes.action === 'warn' ? { prefixAllowedMaxWarning: true } : {}),
    prefixAllowedWarningThresh: maxPrefixes.warningPercent,
    ...(maxPrefixes.action === 'restart' ? { prefixAllowedRestartIntervalMsecs: maxPrefixes.restartSec * 1000 } : {}),
    prefixLimitAction: maxPrefixes.action,
    ...(refusedByLimit === 0 ? {} : { prefixesRefused: refusedByLimit }),
  };
}

export function renderNeighborFamily(neighbor: NeighborView, view: NeighborFamilyView): string[] {
  const { peerGroup } = neighbor.session;
  const group =
    view.updateGroupId === undefined
      ? ['  Not part of any update group']
      : [`  Update group ${view.updateGroupId}, subgroup ${view.updateGroupId}`, '  Packet Queue length 0'];
  return [
    ` For address family: ${familyByName(view.family)?.title ?? view.family}`,
    ...(peerGroup === undefined ? [] : [`  ${escapeText(peerGroup)} peer-group member`]),
    ...group,
    ...listOptions(neighbor, view).map(({ line }) => `  ${line}`),
    ...renderDefault(view),
    ...listPolicies(view).map(({ line }) => `  ${line}`),
    ...(view.isImportPolicyMissing ? [`  ${missingPolicy.inbound}`] : []),
    ...(view.isExportPolicyMissing ? [`  ${missingPolicy.outbound}`] : []),
    `  ${view.accepted} accepted prefixes`,
    `  ${view.receivedPrePolicy} prefixes received before policy`,
    ...(view.stale === 0 ? [] : [`  ${view.stale} stale prefixes`]),
    ...renderLimit(view),
    ...(view.disabledReason === undefined
      ? []
      : [`  Nothing is taken until the next session: ${escapeText(view.disabledReason)}`]),
    ...(view.crowdedPaths === 0
      ? []
      : [`  ${view.crowdedPaths} paths refused: the peer has 256 for their prefix already`]),
    ...(view.notSentReason === undefined ? [] : [`  Nothing is sent: ${escapeText(view.notSentReason)}`]),
  ];
}

function renderDefault({ isDefaultOriginated, isDefaultSent, options }: NeighborFamilyView): string[] {
  if (!isDefaultOriginated) return [];
  const map = options.defaultPolicy === undefined ? '' : ` route-map ${options.defaultPolicy},`;
  return [`  Default information originate,${map} default ${isDefaultSent ? 'sent' : 'not sent'}`];
}

function renderLimit({ maxPrefixes, refusedByLimit }: NeighborFamilyView): string[] {
  if (maxPrefixes === undefined) return [];
  const { limit, action, warningPercent, restartSec } = maxPrefixes;
  const then = { warn: ' (warning-only)', discard: ' (discard)', restart: '', shutdown: '' }[action];
  return [
    `  Maximum prefixes allowed ${limit}${then}`,
    `  Threshold for warning message ${warningPercent}%${action === 'restart' ? `, restart interval ${restartSec} sec` : ''}`,
    ...(refusedByLimit === 0 ? [] : [`  ${refusedByLimit} announcements refused beyond the limit`]),
  ];
}
