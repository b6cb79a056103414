// hot: `show bgp … neighbors ADDRESS advertised-routes|received-routes`: one neighbor's Adj-RIB-Out or Adj-RIB-In as FRR's JSON or
// table. Status symbols are the truth (FRR prints `*>` for every row); our own key `filtered` marks what the import policy refused.

import { PathFlag, type RouteBatch } from '#bgp/views.ts';
import { originLetters } from '../attribute-text.ts';
import { encodeText, type SliceWriter } from '../slice-writer.ts';
import { ROW_BYTES, writeMetrics } from './route-table.ts';
import { PrefixRows, type RouteView } from './route-view.ts';
import { RowAttributes } from './row-attributes.ts';
import { DEFAULT_LOCAL_PREFERENCE, renderTableHead, writeTextRow } from './table-layout.ts';

export type AdjTable = 'advertised' | 'received';

const codes = `"bgpStatusCodes": {"suppressed":"s","damped":"d","history":"h","unsorted":"u","valid":"*","best":">","multipath":"=","internal":"i","ribFailure":"r","stale":"S","removed":"R"},
 "bgpOriginCodes": {"igp":"i","egp":"e","incomplete":"?"},`;

/** A route sent was the best one; flags of the view tell about routes received. */
function statusFlags(table: AdjTable, flags: number): number {
  return table === 'advertised' ? PathFlag.Valid | PathFlag.Best : flags & ~PathFlag.Internal;
}

const openPrefix = encodeText('"');
const nextPrefix = encodeText('\n,"');
const addrPrefix = encodeText('": {"addrPrefix":"');
const prefixLen = encodeText('","prefixLen":');
const network = encodeText(',"network":"');
const endNetwork = encodeText('",');
const nextHop = encodeText('"nextHop":"');
const nextHopGlobal = encodeText('"nextHopGlobal":"');
const nextHopLinkLocal = encodeText('"nextHopLinkLocal":"');
const endNextHop = encodeText('",');
const noNextHops = [encodeText('"nextHop":"0.0.0.0",'), encodeText('"nextHopGlobal":"::",')];
const weight = encodeText('"weight":');
const path = encodeText(',"path":"');
/** Origin and status, by origin and by flags. */
const ends = [0, 1, 2].map((origin) =>
  Array.from({ length: 8 }, (_, flags) =>
    encodeText(renderEnd(originLetters[origin === 0 ? 0 : origin === 1 ? 1 : 2], flags)),
  ),
);

function renderEnd(originLetter: string, flags: number): string {
  const filtered = (flags & PathFlag.Filtered) === 0 ? '' : '"filtered":true,';
  const symbols = [
    ...((flags & PathFlag.Valid) === 0 ? [] : ['"*":true']),
    ...((flags & PathFlag.Best) === 0 ? [] : ['">":true']),
  ];
  return `","bgpOriginCode":"${originLetter}",${filtered}"appliedStatusSymbols":{${symbols.join(',')}}}`;
}

export async function writeJsonAdjTable(out: SliceWriter, view: RouteView, table: AdjTable): Promise<void> {
  const { head } = view;
  const attributes = new RowAttributes();
  const prefix = new PrefixRows(view.family);
  let filtered = 0;
  await out.writeText(`{
 "bgpTableVersion": ${head.tableVersion},
 "bgpLocalRouterId": "${head.routerId}",
 "defaultLocPrf": ${DEFAULT_LOCAL_PREFERENCE},
 "localAS": ${head.asn},
 ${codes}
 "${table}Routes": { `);
  for await (const batch of view.batches()) {
    for (let row = 0; row < batch.count; row++) {
      attributes.read(batch, row);
      const room = ROW_BYTES + attributes.textBytes;
      if (!out.hasRoom(room)) await out.makeRoom(room);
      prefix.advance(batch, row);
      if ((batch.flags[row] & PathFlag.Filtered) !== 0) filtered++;
      out.writeBytes(prefix.paths > 1 ? nextPrefix : openPrefix);
      writeJsonRow(out, view.family.version, table, prefix, attributes, batch, row);
    }
  }
  await out.writeText(` },\n "totalPrefixCounter": ${prefix.paths},\n "filteredPrefixCounter": ${filtered}\n}\n`);
}

function writeJsonRow(
  out: SliceWriter,
  version: 4 | 6,
  table: AdjTable,
  prefix: PrefixRows,
  attributes: RowAttributes,
  batch: RouteBatch,
  row: number,
): void {
  prefix.writePrefix(out);
  out.writeBytes(addrPrefix);
  prefix.writeAddress(out);
  out.writeBytes(prefixLen);
  out.writeNumber(batch.prefixLengths[row]);
  out.writeBytes(network);
  prefix.writePrefix(out);
  out.writeBytes(endNetwork);
  writeNextHops(out, version, attributes);
  writeMetrics(out, attributes);
  out.writeBytes(weight);
  out.writeNumber(batch.weights[row]);
  out.writeBytes(path);
  attributes.writePath(out);
  const shown = PathFlag.Valid | PathFlag.Best | PathFlag.Filtered;
  out.writeBytes(ends[attributes.origin][statusFlags(table, batch.flags[row]) & shown]);
}

function writeNextHops(out: SliceWriter, version: 4 | 6, attributes: RowAttributes): void {
  if (attributes.nextHopVersion === 0) {
    out.writeBytes(noNextHops[version === 4 ? 0 : 1]);
    return;
  }
  out.writeBytes(attributes.nextHopVersion === 4 ? nextHop : nextHopGlobal);
  attributes.writeNextHop(out);
  out.writeBytes(endNextHop);
  if (!attributes.hasLinkLocal) return;
  out.writeBytes(nextHopLinkLocal);
  attributes.writeLinkLocal(out);
  out.writeBytes(endNextHop);
}

export async function writeTextAdjTable(out: SliceWriter, view: RouteView, table: AdjTable): Promise<void> {
  const attributes = new RowAttributes();
  const prefix = new PrefixRows(view.family);
  let filtered = 0;
  for await (const batch of view.batches()) {
    for (let row = 0; row < batch.count; row++) {
      if (prefix.paths === 0) await out.writeText(renderTableHead(view.head));
      attributes.read(batch, row);
      const room = ROW_BYTES + attributes.textBytes;
      if (!out.hasRoom(room)) await out.makeRoom(room);
      prefix.advance(batch, row);
      const flags = batch.flags[row];
      if ((flags & PathFlag.Filtered) !== 0) filtered++;
      const shown = statusFlags(table, flags) | (flags & PathFlag.Local);
      writeTextRow(out, view.family.version, shown, batch.weights[row], prefix, attributes);
    }
  }
  const note = filtered > 0 ? ` (${filtered} filtered)` : '';
  const { paths } = prefix;
  await out.writeText(`${paths === 0 ? '' : '\n'}Total number of prefixes ${paths}${note}\n`);
}
