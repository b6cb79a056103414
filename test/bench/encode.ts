// The generator's half of the wire: OPEN, KEEPALIVE and one UPDATE an attribute set, as one block of bytes made before the
// clock starts. Written for the bench alone, so that no mistake of the speaker's encoder can hide here.

import { addressWord, generatorPlan } from './plan.ts';
import type { PeerPlan } from './plan.ts';
import type { Workload } from './workload.ts';

export const MessageType = { Open: 1, Update: 2, Notification: 3, Keepalive: 4 } as const;

const headerBytes = 19;

export function encodeKeepalive(): Buffer {
  const message = Buffer.alloc(headerBytes);
  writeHeader(message, 0, headerBytes, MessageType.Keepalive);
  return message;
}

/** OPEN with IPv4 unicast, route refresh and four-octet AS numbers (RFC 4271 §4.2, RFC 5492, RFC 6793). */
export function encodeOpen(peer: PeerPlan, holdTimeSec: number): Buffer {
  const capabilities = Buffer.from([1, 4, 0, 1, 0, 1, 2, 0, 65, 4, 0, 0, 0, 0]);
  capabilities.writeUInt32BE(peer.asn, 10);
  const message = Buffer.alloc(headerBytes + 10 + 2 + capabilities.length);
  writeHeader(message, 0, message.length, MessageType.Open);
  message[19] = 4;
  message.writeUInt16BE(peer.asn, 20);
  message.writeUInt16BE(holdTimeSec, 22);
  message.writeUInt32BE(addressWord(peer.address), 24);
  message[28] = 2 + capabilities.length;
  message[29] = 2;
  message[30] = capabilities.length;
  capabilities.copy(message, 31);
  return message;
}

/** Every route of the table, then End-of-RIB. */
export function encodeTable(workload: Workload): Buffer {
  const bytes = Buffer.allocUnsafe(tableBytes(workload));
  const nextHop = addressWord(generatorPlan.address);
  let at = 0;
  for (let set = 0; set < workload.setCount; set += 1) at = writeUpdate(bytes, at, workload, set, nextHop);
  writeHeader(bytes, at, headerBytes + 4, MessageType.Update);
  bytes.writeUInt32BE(0, at + headerBytes);
  return bytes.subarray(0, at + headerBytes + 4);
}

/** One UPDATE of plain attributes, as peer announces its prefixes `address/24`: ORIGIN IGP, its own AS, itself as next hop. */
export function encodeRoutes(peer: PeerPlan, addresses: readonly number[], length: number): Buffer {
  const octets = (length + 7) >> 3;
  const message = Buffer.alloc(headerBytes + 4 + 4 + 9 + 7 + addresses.length * (1 + octets));
  let at = writeOctets(message, headerBytes + 4, 0x40, 1, 1, 0);
  at = writeOctets(message, at, 0x40, 2, 6, 2, 1);
  at = message.writeUInt32BE(peer.asn, at);
  at = writeOctets(message, at, 0x40, 3, 4);
  at = message.writeUInt32BE(addressWord(peer.address), at);
  message.writeUInt16BE(at - headerBytes - 4, headerBytes + 2);
  for (const address of addresses) {
    message[at++] = length;
    for (let octet = 0; octet < octets; octet += 1) message[at++] = address >>> (24 - 8 * octet);
  }
  writeHeader(message, 0, at, MessageType.Update);
  return message.subarray(0, at);
}

function tableBytes(workload: Workload): number {
  const perSet = headerBytes + 4 + 4 + 5 + 7 + 7 + 4;
  return (
    perSet * (workload.setCount + 1) +
    4 * (workload.hops.length + workload.communities.length) +
    5 * workload.routeCount
  );
}

function writeUpdate(bytes: Buffer, start: number, workload: Workload, set: number, nextHop: number): number {
  let at = start + headerBytes + 4;
  const attributesStart = at;
  at = writeOctets(bytes, at, 0x40, 1, 1, workload.origin[set]);

  const hopsFrom = workload.firstHop[set];
  const hopsTo = workload.firstHop[set + 1];
  at = writeOctets(bytes, at, 0x40, 2, 2 + 4 * (hopsTo - hopsFrom), 2, hopsTo - hopsFrom);
  for (let hop = hopsFrom; hop < hopsTo; hop += 1) at = bytes.writeUInt32BE(workload.hops[hop], at);

  at = writeOctets(bytes, at, 0x40, 3, 4);
  at = bytes.writeUInt32BE(nextHop, at);

  const med = workload.med[set];
  if (med >= 0) {
    at = writeOctets(bytes, at, 0x80, 4, 4);
    at = bytes.writeUInt32BE(med, at);
  }

  const communitiesFrom = workload.firstCommunity[set];
  const communitiesTo = workload.firstCommunity[set + 1];
  if (communitiesTo > communitiesFrom) {
    at = writeOctets(bytes, at, 0xc0, 8, 4 * (communitiesTo - communitiesFrom));
    for (let index = communitiesFrom; index < communitiesTo; index += 1) {
      at = bytes.writeUInt32BE(workload.communities[index], at);
    }
  }
  bytes.writeUInt16BE(0, start + headerBytes);
  bytes.writeUInt16BE(at - attributesStart, start + headerBytes + 2);

  const routesTo = workload.firstRoute[set + 1];
  for (let route = workload.firstRoute[set]; route < routesTo; route += 1) {
    const address = workload.address[route];
    const length = workload.length[route];
    bytes[at++] = length;
    for (let shift = 24; shift > 24 - length; shift -= 8) bytes[at++] = address >>> shift;
  }
  writeHeader(bytes, start, at - start, MessageType.Update);
  return at;
}

function writeOctets(bytes: Buffer, start: number, ...octets: number[]): number {
  let at = start;
  for (const octet of octets) bytes[at++] = octet;
  return at;
}

function writeHeader(bytes: Buffer, at: number, length: number, type: number): void {
  bytes.fill(0xff, at, at + 16);
  bytes.writeUInt16BE(length, at + 16);
  bytes[at + 18] = type;
}
