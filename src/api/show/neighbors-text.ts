// `show bgp neighbors` as FRR's text, line by line. Lines of our own: received before policy, why a family is not sent, what
// the last attempt to connect met.

import type { LastResetView, MessageCounts, NeighborView } from '#bgp/views.ts';
import { formatClock, formatUptime } from '../durations.ts';
import { escapeText } from '../escape.ts';
import { renderCapabilities } from './capabilities.ts';
import { renderGracefulRestart } from './graceful-restart.ts';
import { renderNeighborFamily } from './neighbor-family.ts';
import { countHopsAllowed } from './neighbors-json.ts';
import { countMessages, isEstablished } from './neighbor-state.ts';

export function renderNeighbor(neighbor: NeighborView, wallMs: number, selectionDeferralSec: number): string {
  const lines = [
    ...renderHead(neighbor),
    ...renderSession(neighbor, wallMs),
    ...(isEstablished(neighbor) ? ['  Neighbor capabilities:', ...renderCapabilities(neighbor)] : []),
    ...renderGracefulRestart(neighbor, selectionDeferralSec),
    ...renderMessages(neighbor, wallMs),
    '  Minimum time between advertisement runs is 0 seconds',
    ...(neighbor.session.sourceAddress === undefined ? [] : [`  Update source is ${neighbor.session.sourceAddress}`]),
    ...(neighbor.session.boundInterface === undefined
      ? []
      : [`  Bound to interface ${neighbor.session.boundInterface}`]),
    '',
    ...neighbor.families
      .filter((view) => view.isShown)
      .flatMap((view) => [...renderNeighborFamily(neighbor, view), '']),
    ...renderConnection(neighbor, wallMs),
  ];
  return `${lines.join('\n')}\n`;
}

function renderHead(neighbor: NeighborView): string[] {
  const { session } = neighbor;
  const link = neighbor.isIbgp ? 'internal' : session.kind === 'confederation' ? 'common administration' : 'external';
  const lines = [
    `BGP neighbor is ${neighbor.address}, remote AS ${neighbor.remoteAsn}, local AS ${neighbor.localAsn}${renderLocalAs(neighbor)}, ${link} link`,
    `  Local Role: ${session.localRole ?? 'undefined'}`,
    `  Remote Role: ${session.remoteRole ?? 'undefined'}`,
  ];
  if (neighbor.description !== undefined) lines.push(` Description: ${escapeText(neighbor.description)}`);
  if (session.peerHostname !== undefined) lines.push(`Hostname: ${escapeText(session.peerHostname)}`);
  if (session.peerDomainName !== undefined) lines.push(`Domainname: ${escapeText(session.peerDomainName)}`);
  if (session.peerGroup !== undefined)
    lines.push(` Member of peer-group ${escapeText(session.peerGroup)} for session parameters`);
  if (neighbor.dynamicPrefix !== undefined) {
    lines.push(`  Belongs to the subnet range group: ${neighbor.dynamicPrefix}`);
  }
  if (neighbor.isShutdown) {
    const message = session.shutdownMessage === undefined ? '' : `: ${escapeText(session.shutdownMessage)}`;
    lines.push(` Administratively shut down${message}`);
  }
  if (session.heldDownReason !== undefined) lines.push(` Kept down: ${escapeText(session.heldDownReason)}`);
  if (neighbor.isDraining) lines.push(' Graceful shutdown: everything is sent with GRACEFUL_SHUTDOWN (RFC 8326)');
  return lines;
}

/** RFC 7705. */
function renderLocalAs({ routeOptions: { localAs } }: NeighborView): string {
  return `${localAs?.isNoPrepend === true ? ' no-prepend' : ''}${localAs?.isReplaceAs === true ? ' replace-as' : ''}`;
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
    ...neighbor.session.pending.map(
      ({ field, running, configured }) =>
        `  Pending until the next session (clear): ${field} is ${escapeText(running)}, configured ${escapeText(configured)}`,
    ),
    ...renderDamping(neighbor),
  ];
}

/** RFC 4271 §8.1.1 DampPeerOscillations. */
function renderDamping({ session: { damping } }: NeighborView): string[] {
  if (damping.idleHoldSec === undefined) return [];
  const remaining = Math.ceil((damping.remainingMs ?? 0) / 1000);
  return [`  Held idle for ${damping.idleHoldSec} seconds after ${damping.falls} falls in a row, ${remaining} to go`];
}

const messageRows: readonly (readonly [title: string, key: keyof MessageCounts])[] = [
  ['Opens:', 'open'],
  ['Notifications:', 'notification'],
  ['Updates:', 'update'],
  ['Keepalives:', 'keepalive'],
  ['Route Refresh:', 'routeRefresh'],
];

/** RFC 7606: what came malformed, though the session goes on. */
function renderLastFault(neighbor: NeighborView, wallMs: number): string[] {
  const { lastUpdateFault: fault, treatedAsWithdraw, attributesDiscarded } = neighbor;
  if (fault === undefined) return [];
  return [
    `  Malformed: ${treatedAsWithdraw} UPDATEs treated as withdraw, ${attributesDiscarded} attributes discarded`,
    `  Last fault ${formatClock((wallMs - fault.atWallMs) / 1000)},  ${escapeText(fault.reason)} (${fault.action})`,
  ];
}

function renderMessages(neighbor: NeighborView, wallMs: number): string[] {
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
    ...renderLastFault(neighbor, wallMs),
  ];
}

/** As FRR has it: a NOTIFICATION with who sent it, else the reason alone. */
function describeReset({ direction, reason }: LastResetView): string {
  const words = escapeText(reason);
  return direction === 'local' ? words : `Notification ${direction} (${words})`;
}

function renderConnection(neighbor: NeighborView, wallMs: number): string[] {
  const hops = countHopsAllowed(neighbor);
  const { connectionsEstablished, connectionsDropped, lastReset, nextHops } = neighbor;
  const lines = [
    `  Connections established ${connectionsEstablished}; dropped ${connectionsDropped}`,
    lastReset === undefined
      ? '  Last reset never'
      : `  Last reset ${formatClock((wallMs - lastReset.atWallMs) / 1000)},  ${describeReset(lastReset)}`,
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
  const { session, downReason } = neighbor;
  if (session.connectRetryRemainingMs !== undefined) {
    lines.push(`Next connect timer due in ${Math.ceil(session.connectRetryRemainingMs / 1000)} seconds`);
  }
  if (session.isAuthenticated) lines.push('Peer Authentication Enabled');
  if (downReason !== undefined) lines.push(`Down because: ${escapeText(downReason)}`);
  if (neighbor.lastError !== undefined) lines.push(`Last error: ${escapeText(neighbor.lastError)}`);
  lines.push('');
  return lines;
}
