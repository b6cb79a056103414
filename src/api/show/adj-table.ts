// hot: `show bgp … neighbors ADDRESS advertised-routes|received-routes`: one neighbor's Adj-RIB-Out or Adj-RIB-In as FRR's JSON or
// table. Status symbols are the truth (FRR prints `*>` for every row); our own key `filtered` marks what the import policy refused.

import { PathFlag, type RouteBatch } from '#bgp/views.ts';
import { findUsedNextHop, listShownNextHops, type RouteAttributes } from './route-attributes.ts';
import { PIECE_CHARS, type RouteView } from './route-view.ts';
import { DEFAULT_LOCAL_PREFERENCE, LOCAL_WEIGHT, renderRow, renderTableHead } from './table-layout.ts';
import { renderStatus } from './route-table.ts';

type View = RouteView<RouteAttributes>;
export type AdjTable = 'advertised' | 'received';

const codes = `"bgpStatusCodes": {"suppressed":"s","damped":"d","history":"h","unsorted":"u","valid":"*","best":">","multipath":"=","internal":"i","ribFailure":"r","stale":"S","removed":"R"},
 "bgpOriginCodes": {"igp":"i","egp":"e","incomplete":"?"},`;

/** A route sent was the best one; flags of the view tell about routes received. */
function statusFlags(table: AdjTable, flags: number): number {
  return table === 'advertised' ? PathFlag.Valid | PathFlag.Best : flags & ~PathFlag.Internal;
}

export async function* writeJsonAdjTable(view: View, table: AdjTable): AsyncGenerator<string, void, undefined> {
  const { head } = view;
  let routes = 0;
  let filtered = 0;
  let piece = `{
 "bgpTableVersion": ${head.tableVersion},
 "bgpLocalRouterId": "${head.routerId}",
 "defaultLocPrf": ${DEFAULT_LOCAL_PREFERENCE},
 "localAS": ${head.asn},
 ${codes}
 "${table}Routes": { `;
  for await (const batch of view.batches()) {
    for (let index = 0; index < batch.count; index++) {
      if (routes++ > 0) piece += '\n,';
      if ((batch.flags[index] & PathFlag.Filtered) !== 0) filtered++;
      piece += renderJsonRoute(view, table, batch, index);
      if (piece.length >= PIECE_CHARS) {
        yield piece;
        piece = '';
      }
    }
  }
  yield `${piece} },\n "totalPrefixCounter": ${routes},\n "filteredPrefixCounter": ${filtered}\n}\n`;
}

function renderJsonRoute(view: View, table: AdjTable, batch: RouteBatch, index: number): string {
  const address = view.addressText(batch, index);
  const length = batch.prefixLengths[index];
  const attributes = view.attributesAt(batch, index);
  const flags = statusFlags(table, batch.flags[index]);
  const isLocal = (batch.flags[index] & PathFlag.Local) !== 0;
  let row = `"${address}/${length}": {"addrPrefix":"${address}","prefixLen":${length},"network":"${address}/${length}",`;
  for (const nextHop of listShownNextHops(attributes, view.family.version))
    row += `"${nextHopKey(nextHop.scope)}":"${nextHop.ip}",`;
  row += `${attributes.jsonMetrics}"weight":${isLocal ? LOCAL_WEIGHT : 0},"path":"${attributes.path}","bgpOriginCode":"${attributes.originLetter}",`;
  if ((flags & PathFlag.Filtered) !== 0) row += '"filtered":true,';
  const symbols = [(flags & PathFlag.Valid) !== 0 ? '"*":true' : '', (flags & PathFlag.Best) !== 0 ? '">":true' : ''];
  return `${row}"appliedStatusSymbols":{${symbols.filter((symbol) => symbol !== '').join(',')}}}`;
}

function nextHopKey(scope: 'global' | 'link-local' | undefined): string {
  if (scope === undefined) return 'nextHop';
  return scope === 'global' ? 'nextHopGlobal' : 'nextHopLinkLocal';
}

export async function* writeTextAdjTable(view: View, table: AdjTable): AsyncGenerator<string, void, undefined> {
  let routes = 0;
  let filtered = 0;
  let piece = '';
  for await (const batch of view.batches()) {
    for (let index = 0; index < batch.count; index++) {
      if (routes++ === 0) piece += renderTableHead(view.head);
      const flags = batch.flags[index];
      if ((flags & PathFlag.Filtered) !== 0) filtered++;
      const attributes = view.attributesAt(batch, index);
      piece += renderRow(
        renderStatus(statusFlags(table, flags)),
        `${view.addressText(batch, index)}/${batch.prefixLengths[index]}`,
        findUsedNextHop(attributes, view.family.version),
        attributes.metricColumns,
        (flags & PathFlag.Local) !== 0 ? LOCAL_WEIGHT : 0,
        attributes.pathColumn,
      );
      if (piece.length >= PIECE_CHARS) {
        yield piece;
        piece = '';
      }
    }
  }
  const note = filtered > 0 ? ` (${filtered} filtered)` : '';
  yield routes === 0 ? 'Total number of prefixes 0\n' : `${piece}\nTotal number of prefixes ${routes}${note}\n`;
}
