// `show bgp summary` as FRR 10's table, column by column. The Desc column is last because it may contain spaces; scripts cut
// the others by white space, so none of them may.

import type { Family } from '#bgp/net/family.ts';
import type { InstanceView, NeighborView } from '#bgp/views.ts';
import { formatMemory, formatUptime } from '../durations.ts';
import { escapeText } from '../escape.ts';
import { countMessages, describeReset, describeState, findFamily, isEstablished, isFailed } from './neighbor-state.ts';
import { secondsInState } from './neighbor-state.ts';
import { countGroups, isShown, listNeighbors, NEIGHBOR_BYTES, type SummaryFilter } from './summary-json.ts';

const columns = 'V         AS   MsgRcvd   MsgSent   TblVer  InQ OutQ  Up/Down State/PfxRcd   PfxSnt Desc';
const failedColumns = 'EstdCnt DropCnt ResetTime Reason';
const narrowestNeighbor = 16;
const descriptionWidth = 20;

/** One family's block, without the title line. */
export function renderSummary(instance: InstanceView, family: Family, filter: SummaryFilter, wallMs: number): string {
  const neighbors = listNeighbors(instance, family);
  const shown = neighbors.filter((neighbor) => isShown(neighbor, family, filter));
  if (filter === 'failed' && shown.length === 0) return '% No failed BGP neighbors found\n';
  const table = instance.families.find((view) => view.family === family.name);
  const groups = countGroups(instance.neighbors);
  const width = Math.max(narrowestNeighbor, ...neighbors.map((neighbor) => neighbor.address.length + 1));
  const lines = [
    `BGP router identifier ${instance.routerId}, local AS number ${instance.asn} VRF default vrf-id 0`,
    `BGP table version ${table?.tableVersion ?? 0}`,
    `RIB entries ${table?.prefixes ?? 0}, using ${formatMemory(table?.ribBytes ?? 0)} of memory`,
    `Peers ${neighbors.length}, using ${formatMemory(neighbors.length * NEIGHBOR_BYTES)} of memory`,
    ...(groups === 0 ? [] : [`Peer groups ${groups}, using ${formatMemory(0)} of memory`]),
    '',
  ];
  if (shown.length === 0) {
    lines.push('% No matching neighbor');
    return `${lines.join('\n')}\n`;
  }
  lines.push(`${'Neighbor'.padEnd(width)}${filter === 'failed' ? failedColumns : columns}`);
  for (const neighbor of shown) {
    const cells =
      filter === 'failed'
        ? renderFailedRow(neighbor, wallMs)
        : renderRow(neighbor, family, table?.tableVersion ?? 0, wallMs);
    lines.push(`${neighbor.address.padEnd(width)}${cells}`);
  }
  lines.push('');
  if (filter !== 'all') lines.push(`Displayed neighbors ${shown.length}`);
  lines.push(`Total number of neighbors ${neighbors.length}`);
  return `${lines.join('\n')}\n`;
}

function renderUptime(neighbor: NeighborView, wallMs: number): string {
  const seconds = secondsInState(neighbor, wallMs);
  return seconds === undefined ? 'never' : formatUptime(seconds);
}

function renderRow(neighbor: NeighborView, family: Family, tableVersion: number, wallMs: number): string {
  return [
    '4',
    String(neighbor.remoteAsn).padStart(10),
    String(countMessages(neighbor.received)).padStart(9),
    String(countMessages(neighbor.sent)).padStart(9),
    String(isFailed(neighbor, family.name) ? 0 : tableVersion).padStart(8),
    String(neighbor.inputQueue).padStart(4),
    String(neighbor.outputQueue).padStart(4),
    renderUptime(neighbor, wallMs).padStart(8),
    ...renderCounts(neighbor, family),
    renderDescription(neighbor),
  ].join(' ');
}

/** State/PfxRcd and PfxSnt. */
function renderCounts(neighbor: NeighborView, family: Family): readonly [string, string] {
  const view = findFamily(neighbor, family.name);
  if (!isEstablished(neighbor)) return [describeState(neighbor).padStart(12), '0'.padStart(8)];
  if (view?.isNegotiated !== true) return ['NoNeg'.padStart(12), 'NoNeg'.padStart(8)];
  const received = view.isImportPolicyMissing ? '(Policy)' : String(view.accepted);
  const sent = view.isExportPolicyMissing ? '(Policy)' : String(view.sent);
  return [received.padStart(12), sent.padStart(8)];
}

function renderFailedRow(neighbor: NeighborView, wallMs: number): string {
  const established = String(neighbor.connectionsEstablished).padStart(7);
  const dropped = String(neighbor.connectionsDropped).padStart(7);
  return `${established} ${dropped} ${renderUptime(neighbor, wallMs).padStart(9)} ${escapeText(describeReset(neighbor))}`;
}

function renderDescription(neighbor: NeighborView): string {
  const text = neighbor.description ?? neighbor.session.peerSoftwareVersion;
  return text === undefined || text === '' ? 'N/A' : shorten(escapeText(text));
}

/** Cut at the last word that fits, as FRR does. */
function shorten(text: string): string {
  if (text.length < descriptionWidth) return text;
  const cut = text.slice(0, descriptionWidth);
  const space = cut.lastIndexOf(' ');
  return space > 0 ? cut.slice(0, space).trimEnd() : cut;
}
