// Words for the messages of a neighbor while somebody debugs it: type and the facts of the header, never octets of attributes,
// routes or texts. Follows the stream of each connection by itself, so that nothing in the session slows down for it.

import { familyByCode } from './net/family.ts';
import type { ConnectionId } from './ports.ts';
import { formatRouterId, routerId } from './net/router-id.ts';
import type { DebugKind } from './views.ts';
import { HEADER_LENGTH, MessageType } from './wire/message.ts';
import { describeNotification } from './wire/notification.ts';

export interface TracedMessage {
  readonly kind: DebugKind;
  readonly text: string;
}

/** As much of a message as its words need. */
const HEAD_LENGTH = HEADER_LENGTH + 10;
const MARKER_LENGTH = 16;

const kinds: Readonly<Record<number, DebugKind | undefined>> = {
  [MessageType.Open]: 'open',
  [MessageType.Update]: 'update',
  [MessageType.Notification]: 'notification',
  [MessageType.Keepalive]: 'keepalive',
  [MessageType.RouteRefresh]: 'route-refresh',
};

/** One direction of one connection. */
class Stream {
  private readonly head = new Uint8Array(HEAD_LENGTH);
  private headLength = 0;
  /** Octets of the present message that are still to come; 0: a header is next. */
  private left = 0;
  private length = 0;

  /** Hands out every message that ends in these octets. */
  read(bytes: Uint8Array, traced: (message: TracedMessage) => void): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.left === 0) {
        at = this.readHeader(bytes, at);
        if (this.left === 0 && this.headLength === HEADER_LENGTH) this.finish(traced);
        continue;
      }
      const taken = Math.min(this.left, bytes.length - at);
      const kept = Math.min(taken, HEAD_LENGTH - this.headLength);
      this.head.set(bytes.subarray(at, at + kept), this.headLength);
      this.headLength += kept;
      this.left -= taken;
      at += taken;
      if (this.left === 0) this.finish(traced);
    }
  }

  private readHeader(bytes: Uint8Array, start: number): number {
    let at = start;
    while (at < bytes.length && this.headLength < HEADER_LENGTH) {
      const octet = bytes[at++];
      // Debugging may begin in the middle of a message: a marker is where one begins (RFC 4271 §4.1).
      if (this.headLength < MARKER_LENGTH && octet !== 0xff) this.headLength = 0;
      else this.head[this.headLength++] = octet;
    }
    if (this.headLength < HEADER_LENGTH) return at;
    this.length = (this.head[16] << 8) | this.head[17];
    if (this.length < HEADER_LENGTH || kinds[this.head[18]] === undefined) {
      this.headLength = 0;
      return at;
    }
    this.left = this.length - HEADER_LENGTH;
    return at;
  }

  private finish(traced: (message: TracedMessage) => void): void {
    const kind = kinds[this.head[18]];
    if (kind !== undefined) traced({ kind, text: describe(kind, this.head, this.headLength, this.length) });
    this.headLength = 0;
  }
}

export class MessageTrace {
  private readonly streams = new Map<string, Stream>();

  read(
    connection: ConnectionId,
    direction: 'sent' | 'received',
    bytes: Uint8Array,
    traced: (message: TracedMessage) => void,
  ): void {
    const key = `${direction} ${connection}`;
    let stream = this.streams.get(key);
    if (stream === undefined) {
      stream = new Stream();
      this.streams.set(key, stream);
    }
    stream.read(bytes, traced);
  }

  forget(connection: ConnectionId): void {
    this.streams.delete(`sent ${connection}`);
    this.streams.delete(`received ${connection}`);
  }
}

function describe(kind: DebugKind, head: Uint8Array, known: number, length: number): string {
  const at = HEADER_LENGTH;
  const word = (offset: number): number => (head[at + offset] << 8) | head[at + offset + 1];
  const size = `${length} octets`;
  switch (kind) {
    case 'open': {
      const id = ((word(5) << 16) | word(7)) >>> 0;
      const address = formatRouterId(routerId(id));
      return `version ${head[at]}, AS ${word(1)}, hold time ${word(3)} s, identifier ${address}, ${size}`;
    }
    case 'update': {
      const withdrawn = word(0);
      if (withdrawn > 0) return `${withdrawn} octets of withdrawn routes, ${size}`;
      const attributes = word(2);
      if (attributes === 0) return `End-of-RIB for ipv4-unicast, ${size}`;
      return `${attributes} octets of attributes, ${length - HEADER_LENGTH - 4 - attributes} of NLRI, ${size}`;
    }
    case 'notification':
      return known < at + 2 ? size : `${describeNotification(head[at], head[at + 1])}, ${size}`;
    case 'keepalive':
      return size;
    case 'route-refresh': {
      const family = familyByCode(word(0), head[at + 3])?.name ?? `AFI ${word(0)}, SAFI ${head[at + 3]}`;
      const subtype = ['request', 'BoRR', 'EoRR'][head[at + 2]] ?? `subtype ${head[at + 2]}`;
      return `${subtype} for ${family}, ${size}`;
    }
  }
}
