// One peer of the soak: announces and withdraws its routes, falls and comes back, asks for a refresh, and keeps what it was told as
// a map from prefix to AS path and communities. Its bytes are made and read here, without the speaker's code.

import net from 'node:net';
import { encodeKeepalive, encodeOpen, MessageType } from '../bench/encode.ts';
import { readUint16, readUint32 } from '../bench/frame-log.ts';
import { addressWord } from '../bench/plan.ts';
import type { PeerPlan } from '../bench/plan.ts';

/** What is announced for one prefix. */
export interface Announcement {
  /** AS numbers behind the peer's own. */
  readonly tail: number;
  readonly community: number;
}

const holdTimeSec = 90;
const headerBytes = 19;
const retryMs = 300;

export class SoakPeer {
  readonly plan: PeerPlan;
  /** What this peer announces, by prefix number. */
  readonly announced = new Map<number, Announcement>();
  /** What it was told: prefix number → AS path and communities as text. */
  readonly received = new Map<number, string>();
  isUp = false;
  updates = 0;
  faults: string[] = [];
  #socket: net.Socket | undefined;
  #pending = Buffer.alloc(0);
  #isWanted = true;
  #keepalive: NodeJS.Timeout | undefined;

  constructor(plan: PeerPlan) {
    this.plan = plan;
  }

  connect(): void {
    if (!this.#isWanted) return;
    const socket = net.connect({ host: this.plan.deviceAddress, port: 179, localAddress: this.plan.address });
    socket.setNoDelay(true);
    this.#socket = socket;
    this.#pending = Buffer.alloc(0);
    socket.on('connect', () => socket.write(encodeOpen(this.plan, holdTimeSec)));
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isUp = false;
      this.received.clear();
      clearInterval(this.#keepalive);
      if (this.#socket === socket) setTimeout(() => this.connect(), retryMs);
    });
  }

  /** Without a word, as when a cable is pulled and put back. */
  fall(): void {
    this.#socket?.destroy();
  }

  end(): void {
    this.#isWanted = false;
    this.#socket?.destroy();
  }

  announce(prefixes: readonly number[], announcement: Announcement): void {
    for (const prefix of prefixes) this.announced.set(prefix, announcement);
    if (this.isUp) this.#write(encodeAnnouncement(this.plan, prefixes, announcement));
  }

  withdraw(prefixes: readonly number[]): void {
    for (const prefix of prefixes) this.announced.delete(prefix);
    if (this.isUp && prefixes.length > 0) this.#write(encodeWithdrawal(prefixes));
  }

  /** ROUTE-REFRESH for IPv4 unicast (RFC 2918 §3). */
  askAgain(): void {
    if (this.isUp) this.#write(frame(5, Buffer.from([0, 1, 0, 1])));
  }

  #write(bytes: Uint8Array): void {
    this.#socket?.write(bytes);
  }

  #read(chunk: Buffer): void {
    let bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (bytes.length >= headerBytes) {
      const length = readUint16(bytes, 16);
      if (bytes.length < length) break;
      this.#take(bytes.subarray(0, length));
      bytes = bytes.subarray(length);
    }
    this.#pending = Buffer.from(bytes);
  }

  #take(message: Buffer): void {
    const type = message[18];
    if (type === MessageType.Open) this.#write(encodeKeepalive());
    else if (type === MessageType.Keepalive && !this.isUp) {
      this.isUp = true;
      this.#keepalive = setInterval(() => this.#write(encodeKeepalive()), (holdTimeSec * 1000) / 3);
      for (const [prefix, announcement] of this.announced) {
        this.#write(encodeAnnouncement(this.plan, [prefix], announcement));
      }
    } else if (type === MessageType.Notification) {
      this.faults.push(`${this.plan.name} got NOTIFICATION ${message.toString('hex', headerBytes)}`);
    } else if (type === MessageType.Update) this.#readUpdate(message);
  }

  #readUpdate(message: Buffer): void {
    this.updates += 1;
    const withdrawnEnd = headerBytes + 2 + readUint16(message, headerBytes);
    for (const prefix of readPrefixes(message, headerBytes + 2, withdrawnEnd)) this.received.delete(prefix);
    const attributesEnd = withdrawnEnd + 2 + readUint16(message, withdrawnEnd);
    const prefixes = readPrefixes(message, attributesEnd, message.length);
    if (prefixes.length === 0) return;
    const text = readAttributes(message, withdrawnEnd + 2, attributesEnd);
    for (const prefix of prefixes) this.received.set(prefix, text);
  }
}

/** 20.0.0.0, /24 each. */
const firstAddress = 0x14000000;

function readPrefixes(message: Buffer, start: number, end: number): number[] {
  const found: number[] = [];
  for (let at = start; at < end; at += 1 + ((message[at] + 7) >> 3)) {
    const address = ((message[at + 1] << 24) | (message[at + 2] << 16) | (message[at + 3] << 8)) >>> 0;
    found.push((address - firstAddress) / 256);
  }
  return found;
}

/** `65001 65002 | 64500:1 64500:2` */
function readAttributes(message: Buffer, start: number, end: number): string {
  const path: number[] = [];
  const communities: number[] = [];
  for (let at = start; at + 3 <= end;) {
    const isLong = (message[at] & 0x10) !== 0;
    const length = isLong ? readUint16(message, at + 2) : message[at + 2];
    const value = at + (isLong ? 4 : 3);
    if (message[at + 1] === 2) {
      for (let hop = value + 2; hop < value + length; hop += 4) path.push(readUint32(message, hop));
    } else if (message[at + 1] === 8) {
      for (let each = value; each < value + length; each += 4) communities.push(readUint32(message, each));
    }
    at = value + length;
  }
  return describeRoute(path, communities);
}

export function describeRoute(path: readonly number[], communities: readonly number[]): string {
  const sorted = communities.toSorted((left, right) => left - right);
  return `${path.join(' ')} | ${sorted.map((value) => `${value >>> 16}:${value & 0xffff}`).join(' ')}`;
}

/** The AS path that a peer announces: itself, and as many made-up numbers as the tail is long. */
export function pathOf(plan: PeerPlan, { tail }: Announcement): number[] {
  return [plan.asn, ...Array.from({ length: tail }, (_, index) => 65_100 + index)];
}

function encodeAnnouncement(plan: PeerPlan, prefixes: readonly number[], announcement: Announcement): Buffer {
  const path = pathOf(plan, announcement);
  const attributes = Buffer.alloc(4 + 5 + path.length * 4 + 7 + 7);
  let at = attributes.write('40010100', 'hex');
  at = put(attributes, at, 0x40, 2, 2 + path.length * 4, 2, path.length);
  for (const asn of path) at = attributes.writeUInt32BE(asn, at);
  at = put(attributes, at, 0x40, 3, 4);
  at = attributes.writeUInt32BE(addressWord(plan.address), at);
  at = put(attributes, at, 0xc0, 8, 4);
  attributes.writeUInt32BE(announcement.community, at);
  return frame(2, Buffer.concat([Buffer.from([0, 0]), sized(attributes), encodePrefixes(prefixes)]));
}

function encodeWithdrawal(prefixes: readonly number[]): Buffer {
  return frame(2, Buffer.concat([sized(encodePrefixes(prefixes)), Buffer.from([0, 0])]));
}

function encodePrefixes(prefixes: readonly number[]): Buffer {
  const bytes = Buffer.alloc(prefixes.length * 4);
  let at = 0;
  for (const prefix of prefixes) {
    const address = firstAddress + prefix * 256;
    at = put(bytes, at, 24, (address >>> 24) & 255, (address >>> 16) & 255, (address >>> 8) & 255);
  }
  return bytes;
}

function sized(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function frame(type: number, body: Buffer): Buffer {
  const message = Buffer.alloc(headerBytes + body.length, 0xff);
  message.writeUInt16BE(message.length, 16);
  message[18] = type;
  body.copy(message, headerBytes);
  return message;
}

function put(bytes: Buffer, start: number, ...octets: readonly number[]): number {
  let at = start;
  for (const octet of octets) bytes[at++] = octet;
  return at;
}
