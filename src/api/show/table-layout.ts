// hot: FRR 10's route table: the lines above it, and how one row is laid out. A prefix or next hop too long for its column goes on
// a line of its own, and the row continues below at FRR's columns (which are those of FRR 8: two to the left).

import { PathFlag, type RouteViewHead } from '#bgp/views.ts';
import { originLetters } from '../attribute-text.ts';
import { encodeText, type SliceWriter } from '../slice-writer.ts';
import type { PrefixRows } from './route-view.ts';
import type { RowAttributes } from './row-attributes.ts';

export const DEFAULT_LOCAL_PREFERENCE = 100;

export function renderTableHead(head: RouteViewHead): string {
  return `BGP table version is ${head.tableVersion}, local router ID is ${head.routerId}, vrf id 0
Default local pref ${DEFAULT_LOCAL_PREFERENCE}, local AS ${head.asn}
Status codes:  s suppressed, d damped, h history, u unsorted, * valid, > best, = multipath,
               i internal, r RIB-failure, S Stale, R Removed
Nexthop codes: @NNN nexthop's vrf id, < announce-nh-self
Origin codes:  i - IGP, e - EGP, ? - incomplete
RPKI validation codes: V valid, I invalid, N Not found

     Network          Next Hop            Metric LocPrf Weight Path
`;
}

const networkWidth = 17;
const nextHopWidth = 16;
const metricWidth = 10;
const localPrefWidth = 7;
const weightWidth = 7;
const belowNetwork = encodeText(`\n${' '.repeat(20)}`);
const belowNextHop = encodeText(`\n${' '.repeat(36)}`);
const noNextHop4 = encodeText('0.0.0.0');
const noNextHop6 = encodeText('::');
const letters = [originLetters[0], originLetters[1], originLetters[2]].map((letter) => encodeText(`${letter}\n`));
/** ` *>i `, ` *=i `, ` S i `: usable or stale, best or multipath, internal, by the bits of {@link PathFlag}. */
const statuses = Array.from({ length: 2048 }, (_, flags) => encodeText(renderStatus(flags)));

function renderStatus(flags: number): string {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const usable = has(PathFlag.Stale | PathFlag.LongLived) ? 'S' : has(PathFlag.Valid) ? '*' : ' ';
  const failed = has(PathFlag.NotInstalled) && has(PathFlag.Best) ? 'r' : usable;
  const chosen = has(PathFlag.Best) ? '>' : has(PathFlag.Multipath) ? '=' : ' ';
  return ` ${failed}${chosen}${has(PathFlag.Internal) ? 'i' : ' '} `;
}

/** `prefix` is undefined for a further path of the same prefix. The caller has made room. */
export function writeTextRow(
  out: SliceWriter,
  version: 4 | 6,
  flags: number,
  weight: number,
  prefix: PrefixRows | undefined,
  attributes: RowAttributes,
): void {
  out.writeBytes(statuses[flags]);
  let start = out.at;
  if (prefix !== undefined) prefix.writePrefix(out);
  closeColumn(out, start, networkWidth, belowNetwork);
  start = out.at;
  if (attributes.nextHopVersion === 0) out.writeBytes(version === 4 ? noNextHop4 : noNextHop6);
  else if (attributes.hasLinkLocal) attributes.writeLinkLocal(out);
  else attributes.writeNextHop(out);
  closeColumn(out, start, nextHopWidth, belowNextHop);
  if (attributes.hasMed) out.writePaddedNumber(attributes.med, metricWidth);
  else out.writeSpaces(metricWidth);
  if (attributes.hasLocalPref) out.writePaddedNumber(attributes.localPref, localPrefWidth);
  else out.writeSpaces(localPrefWidth);
  out.writePaddedNumber(weight, weightWidth);
  out.writeSpaces(1);
  if (attributes.hasPath) {
    attributes.writePath(out);
    out.writeSpaces(1);
  }
  out.writeBytes(letters[attributes.origin]);
}

function closeColumn(out: SliceWriter, start: number, width: number, below: Uint8Array): void {
  const length = out.at - start;
  if (length >= width) out.writeBytes(below);
  else out.writeSpaces(width - length);
}
