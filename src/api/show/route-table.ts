// hot: `show bgp ipv4|ipv6 unicast` and `… neighbors ADDRESS routes`: many paths as FRR's JSON or table, written as bytes row by row
// from the view's columns. Our own keys: `accessible` in nexthops (FRR has it in details only) and `notBestReason`, why a path
// lost. test/api/rows.test.ts compares the rows with objects made from the decoded attributes.

import { PathFlag, type RouteBatch } from '#bgp/views.ts';
import { stringifyJson } from '../escape.ts';
import { originWords } from '../attribute-text.ts';
import { encodeText, type SliceWriter } from '../slice-writer.ts';
import { describeReason } from './reasons.ts';
import type { RowFilter } from './row-filter.ts';
import { PrefixRows, type RouteView } from './route-view.ts';
import { RowAttributes } from './row-attributes.ts';
import { DEFAULT_LOCAL_PREFERENCE, renderTableHead, writeTextRow } from './table-layout.ts';

export interface RouteTableNames {
  /** Host names that peers announced, by address. */
  readonly hostNames: ReadonlyMap<string, string>;
  readonly ownHostName: string;
  /** All paths of the family, shown or not; undefined when every one is shown. */
  readonly totalPaths: number | undefined;
  /** Which rows are shown; undefined: all. */
  readonly filter?: RowFilter;
}

/** Keys, a prefix three times and numbers of one row, without what depends on attributes and names. */
export const ROW_BYTES = 1024;

/** See PathFlag. */
const FLAG_BITS = 11;

const openPrefix = encodeText('"');
const endPrefix = encodeText('": [');
const nextPrefix = encodeText(']\n,');
const nextPath = encodeText(',');
const prefixLen = encodeText('","prefixLen":');
const network = encodeText(',"network":"');
const version = encodeText('","version":');
const comma = encodeText(',');
const metric = encodeText('"metric":');
const locPrf = encodeText('"locPrf":');
const weight = encodeText('"weight":');
const origins = [originWords[0], originWords[1], originWords[2]].map((word) =>
  encodeText(`","origin":"${word}","nexthops":[`),
);
const ip = encodeText('{"ip":"');
const nextIp = encodeText(',{"ip":"');
const endPath = encodeText(']}');
const zero4 = encodeText('0.0.0.0');
const zero6 = encodeText('::');

const Hop = { Ipv6: 1, LinkLocal: 2, Accessible: 4, Used: 8 } as const;

/** The fixed texts of one peer's rows. */
class Source {
  readonly head: Uint8Array;
  /** What follows a next hop's address, by bits of {@link Hop}. */
  readonly hopTails: readonly Uint8Array[];
  readonly bytes: number;

  constructor(isLocal: boolean, address: string, hostName: string | undefined) {
    this.head = encodeText(`,"peerId":"${isLocal ? '(unspec)' : address}","path":"`);
    const name = hostName === undefined ? '' : `,"hostname":${stringifyJson(hostName)}`;
    this.hopTails = Array.from({ length: 16 }, (_, bits) => {
      const afi = (bits & Hop.Ipv6) === 0 ? 'ipv4' : 'ipv6';
      const scope = (bits & Hop.LinkLocal) === 0 ? 'global' : 'link-local';
      const used = (bits & Hop.Used) === 0 ? '' : ',"used":true';
      return encodeText(
        `"${name},"afi":"${afi}"${afi === 'ipv6' ? `,"scope":"${scope}"` : ''},"accessible":${(bits & Hop.Accessible) !== 0}${used}}`,
      );
    });
    this.bytes = this.head.length + 2 * Math.max(...this.hopTails.map((tail) => tail.length));
  }
}

class JsonRows {
  readonly #view: RouteView;
  readonly #names: RouteTableNames;
  readonly #local: Source;
  readonly #sources: (Source | undefined)[] = [];
  /** What a row begins with, by flags and reason. */
  readonly #heads = new Map<number, Uint8Array>();
  readonly #attributes = new RowAttributes();
  readonly prefix: PrefixRows;

  constructor(view: RouteView, names: RouteTableNames) {
    this.#view = view;
    this.#names = names;
    this.#local = new Source(true, '', names.ownHostName);
    this.prefix = new PrefixRows(view.family);
  }

  /** Reads what the row is made of; answers how much room it takes at most. */
  prepare(batch: RouteBatch, row: number): number {
    this.#attributes.read(batch, row);
    return ROW_BYTES + this.#attributes.textBytes + this.#sourceOf(batch, row).bytes;
  }

  write(out: SliceWriter, batch: RouteBatch, row: number): void {
    const attributes = this.#attributes;
    const { prefix } = this;
    if (prefix.advance(batch, row)) {
      if (prefix.prefixes > 1) out.writeBytes(nextPrefix);
      out.writeBytes(openPrefix);
      prefix.writePrefix(out);
      out.writeBytes(endPrefix);
    } else out.writeBytes(nextPath);
    const flags = batch.flags[row];
    out.writeBytes(this.#headOf(flags, batch.reasons[row]));
    prefix.writeAddress(out);
    out.writeBytes(prefixLen);
    out.writeNumber(batch.prefixLengths[row]);
    out.writeBytes(network);
    prefix.writePrefix(out);
    out.writeBytes(version);
    out.writeNumber(batch.versions[row]);
    out.writeBytes(comma);
    writeMetrics(out, attributes);
    out.writeBytes(weight);
    out.writeNumber(batch.weights[row]);
    const source = this.#sourceOf(batch, row);
    out.writeBytes(source.head);
    attributes.writePath(out);
    out.writeBytes(origins[attributes.origin]);
    this.#writeNextHops(out, source, (flags & PathFlag.Inaccessible) === 0 ? Hop.Accessible : 0);
    out.writeBytes(endPath);
  }

  #writeNextHops(out: SliceWriter, { hopTails }: Source, access: number): void {
    const attributes = this.#attributes;
    out.writeBytes(ip);
    if (attributes.nextHopVersion === 0) {
      // What FRR shows for a route of its own.
      const isIpv6 = this.#view.family.version === 6;
      out.writeBytes(isIpv6 ? zero6 : zero4);
      out.writeBytes(hopTails[(isIpv6 ? Hop.Ipv6 : 0) | access | Hop.Used]);
      return;
    }
    attributes.writeNextHop(out);
    if (attributes.nextHopVersion === 4) {
      out.writeBytes(hopTails[access | Hop.Used]);
      return;
    }
    // RFC 2545 §2: where there are two, packets go to the link-local address.
    out.writeBytes(hopTails[Hop.Ipv6 | access | (attributes.hasLinkLocal ? 0 : Hop.Used)]);
    if (!attributes.hasLinkLocal) return;
    out.writeBytes(nextIp);
    attributes.writeLinkLocal(out);
    out.writeBytes(hopTails[Hop.Ipv6 | Hop.LinkLocal | access | Hop.Used]);
  }

  #sourceOf(batch: RouteBatch, row: number): Source {
    if ((batch.flags[row] & PathFlag.Local) !== 0) return this.#local;
    const number = batch.peers[row];
    return (this.#sources[number] ??= this.#makeSource(number));
  }

  #makeSource(number: number): Source {
    const { address } = this.#view.peer(number);
    return new Source(false, address, this.#names.hostNames.get(address));
  }

  #headOf(flags: number, reason: number): Uint8Array {
    const key = (reason << FLAG_BITS) | flags;
    let head = this.#heads.get(key);
    if (head === undefined) {
      head = encodeText(renderJsonHead(flags, reason));
      this.#heads.set(key, head);
    }
    return head;
  }
}

function renderJsonHead(flags: number, reason: number): string {
  let head = '{';
  if ((flags & PathFlag.Valid) !== 0) head += '"valid":true,';
  if ((flags & PathFlag.Best) !== 0) head += `"bestpath":true,"selectionReason":"${describeReason(reason)}",`;
  else if ((flags & PathFlag.Multipath) !== 0) head += '"multipath":true,';
  else if (reason !== 0) head += `"notBestReason":"${describeReason(reason)}",`;
  if ((flags & PathFlag.Stale) !== 0) head += '"stale":true,';
  if ((flags & PathFlag.LongLived) !== 0) head += '"llgrStale":true,';
  const from = (flags & PathFlag.Internal) !== 0 ? 'internal' : 'external';
  return `${head}"pathFrom":"${from}","prefix":"`;
}

/** `"metric":0,"locPrf":100,` or parts of it. */
export function writeMetrics(out: SliceWriter, attributes: RowAttributes): void {
  if (attributes.hasMed) {
    out.writeBytes(metric);
    out.writeNumber(attributes.med);
    out.writeBytes(comma);
  }
  if (attributes.hasLocalPref) {
    out.writeBytes(locPrf);
    out.writeNumber(attributes.localPref);
    out.writeBytes(comma);
  }
}

export async function writeJsonTable(out: SliceWriter, view: RouteView, names: RouteTableNames): Promise<void> {
  const { head } = view;
  const rows = new JsonRows(view, names);
  await out.writeText(`{
 "vrfId": 0,
 "vrfName": "default",
 "tableVersion": ${head.tableVersion},
 "routerId": "${head.routerId}",
 "defaultLocPrf": ${DEFAULT_LOCAL_PREFERENCE},
 "localAS": ${head.asn},
 "routes": { `);
  for await (const batch of view.batches()) {
    names.filter?.begin(batch);
    for (let row = 0; row < batch.count; row++) {
      if (names.filter?.isShown(row) === false) continue;
      const room = rows.prepare(batch, row);
      if (!out.hasRoom(room)) await out.makeRoom(room);
      rows.write(out, batch, row);
    }
  }
  const { prefixes, paths } = rows.prefix;
  const end = prefixes > 0 ? ']\n' : '';
  await out.writeText(`${end} },\n "totalRoutes": ${prefixes},\n "totalPaths": ${names.totalPaths ?? paths}\n}\n`);
}

export async function writeTextTable(out: SliceWriter, view: RouteView, names: RouteTableNames): Promise<void> {
  const attributes = new RowAttributes();
  const prefix = new PrefixRows(view.family);
  for await (const batch of view.batches()) {
    names.filter?.begin(batch);
    for (let row = 0; row < batch.count; row++) {
      if (names.filter?.isShown(row) === false) continue;
      if (prefix.paths === 0) await out.writeText(renderTableHead(view.head));
      attributes.read(batch, row);
      const room = ROW_BYTES + attributes.textBytes;
      if (!out.hasRoom(room)) await out.makeRoom(room);
      const isFirst = prefix.advance(batch, row);
      const flags = batch.flags[row];
      writeTextRow(out, view.family.version, flags, batch.weights[row], isFirst ? prefix : undefined, attributes);
    }
  }
  const total = names.totalPaths ?? prefix.paths;
  await out.writeText(
    prefix.paths === 0
      ? `No BGP prefixes displayed, ${total} exist\n`
      : `\nDisplayed ${prefix.prefixes} routes and ${total} total paths\n`,
  );
}
