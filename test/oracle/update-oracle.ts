// A second reader of UPDATE messages, written from the RFCs alone: slow, plain, and without a line of the speaker's code. It says
// what a message does to the peer's routes, or with which error the session ends. Whoever fuzzes the speaker asks it.
// RFC 4271 §4.3, §6.3; RFC 4760 §3, §4; RFC 6793; RFC 7606 throughout; RFC 7607; RFC 7911; RFC 8950; RFC 9774.

import { beginsWithPeer, judgeAttribute, type Judgement } from './attribute-rules.ts';
import { faultOfIpv4, faultOfIpv6, word16 } from './octets.ts';
import type { OracleSession } from './oracle-session.ts';

/** `family prefix/length`, or `family prefix/length #id` with a path identifier. */
export type RouteName = string;

export type Verdict =
  | { readonly type: 'reset'; readonly why: string }
  | {
      readonly type: 'kept';
      /** In the order of the RFC: what is gone first, then what is there. A route in both is there (RFC 4271 §4.3). */
      readonly withdrawn: ReadonlySet<RouteName>;
      readonly announced: ReadonlySet<RouteName>;
      readonly endOfRib: string | undefined;
      /** RFC 7606 §2, AFI/SAFI disable: nothing of this family counts any more. */
      readonly disabled: string | undefined;
      /** Why announced routes count as withdrawn. */
      readonly withdrawnBecause: string | undefined;
    };

interface Attribute {
  readonly flags: number;
  readonly code: number;
  readonly value: readonly number[];
}

class Reset extends Error {}

/** Routes of a family that cannot be read. */
class Unreadable extends Error {
  readonly family: string;

  constructor(family: string, why: string) {
    super(why);
    this.family = family;
  }
}

/** `message` is one whole UPDATE with its header of 19 octets. */
export function judgeUpdate(message: Uint8Array, session: OracleSession): Verdict {
  try {
    return readUpdate([...message], session);
  } catch (error) {
    if (error instanceof Reset) return { type: 'reset', why: error.message };
    throw error;
  }
}

function readUpdate(octets: readonly number[], session: OracleSession): Verdict {
  const body = octets.slice(19);
  if (body.length < 4) throw new Reset('an UPDATE has 23 octets at least');
  const withdrawnLength = word16(body, 0);
  // RFC 4271 §6.3: the two lengths are too large for the message.
  if (withdrawnLength + 4 > body.length) throw new Reset('Withdrawn Routes Length goes beyond the message');
  const attributesAt = 2 + withdrawnLength;
  const attributesLength = word16(body, attributesAt);
  if (attributesAt + 2 + attributesLength > body.length) {
    throw new Reset('Total Path Attribute Length goes beyond the message');
  }
  const withdrawnField = body.slice(2, attributesAt);
  const attributesField = body.slice(attributesAt + 2, attributesAt + 2 + attributesLength);
  const nlriField = body.slice(attributesAt + 2 + attributesLength);

  const split = splitAttributes(attributesField);
  const reach = split.attributes.filter(({ code }) => code === 14);
  const unreach = split.attributes.filter(({ code }) => code === 15);
  // RFC 7606 §3 (g)
  if (reach.length > 1 || unreach.length > 1) throw new Reset('MP_REACH_NLRI or MP_UNREACH_NLRI twice');

  // RFC 7606 §5.3: an IPv4 field that cannot be parsed resets.
  const withdrawn = new Set(readPlain(withdrawnField, session));
  const plain = new Set(readPlain(nlriField, session));
  // RFC 7606 §5.3, §7.11: an NLRI attribute that cannot be parsed disables its family, or resets when it is the last one.
  let disabled: string | undefined;
  const orDisable = <Value>(read: () => Value): Value | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      if (session.families.size <= (disabled === undefined || disabled === error.family ? 1 : 2))
        throw new Reset(error.message);
      disabled = error.family;
      return undefined;
    }
  };
  const [unreached] = unreach;
  const gone = unreached === undefined ? undefined : orDisable(() => readUnreach(unreached, session));
  for (const route of gone ?? []) withdrawn.add(route);
  const isDead = (attribute: Attribute): boolean => disabled !== undefined && familyOf(attribute) === disabled;
  const [reached] = reach;
  const mp = reached === undefined || isDead(reached) ? undefined : orDisable(() => readReach(reached, session));
  for (const routes of [withdrawn, plain]) {
    for (const route of routes) if (route.startsWith(`${disabled} `)) routes.delete(route);
  }

  const isEmpty = withdrawnField.length === 0 && nlriField.length === 0;
  const endOfRib = endOfRibOf(isEmpty, attributesField, split, unreach, session);

  const announced = new Set([...plain, ...(mp?.routes ?? [])]);
  const why = faultOf(split, mp, plain.size > 0, session);
  if (why === undefined) {
    return {
      type: 'kept',
      withdrawn: minus(withdrawn, announced),
      announced,
      endOfRib,
      disabled,
      withdrawnBecause: undefined,
    };
  }
  // RFC 7606 §5.2: attributes with a fault and nothing to withdraw for it; a message with MP_UNREACH_NLRI alone is no such one.
  const hasOnlyUnreach =
    split.overrun === undefined && split.attributes.length === 1 && unreach.length === 1 && nlriField.length === 0;
  const hasReach =
    nlriField.length > 0 ||
    (mp !== undefined && mp.routes.length > 0) ||
    disabled !== undefined ||
    isOfOtherFamily(reach, session);
  if (!hasReach && !hasOnlyUnreach) throw new Reset(`${why}, and no route to withdraw`);
  // RFC 7606 §2: as though all routes of the message were withdrawn.
  for (const route of announced) withdrawn.add(route);
  return { type: 'kept', withdrawn, announced: new Set(), endOfRib, disabled, withdrawnBecause: why };
}

/** MP_REACH_NLRI of a family that was not negotiated: it has routes, which are nobody's (RFC 4760 §6). */
function isOfOtherFamily(reach: readonly Attribute[], session: OracleSession): boolean {
  return reach.length === 1 && !session.families.has(`${word16(reach[0].value, 0)}/${reach[0].value[2]}`);
}

function familyOf({ value }: Attribute): string {
  return `${word16(value, 0)}/${value[2]}`;
}

/** The fields of RFC 4271 itself, which are IPv4 unicast. */
function readPlain(field: readonly number[], session: OracleSession): readonly RouteName[] {
  const routes = readPrefixes(field, '1/1', session);
  return session.families.has('1/1') ? routes : [];
}

interface Split {
  readonly attributes: readonly Attribute[];
  /** RFC 7606 §4: what is left cannot be an attribute. */
  readonly overrun: string | undefined;
}

function splitAttributes(field: readonly number[]): Split {
  const attributes: Attribute[] = [];
  let at = 0;
  while (at < field.length) {
    const left = field.length - at;
    const isExtended = left > 0 && (field[at] & 0x10) !== 0;
    // RFC 7606 §3 (j): the routes of an NLRI attribute that is cut off cannot be known.
    if (left >= 2 && left < (isExtended ? 4 : 3) && (field[at + 1] === 14 || field[at + 1] === 15)) {
      throw new Reset(`attribute ${field[at + 1]} is cut off`);
    }
    if (left < (isExtended ? 4 : 3)) return { attributes, overrun: 'fewer octets left than an attribute header has' };
    const length = isExtended ? word16(field, at + 2) : field[at + 2];
    const start = at + (isExtended ? 4 : 3);
    if (start + length > field.length && (field[at + 1] === 14 || field[at + 1] === 15)) {
      throw new Reset(`attribute ${field[at + 1]} is cut off`);
    }
    if (start + length > field.length)
      return { attributes, overrun: `attribute ${field[at + 1]} is longer than what is left` };
    attributes.push({ flags: field[at], code: field[at + 1], value: field.slice(start, start + length) });
    at = start + length;
  }
  return { attributes, overrun: undefined };
}

/** Why the routes of the message count as withdrawn; undefined: they do not. */
function faultOf(
  split: Split,
  mp: { readonly fault: string | undefined; readonly routes: readonly RouteName[] } | undefined,
  hasPlainRoutes: boolean,
  session: OracleSession,
): string | undefined {
  if (split.overrun !== undefined) return split.overrun;
  // RFC 7606 §3 (g): the first of several counts.
  const firsts = split.attributes.filter(
    ({ code }, index) => split.attributes.findIndex((other) => other.code === code) === index,
  );
  const kept = new Set<number>();
  // A next hop without routes does no harm.
  let fault = mp !== undefined && mp.routes.length > 0 ? mp.fault : undefined;
  for (const attribute of firsts) {
    const judgement: Judgement = judgeAttribute(attribute, session);
    if (judgement.type === 'withdraw') fault ??= `attribute ${attribute.code}: ${judgement.why}`;
    else if (judgement.type === 'keep') kept.add(attribute.code);
  }
  if (fault !== undefined) return fault;
  const hasRoutes = hasPlainRoutes || (mp !== undefined && mp.routes.length > 0);
  if (!hasRoutes) return undefined;
  const path = firsts.find(({ code }) => code === 2);
  if (path !== undefined && !beginsWithPeer(path.value, session)) return 'the first AS is not the peer';
  // RFC 7606 §3 (d), RFC 4271 §5
  for (const code of [1, 2]) if (!kept.has(code)) return `attribute ${code} is missing`;
  if (hasPlainRoutes && !kept.has(3)) return 'NEXT_HOP is missing';
  if (session.kind === 'ibgp' && !kept.has(5)) return 'LOCAL_PREF is missing';
  return undefined;
}

function readReach(
  { value }: Attribute,
  session: OracleSession,
): { readonly routes: readonly RouteName[]; readonly fault: string | undefined } | undefined {
  // RFC 4760 §3: AFI, SAFI, next hop length, next hop, reserved.
  if (value.length < 3) throw new Reset('MP_REACH_NLRI without a family');
  const family = `${word16(value, 0)}/${value[2]}`;
  if (!session.families.has(family)) return undefined;
  if (value.length < 5) throw new Unreadable(family, 'MP_REACH_NLRI shorter than its fixed part');
  const length = value[3];
  if (4 + length + 1 > value.length) throw new Unreadable(family, 'the next hop goes beyond MP_REACH_NLRI');
  const isIpv6NextHop = length === 16 || length === 32;
  const isExpected = family === '2/1' ? isIpv6NextHop : length === 4 || (session.hasExtendedNextHop && isIpv6NextHop);
  // RFC 7606 §7.11: the NLRI behind it cannot be found.
  if (!isExpected) throw new Unreadable(family, `a next hop of ${length} octets`);
  const nextHop = value.slice(4, 4 + length);
  const routes = readMpPrefixes(value.slice(5 + length), family, session);
  const hopFault = length === 4 ? faultOfIpv4(nextHop) : faultOfIpv6(nextHop.slice(0, 16));
  return { routes, fault: hopFault };
}

function readUnreach({ value }: Attribute, session: OracleSession): readonly RouteName[] {
  if (value.length < 3) throw new Reset('MP_UNREACH_NLRI shorter than its fixed part');
  const family = `${word16(value, 0)}/${value[2]}`;
  return session.families.has(family) ? readMpPrefixes(value.slice(3), family, session) : [];
}

function readMpPrefixes(field: readonly number[], family: string, session: OracleSession): readonly RouteName[] {
  try {
    return readPrefixes(field, family, session);
  } catch (error) {
    if (error instanceof Reset) throw new Unreadable(family, error.message);
    throw error;
  }
}

function endOfRibOf(
  isEmpty: boolean,
  attributesField: readonly number[],
  { attributes, overrun }: Split,
  unreach: readonly Attribute[],
  session: OracleSession,
): string | undefined {
  if (!isEmpty || overrun !== undefined) return undefined;
  // RFC 4724 §2
  if (attributesField.length === 0) return session.families.has('1/1') ? '1/1' : undefined;
  if (attributes.length !== 1 || unreach.length !== 1 || unreach[0].value.length !== 3) return undefined;
  const family = `${word16(unreach[0].value, 0)}/${unreach[0].value[2]}`;
  return session.families.has(family) ? family : undefined;
}

function readPrefixes(field: readonly number[], family: string, session: OracleSession): readonly RouteName[] {
  const isIpv6 = family.startsWith('2/');
  const routes: RouteName[] = [];
  let at = 0;
  while (at < field.length) {
    let id = '';
    if (session.addPath.has(family)) {
      if (at + 4 >= field.length) throw new Reset('a path identifier without a prefix');
      id = ` #${field.slice(at, at + 4).reduce((number, octet) => number * 256 + octet, 0)}`;
      at += 4;
    }
    const bits = field[at];
    if (bits > (isIpv6 ? 128 : 32)) throw new Reset(`a prefix of ${bits} bits`);
    const octetCount = Math.ceil(bits / 8);
    if (at + 1 + octetCount > field.length) throw new Reset('a prefix goes beyond its field');
    const octets = Array.from({ length: isIpv6 ? 16 : 4 }, (_, index) =>
      index < octetCount ? field[at + 1 + index] & maskOf(bits - index * 8) : 0,
    );
    routes.push(`${family} ${octets.map((octet) => octet.toString(16).padStart(2, '0')).join('')}/${bits}${id}`);
    at += 1 + octetCount;
  }
  return routes;
}

/** RFC 4271 §4.3: trailing bits of a prefix mean nothing. */
function maskOf(bits: number): number {
  return bits >= 8 ? 255 : (0xff00 >> bits) & 255;
}

function minus(from: ReadonlySet<string>, taken: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...from].filter((name) => !taken.has(name)));
}
