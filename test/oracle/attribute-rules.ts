// What is wrong with one path attribute, by the text of its RFC and of RFC 7606 §7: kept, dropped, or reason to withdraw the routes.
// Part of the oracle: it shares no code with the speaker.

import { faultOfIpv4, word16 } from './octets.ts';
import type { OracleSession } from './oracle-session.ts';

export type Judgement =
  | { readonly type: 'keep' }
  | { readonly type: 'drop'; readonly why: string }
  | { readonly type: 'withdraw'; readonly why: string };

interface Given {
  readonly flags: number;
  readonly code: number;
  readonly value: readonly number[];
}

const keep: Judgement = { type: 'keep' };

function drop(why: string): Judgement {
  return { type: 'drop', why };
}

function withdraw(why: string): Judgement {
  return { type: 'withdraw', why };
}

const optional = 0x80;
const transitive = 0x40;

/** Optional and Transitive as the attribute's own RFC has them. */
const rightFlags: ReadonlyMap<number, number> = new Map([
  [1, transitive],
  [2, transitive],
  [3, transitive],
  [4, optional],
  [5, transitive],
  [6, transitive],
  [7, optional | transitive],
  [8, optional | transitive],
  [9, optional],
  [10, optional],
  [15, optional],
  [16, optional | transitive],
  [17, optional | transitive],
  [18, optional | transitive],
  [25, optional | transitive],
  [26, optional],
  [32, optional | transitive],
  [35, optional | transitive],
]);

export function judgeAttribute({ flags, code, value }: Given, session: OracleSession): Judgement {
  // Its routes are read elsewhere; its flags count whatever family it is of.
  if (code === 14) return (flags & 0xc0) === optional ? keep : withdraw('flags of MP_REACH_NLRI');
  const right = rightFlags.get(code);
  if (right === undefined) {
    // RFC 4271 §6.3 resets for an unknown well-known attribute; the speaker says in its README that it withdraws instead.
    return (flags & optional) === 0 ? withdraw('well-known and unknown') : keep;
  }
  // Attributes that this kind of peer must not send are not looked at any further (RFC 7606 §7.5, §7.9, §7.10; RFC 7311 §3.4).
  if (session.kind === 'ebgp' && code === 5) return drop('from an external peer');
  if (session.kind !== 'ibgp' && (code === 9 || code === 10)) return drop('from outside of the AS');
  // RFC 7311 §3.3: without AIGP it is an attribute that nobody knows.
  if (code === 26 && !session.acceptsAigp) return drop('AIGP is off');
  // RFC 7606 §3 (c)
  if ((flags & 0xc0) !== right) return withdraw('flags');
  // RFC 6793 §4.1
  if (session.hasFourOctetAsn && (code === 17 || code === 18)) return drop('between speakers of four octets');
  return judgeValue(code, value, session);
}

function judgeValue(code: number, value: readonly number[], session: OracleSession): Judgement {
  const { length } = value;
  const asnOctets = session.hasFourOctetAsn ? 4 : 2;
  switch (code) {
    case 1:
      // RFC 7606 §7.1
      return length === 1 && value[0] <= 2 ? keep : withdraw('length or value of ORIGIN');
    case 2:
      return judgePath(value, asnOctets, session);
    case 3:
      // RFC 7606 §7.3
      return length === 4 && faultOfIpv4(value) === undefined ? keep : withdraw('NEXT_HOP');
    case 4:
      // RFC 7606 §7.4
      return length === 4 ? keep : withdraw('length of MULTI_EXIT_DISC');
    case 5:
      // RFC 7606 §7.5
      return length === 4 ? keep : withdraw('length of LOCAL_PREF');
    case 6:
      // RFC 7606 §7.6
      return length === 0 ? keep : drop('length of ATOMIC_AGGREGATE');
    case 7:
      // RFC 7606 §7.7; RFC 7607 §2
      if (length !== asnOctets + 4) return drop('length of AGGREGATOR');
      return value.slice(0, asnOctets).every((octet) => octet === 0) ? drop('AGGREGATOR of AS 0') : keep;
    case 8:
      // RFC 7606 §7.8: a non-zero multiple of four.
      return length > 0 && length % 4 === 0 ? keep : withdraw('length of COMMUNITIES');
    case 9:
      // RFC 7606 §7.9
      return length === 4 ? keep : withdraw('length of ORIGINATOR_ID');
    case 10:
      // RFC 7606 §7.10
      return length > 0 && length % 4 === 0 ? keep : withdraw('length of CLUSTER_LIST');
    case 16:
      // RFC 7606 §7.14
      return length > 0 && length % 8 === 0 ? keep : withdraw('length of EXTENDED COMMUNITIES');
    case 17:
      return judgeAs4Path(value);
    case 18:
      // RFC 6793 §6; RFC 7607 §2
      if (length !== 8) return drop('length of AS4_AGGREGATOR');
      return value.slice(0, 4).every((octet) => octet === 0) ? drop('AS4_AGGREGATOR of AS 0') : keep;
    case 25:
      // RFC 7606 §7.15
      return length > 0 && length % 20 === 0 ? keep : withdraw('length of IPv6 extended communities');
    case 26:
      return judgeAigp(value);
    case 32:
      // RFC 8092 §5
      return length > 0 && length % 12 === 0 ? keep : withdraw('length of LARGE_COMMUNITY');
    case 35:
      // RFC 9234 §5
      return length === 4 ? keep : withdraw('length of OTC');
    default:
      return keep;
  }
}

interface Segment {
  readonly type: number;
  readonly hops: readonly number[];
}

/** RFC 4271 §4.3 (b), RFC 7606 §7.2: undefined when the segments do not add up. */
function readSegments(value: readonly number[], asnOctets: number): readonly Segment[] | undefined {
  const segments: Segment[] = [];
  let at = 0;
  while (at < value.length) {
    // "a single octet remains" and "a segment length of zero" are named by the RFC.
    if (at + 2 > value.length) return undefined;
    const [type, count] = [value[at], value[at + 1]];
    if (count === 0 || type < 1 || type > 4) return undefined;
    const end = at + 2 + count * asnOctets;
    if (end > value.length) return undefined;
    const hops: number[] = [];
    for (let hop = at + 2; hop < end; hop += asnOctets) {
      hops.push(asnOctets === 2 ? word16(value, hop) : word16(value, hop) * 65_536 + word16(value, hop + 2));
    }
    segments.push({ type, hops });
    at = end;
  }
  return segments;
}

const Segments = { Set: 1, Sequence: 2, ConfederationSequence: 3, ConfederationSet: 4 } as const;

function judgePath(value: readonly number[], asnOctets: number, session: OracleSession): Judgement {
  const segments = readSegments(value, asnOctets);
  if (segments === undefined) return withdraw('segments of AS_PATH');
  // RFC 7607 §2
  if (segments.some(({ hops }) => hops.includes(0))) return withdraw('AS 0 in AS_PATH');
  const hasConfederation = segments.some(
    ({ type }) => type === Segments.ConfederationSequence || type === Segments.ConfederationSet,
  );
  // RFC 5065 §5
  if (session.kind === 'ebgp' && hasConfederation) return withdraw('confederation segments from outside');
  // RFC 9774 §3
  if (segments.some(({ type }) => type === Segments.Set || type === Segments.ConfederationSet)) {
    return withdraw('AS_SET or AS_CONFED_SET');
  }
  // RFC 5065 §5: from another member AS the first segment is one of the confederation.
  if (session.kind === 'confederation' && segments[0]?.type !== Segments.ConfederationSequence) {
    return withdraw('no AS_CONFED_SEQUENCE at the beginning');
  }
  return keep;
}

/** RFC 4271 §6.3: leftmost with respect to the position of octets. RFC 5065 §4.2: another member AS adds a segment of its own kind. */
export function beginsWithPeer(value: readonly number[], session: OracleSession): boolean {
  if (session.kind === 'ibgp' || !session.enforcesFirstAs) return true;
  const [first] = readSegments(value, session.hasFourOctetAsn ? 4 : 2) ?? [];
  if (first === undefined) return false;
  const wanted = session.kind === 'confederation' ? Segments.ConfederationSequence : Segments.Sequence;
  return first.type === wanted && first.hops[0] === session.peerAsn;
}

/** RFC 6793 §6: a malformed AS4_PATH is discarded, and the UPDATE goes on. */
function judgeAs4Path(value: readonly number[]): Judgement {
  const segments = readSegments(value, 4);
  if (value.length === 0 || segments === undefined) return drop('segments of AS4_PATH');
  // RFC 7607 §2
  if (segments.some(({ hops }) => hops.includes(0))) return withdraw('AS 0 in AS4_PATH');
  // RFC 9774 §3 names AS4_PATH too.
  const hasSet = segments.some(({ type }) => type === Segments.Set || type === Segments.ConfederationSet);
  return hasSet ? withdraw('AS_SET in AS4_PATH') : keep;
}

/** RFC 7311 §3: TLVs of one octet type, two octets length; an AIGP TLV has length 11. Malformed is discarded (§3.4). */
function judgeAigp(value: readonly number[]): Judgement {
  for (let at = 0; at < value.length;) {
    if (at + 3 > value.length) return drop('a TLV of AIGP is cut off');
    const length = word16(value, at + 1);
    if (length < 3 || at + length > value.length) return drop('the length of a TLV of AIGP');
    if (value[at] === 1 && length !== 11) return drop('an AIGP TLV of another length than 11');
    at += length;
  }
  return value.length === 0 ? drop('AIGP without a TLV') : keep;
}
