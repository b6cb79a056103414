// `show bgp neighbors` as FRR's text, line by line. Lines of our own: received before policy, why a family is not sent, what
// the last attempt to connect met.

import { familyByName } from '#bgp/net/family.ts';
import type { MessageCounts, NeighborFamilyView, NeighborView } from '#bgp/views.ts';
import { formatClock, formatUptime } from '../durations.ts';
import { escapeText } from '../escape.ts';
import { findRestartTimeSec, renderCapabilities } from './capabilities.ts';
import { findHostName } from './hostnames.ts';
import { missingPolicy } from './neighbors-json.ts';
import { countMessages, isEstablished } from './neighbor-state.ts';

export function renderNeighbor(neighbor: NeighborView, wallMs: number): string {
  const lines = [
    ...renderHead(neighbor),
    ...renderSession(neighbor, wallMs),
    ...(isEstablished(neighbor) ? ['  Neighbor capabilities:', ...renderCapabilities(neighbor)] : []),
    ...renderRestart(neighbor),
    ...renderMessages(neighbor),
    '  Minimum time between advertisement runs is 0 seconds',
    '',
    ...neighbor.families.filter((view) => view.isConfigured).flatMap((view) => [...renderFamily(view), '']),
    ...renderConnection(neighbor, wallMs),
  ];
  return `${lines.join('\n')}\n`;
}

function renderHead(neighbor: NeighborView): string[] {
  const link = neighbor.isIbgp ? 'internal' : 'external';
  const host = findHostName(neighbor.capabilitiesReceived);
  const lines = [
    `BGP neighbor is ${neighbor.address}, remote AS ${neighbor.remoteAsn}, local AS ${neighbor.localAsn}, ${link} link`,
    '  Local Role: undefined',
    '  Remote Role: undefined',
  ];
  if (neighbor.description !== undefined) lines.push(` Description: ${escapeText(neighbor.description)}`);
  if (host !== undefined) lines.push(`Hostname: ${escapeText(host.hostName)}`);
  if (host !== undefined && host.domainName !== '') lines.push(`Domainname: ${escapeText(host.domainName)}`);
  if (neighbor.isShutdown) lines.push(' Administratively shut down');
  return lines;
}

function renderSession(neighbor: NeighborView, wallMs: number): string[] {
  const ago = (moment: number | undefined): string =>
    moment === undefined ? 'never' : formatUptime((wallMs - moment) / 1000);
  const up = isEstablished(neighbor) ? `, up for ${ago(neighbor.establishedWallMs)}` : '';
  const hold = neighbor.holdTimeSec ?? neighbor.configuredHoldTimeSec;
  const keepalive = neighbor.keepaliveSec ?? neighbor.configuredKeepaliveSec;
  const remoteId = neighbor.remoteRouterId ?? '0.0.0.0';
  return [
    `  BGP version 4, remote router ID ${remoteId}, local router ID ${neighbor.localRouterId}`,
    `  BGP state = ${neighbor.state}${up}`,
    `  Last read ${ago(neighbor.lastReadWallMs)}, Last write ${ago(neighbor.lastWriteWallMs)}`,
    `  Hold time is ${hold} seconds, keepalive interval is ${keepalive} seconds`,
    `  Configured hold time is ${neighbor.configuredHoldTimeSec} seconds, keepalive interval is ${neighbor.configuredKeepaliveSec} seconds`,
  ];
}

function renderRestart(neighbor: NeighborView): string[] {
  const titles = (isMarked: (view: NeighborFamilyView) => boolean): string =>
    neighbor.families
      .filter((view) => view.isNegotiated && isMarked(view))
      .map((view) => familyByName(view.family)?.title ?? view.family)
      .join(', ');
  const sent = titles((view) => view.hasEndOfRibSent);
  const received = titles((view) => view.hasEndOfRibReceived);
  return [
    '  Graceful restart information:',
    ...(sent === '' ? [] : [`    End-of-RIB send: ${sent}`]),
    ...(received === '' ? [] : [`    End-of-RIB received: ${received}`]),
    '    Local GR Mode: Disable',
    '    Remote GR Mode: NotApplicable',
    '    R bit: False',
    '    N bit: False',
    '    Timers:',
    `      Configured Restart Time(sec): ${findRestartTimeSec(neighbor.capabilitiesSent)}`,
    `      Received Restart Time(sec): ${findRestartTimeSec(neighbor.capabilitiesReceived)}`,
  ];
}

const messageRows: readonly (readonly [title: string, key: keyof MessageCounts])[] = [
  ['Opens:', 'open'],
  ['Notifications:', 'notification'],
  ['Updates:', 'update'],
  ['Keepalives:', 'keepalive'],
  ['Route Refresh:', 'routeRefresh'],
];

function renderMessages(neighbor: NeighborView): string[] {
  const row = (title: string, sent: number, received: number): string =>
    `    ${title.padEnd(15)}${String(sent).padStart(10)} ${String(received).padStart(10)}`;
  return [
    '  Message statistics:',
    `    Inq depth is ${neighbor.inputQueue}`,
    `    Outq depth is ${neighbor.outputQueue}`,
    '                         Sent       Rcvd',
    ...messageRows.map(([title, key]) => row(title, neighbor.sent[key], neighbor.received[key])),
    row('Capability:', 0, 0),
    row('Total:', countMessages(neighbor.sent), countMessages(neighbor.received)),
  ];
}

function renderFamily(view: NeighborFamilyView): string[] {
  const group =
    view.updateGroupId === undefined
      ? ['  Not part of any update group']
      : [`  Update group ${view.updateGroupId}, subgroup ${view.updateGroupId}`, '  Packet Queue length 0'];
  return [
    ` For address family: ${familyByName(view.family)?.title ?? view.family}`,
    ...group,
    '  Inbound soft reconfiguration allowed',
    '  Community attribute sent to this neighbor(all)',
    ...(view.isImportPolicyMissing ? [`  ${missingPolicy.inbound}`] : []),
    ...(view.isExportPolicyMissing ? [`  ${missingPolicy.outbound}`] : []),
    `  ${view.accepted} accepted prefixes`,
    `  ${view.receivedPrePolicy} prefixes received before policy`,
    ...(view.notSentReason === undefined ? [] : [`  Nothing is sent: ${escapeText(view.notSentReason)}`]),
  ];
}

function renderConnection(neighbor: NeighborView, wallMs: number): string[] {
  const hops = neighbor.ttl ?? (neighbor.isIbgp ? 255 : 1);
  const { connectionsEstablished, connectionsDropped, lastReset, nextHops } = neighbor;
  const lines = [
    `  Connections established ${connectionsEstablished}; dropped ${connectionsDropped}`,
    lastReset === undefined
      ? '  Last reset never'
      : `  Last reset ${formatClock((wallMs - lastReset.atWallMs) / 1000)},  ${escapeText(lastReset.reason)}`,
    `  ${neighbor.isIbgp ? 'Internal' : 'External'} BGP neighbor may be up to ${hops} hops away.`,
  ];
  if (neighbor.localAddress !== undefined && neighbor.remotePort !== undefined) {
    lines.push(
      `Local host: ${neighbor.localAddress}, Local port: ${neighbor.localPort ?? 0}`,
      `Foreign host: ${neighbor.address}, Foreign port: ${neighbor.remotePort}`,
      `Nexthop: ${nextHops.ipv4 ?? '0.0.0.0'}`,
      `Nexthop global: ${nextHops.ipv6Global ?? '::'}`,
      `Nexthop local: ${nextHops.ipv6LinkLocal ?? '::'}`,
      `BGP connection: ${neighbor.isDirectlyConnected ? 'shared network' : 'non shared network'}`,
    );
  }
  lines.push(`BGP Connect Retry Timer in Seconds: ${neighbor.connectRetrySec}`);
  if (neighbor.lastError !== undefined) lines.push(`Last error: ${escapeText(neighbor.lastError)}`);
  lines.push('');
  return lines;
}
