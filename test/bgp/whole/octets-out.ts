// What the far end of a session writes: messages as octets, from plain values, sharing no code with bgp/wire.

import type { FamilyName } from '#bgp/net/family.ts';
import type { ModelAttributes } from '../rib/model-route.ts';

export interface FarRestart {
  readonly isRestarting: boolean;
  readonly hasNotification: boolean;
  readonly timeSec: number;
  /** F by family. */
  readonly families: ReadonlyMap<FamilyName, boolean>;
}

export interface FarLongLived {
  readonly isForwardingPreserved: boolean;
  readonly staleSec: number;
}

/** An OPEN; hold time 0, so that the clock may stand still. */
export interface FarOpen {
  readonly asn: number;
  readonly routerId: number;
  readonly families: readonly FamilyName[];
  readonly hasFourOctetAsn: boolean;
  /** RFC 7911. */
  readonly sendsPaths: readonly FamilyName[];
  readonly takesPaths: readonly FamilyName[];
  readonly role: number | undefined;
  readonly restart: FarRestart | undefined;
  readonly longLived: ReadonlyMap<FamilyName, FarLongLived> | undefined;
}

export interface FarRoute {
  readonly prefix: string;
  readonly pathId: number;
}

export interface FarEncoding {
  readonly hasFourOctetAsn: boolean;
  readonly hasPathIds: boolean;
}

export const afiOf: Readonly<Record<FamilyName, number>> = { 'ipv4-unicast': 1, 'ipv6-unicast': 2 };

export function message(type: number, body: readonly number[]): Uint8Array {
  return Uint8Array.from([...Array.from({ length: 16 }, () => 255), ...two(19 + body.length), type, ...body]);
}

export const keepalive = (): Uint8Array => message(4, []);

export function notification(code: number, subcode: number): Uint8Array {
  return message(3, [code, subcode]);
}

/** RFC 2918 §3, RFC 7313 §3.2: 0 asks for routes, 1 is BoRR, 2 is EoRR. */
export function refresh(family: FamilyName, subtype: number): Uint8Array {
  return message(5, [0, afiOf[family], subtype, 1]);
}

/** RFC 4724 §2. */
export function endOfRib(family: FamilyName): Uint8Array {
  return message(2, family === 'ipv4-unicast' ? [0, 0, 0, 0] : [0, 0, 0, 6, 0x80, 15, 3, 0, 2, 1]);
}

export function open(values: FarOpen): Uint8Array {
  const capabilities = capabilitiesOf(values).flat();
  return openWith(values, [capabilities.length + 2, 2, capabilities.length, ...capabilities]);
}

/** `parameters` with their length in front. */
export function openWith({ asn, routerId }: FarOpen, parameters: readonly number[]): Uint8Array {
  return message(1, [4, ...two(asn), ...two(0), ...four(routerId), ...parameters]);
}

/** Each with its code and length. */
export function capabilitiesOf(values: FarOpen): number[][] {
  const { families, longLived, restart, role, sendsPaths, takesPaths } = values;
  const capabilities = [[2, 0], [70, 0], ...families.map((family) => [1, 4, 0, afiOf[family], 0, 1])];
  if (values.hasFourOctetAsn) capabilities.push([65, 4, ...four(values.asn)]);
  const listed = families.filter((family) => sendsPaths.includes(family) || takesPaths.includes(family));
  if (listed.length > 0) {
    const entries = listed.flatMap((family) => {
      const mode = (takesPaths.includes(family) ? 1 : 0) + (sendsPaths.includes(family) ? 2 : 0);
      return [0, afiOf[family], 1, mode];
    });
    capabilities.push([69, entries.length, ...entries]);
  }
  if (role !== undefined) capabilities.push([9, 1, role]);
  if (restart !== undefined) {
    const flags = (restart.isRestarting ? 8 : 0) | (restart.hasNotification ? 4 : 0);
    const entries = [...restart.families].flatMap(([family, isKept]) => [0, afiOf[family], 1, isKept ? 128 : 0]);
    const time = [(flags << 4) | (restart.timeSec >> 8), restart.timeSec & 255];
    capabilities.push([64, 2 + entries.length, ...time, ...entries]);
  }
  if (longLived !== undefined) {
    const entries = [...longLived].flatMap(([family, { isForwardingPreserved, staleSec }]) => [
      0,
      afiOf[family],
      1,
      isForwardingPreserved ? 128 : 0,
      ...four(staleSec).slice(1),
    ]);
    capabilities.push([71, entries.length, ...entries]);
  }
  return capabilities;
}

export function announcement(
  family: FamilyName,
  route: FarRoute,
  attributes: ModelAttributes,
  encoding: FarEncoding,
): Uint8Array {
  const { aigp, asPath, communities, clusterList, confederation, localPref, med, nextHop, originatorId, otc } =
    attributes;
  const numbers = (asns: readonly number[]): number[] => asns.flatMap(encoding.hasFourOctetAsn ? four : two);
  const segment = (type: number, asns: readonly number[]): number[] =>
    asns.length === 0 ? [] : [type, asns.length, ...numbers(asns)];
  const isIpv4 = family === 'ipv4-unicast';
  const hop = addressOctets(nextHop ?? '0.0.0.0');
  const prefix = prefixOctets(route, encoding.hasPathIds);
  const list = [
    ...attribute(0x40, 1, [attributes.origin]),
    ...attribute(0x40, 2, [...segment(3, confederation), ...segment(2, asPath)]),
    ...(isIpv4 ? attribute(0x40, 3, hop) : []),
    ...(med === undefined ? [] : attribute(0x80, 4, four(med))),
    ...(localPref === undefined ? [] : attribute(0x40, 5, four(localPref))),
    ...(communities.length === 0 ? [] : attribute(0xc0, 8, communities.flatMap(four))),
    ...(originatorId === undefined ? [] : attribute(0x80, 9, four(originatorId))),
    ...(clusterList.length === 0 ? [] : attribute(0x80, 10, clusterList.flatMap(four))),
    ...(isIpv4 ? [] : attribute(0x80, 14, [0, 2, 1, 16, ...hop, 0, ...prefix])),
    ...(aigp === undefined ? [] : attribute(0x80, 26, [1, 0, 11, 0, 0, 0, 0, ...four(aigp)])),
    ...(otc === undefined ? [] : attribute(0xc0, 35, four(otc))),
  ];
  return message(2, [0, 0, ...two(list.length), ...list, ...(isIpv4 ? prefix : [])]);
}

export function withdrawal(family: FamilyName, route: FarRoute, { hasPathIds }: FarEncoding): Uint8Array {
  const prefix = prefixOctets(route, hasPathIds);
  if (family === 'ipv4-unicast') return message(2, [...two(prefix.length), ...prefix, 0, 0]);
  const list = attribute(0x80, 15, [0, 2, 1, ...prefix]);
  return message(2, [0, 0, ...two(list.length), ...list]);
}

function attribute(flags: number, code: number, value: readonly number[]): number[] {
  return [flags, code, value.length, ...value];
}

function prefixOctets({ prefix, pathId }: FarRoute, hasPathIds: boolean): number[] {
  const [address, bits] = prefix.split('/');
  const octets = addressOctets(address).slice(0, Math.ceil(Number(bits) / 8));
  return [...(hasPathIds ? four(pathId) : []), Number(bits), ...octets];
}

/** IPv6 with all eight groups. */
function addressOctets(text: string): number[] {
  if (text.includes('.')) return text.split('.').map(Number);
  return text.split(':').flatMap((group) => two(Number.parseInt(group, 16)));
}

function two(value: number): number[] {
  return [(value >>> 8) & 255, value & 255];
}

function four(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}
