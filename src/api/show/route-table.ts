// hot: `show bgp ipv4|ipv6 unicast` and `… neighbors ADDRESS routes`: many paths as FRR's JSON or table, row by row from the view's
// columns. Our own keys: `accessible` in nexthops (FRR has it in details only) and `notBestReason`, why a path lost.

import { PathFlag, type RouteBatch } from '#bgp/views.ts';
import { stringifyJson } from '../escape.ts';
import { describeReason } from './reasons.ts';
import { findUsedNextHop, listShownNextHops, type RouteAttributes } from './route-attributes.ts';
import { isSamePrefix, PIECE_CHARS, type RouteView } from './route-view.ts';
import { DEFAULT_LOCAL_PREFERENCE, LOCAL_WEIGHT, renderRow, renderTableHead } from './table-layout.ts';

export interface RouteTableNames {
  /** Host names that peers announced, by address. */
  readonly hostNames: ReadonlyMap<string, string>;
  readonly ownHostName: string;
  /** All paths of the family, shown or not; undefined when every one is shown. */
  readonly totalPaths: number | undefined;
}

type View = RouteView<RouteAttributes>;

/** Tells rows of a new prefix from further paths of the last one, across batches. */
class PrefixChange {
  #batch: RouteBatch | undefined;
  #index = 0;
  prefixes = 0;
  paths = 0;

  /** True for the first path of a prefix. */
  advance(view: View, batch: RouteBatch, index: number): boolean {
    const isSame = this.#batch !== undefined && isSamePrefix(view.family, batch, index, this.#batch, this.#index);
    this.#batch = batch;
    this.#index = index;
    this.paths++;
    if (!isSame) this.prefixes++;
    return !isSame;
  }
}

export async function* writeJsonTable(view: View, names: RouteTableNames): AsyncGenerator<string, void, undefined> {
  const { head } = view;
  const change = new PrefixChange();
  let piece = `{
 "vrfId": 0,
 "vrfName": "default",
 "tableVersion": ${head.tableVersion},
 "routerId": "${head.routerId}",
 "defaultLocPrf": ${DEFAULT_LOCAL_PREFERENCE},
 "localAS": ${head.asn},
 "routes": { `;
  for await (const batch of view.batches()) {
    for (let index = 0; index < batch.count; index++) {
      const address = view.addressText(batch, index);
      if (change.advance(view, batch, index)) {
        if (change.prefixes > 1) piece += ']\n,';
        piece += `"${address}/${batch.prefixLengths[index]}": [`;
      } else {
        piece += ',';
      }
      piece += renderJsonPath(view, names, batch, index, address);
      if (piece.length >= PIECE_CHARS) {
        yield piece;
        piece = '';
      }
    }
  }
  const end = change.prefixes > 0 ? ']\n' : '';
  yield `${piece}${end} },\n "totalRoutes": ${change.prefixes},\n "totalPaths": ${names.totalPaths ?? change.paths}\n}\n`;
}

function renderJsonPath(view: View, names: RouteTableNames, batch: RouteBatch, index: number, address: string): string {
  const flags = batch.flags[index];
  const length = batch.prefixLengths[index];
  const attributes = view.attributesAt(batch, index);
  const isLocal = (flags & PathFlag.Local) !== 0;
  const peer = view.peer(batch.peers[index]);
  const reason = batch.reasons[index];
  let row = '{';
  if ((flags & PathFlag.Valid) !== 0) row += '"valid":true,';
  if ((flags & PathFlag.Best) !== 0) row += `"bestpath":true,"selectionReason":"${describeReason(reason)}",`;
  else if (reason !== 0) row += `"notBestReason":"${describeReason(reason)}",`;
  row += (flags & PathFlag.Internal) !== 0 ? '"pathFrom":"internal"' : '"pathFrom":"external"';
  row += `,"prefix":"${address}","prefixLen":${length},"network":"${address}/${length}","version":${batch.versions[index]},`;
  row += attributes.jsonMetrics;
  row += isLocal ? `"weight":${LOCAL_WEIGHT},"peerId":"(unspec)",` : `"weight":0,"peerId":"${peer.address}",`;
  row += attributes.jsonPath;
  const hostName = isLocal ? names.ownHostName : names.hostNames.get(peer.address);
  return `${row}"nexthops":${renderJsonNextHops(view, attributes, hostName, (flags & PathFlag.Inaccessible) === 0)}}`;
}

function renderJsonNextHops(
  view: View,
  attributes: RouteAttributes,
  hostName: string | undefined,
  isAccessible: boolean,
): string {
  let list = '[';
  for (const nextHop of listShownNextHops(attributes, view.family.version)) {
    if (list.length > 1) list += ',';
    list += `{"ip":"${nextHop.ip}"`;
    if (hostName !== undefined) list += `,"hostname":${stringifyJson(hostName)}`;
    list += `,"afi":"${nextHop.afi}"`;
    if (nextHop.scope !== undefined) list += `,"scope":"${nextHop.scope}"`;
    list += isAccessible ? ',"accessible":true' : ',"accessible":false';
    list += nextHop.isUsed ? ',"used":true}' : '}';
  }
  return `${list}]`;
}

/** `*>i`: valid, best, internal. */
export function renderStatus(flags: number): string {
  return `${(flags & PathFlag.Valid) !== 0 ? '*' : ' '}${(flags & PathFlag.Best) !== 0 ? '>' : ' '}${(flags & PathFlag.Internal) !== 0 ? 'i' : ' '}`;
}

export async function* writeTextTable(view: View, names: RouteTableNames): AsyncGenerator<string, void, undefined> {
  const change = new PrefixChange();
  let piece = '';
  for await (const batch of view.batches()) {
    for (let index = 0; index < batch.count; index++) {
      const isFirst = change.advance(view, batch, index);
      if (change.paths === 1) piece += renderTableHead(view.head);
      const network = isFirst ? `${view.addressText(batch, index)}/${batch.prefixLengths[index]}` : '';
      const flags = batch.flags[index];
      const attributes = view.attributesAt(batch, index);
      piece += renderRow(
        renderStatus(flags),
        network,
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
  const total = names.totalPaths ?? change.paths;
  yield change.paths === 0
    ? `No BGP prefixes displayed, ${total} exist\n`
    : `${piece}\nDisplayed ${change.prefixes} routes and ${total} total paths\n`;
}
