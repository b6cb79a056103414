// Words for the messages of a neighbor while somebody debugs it (open-text.ts, update-text.ts): bounded, and never raw octets.
// Follows the stream of each connection by itself, so that nothing in the session slows down for it.

import { describeOpen } from './open-text.ts';
import type { ConnectionId } from './ports.ts';
import { describeUpdate, nameFamily, type TraceFormat } from './update-text.ts';
import type { DebugKind } from './views.ts';
import { HEADER_LENGTH, MessageType } from './wire/message.ts';
import { describeNotification } from './wire/notification.ts';

export interface TracedMessage {
  readonly kind: DebugKind;
  readonly text: string;
}

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
  private readonly head = new Uint8Array(HEADER_LENGTH);
  private headLength = 0;
  /** The present message, once its length is known. */
  private message = new Uint8Array(0);
  /** Octets of it that are still to come; 0: a header is next. */
  private left = 0;

  /** Hands out every message that ends in these octets. */
  read(bytes: Uint8Array, format: TraceFormat, traced: (message: TracedMessage) => void): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.left === 0) {
        at = this.readHeader(bytes, at);
        if (this.left === 0 && this.headLength === HEADER_LENGTH) this.finish(format, traced);
        continue;
      }
      const taken = Math.min(this.left, bytes.length - at);
      this.message.set(bytes.subarray(at, at + taken), this.message.length - this.left);
      this.left -= taken;
      at += taken;
      if (this.left === 0) this.finish(format, traced);
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
    const length = (this.head[16] << 8) | this.head[17];
    if (length < HEADER_LENGTH || kinds[this.head[18]] === undefined) {
      this.headLength = 0;
      return at;
    }
    this.message = new Uint8Array(length);
    this.message.set(this.head);
    this.left = length - HEADER_LENGTH;
    return at;
  }

  private finish(format: TraceFormat, traced: (message: TracedMessage) => void): void {
    const kind = kinds[this.head[18]];
    if (kind !== undefined) traced({ kind, text: describe(kind, this.message, format) });
    this.headLength = 0;
  }
}

export class MessageTrace {
  private readonly streams = new Map<string, Stream>();

  read(
    connection: ConnectionId,
    direction: 'sent' | 'received',
    bytes: Uint8Array,
    format: TraceFormat,
    traced: (message: TracedMessage) => void,
  ): void {
    const key = `${direction} ${connection}`;
    let stream = this.streams.get(key);
    if (stream === undefined) {
      stream = new Stream();
      this.streams.set(key, stream);
    }
    stream.read(bytes, format, traced);
  }

  forget(connection: ConnectionId): void {
    this.streams.delete(`sent ${connection}`);
    this.streams.delete(`received ${connection}`);
  }
}

function describe(kind: DebugKind, message: Uint8Array, format: TraceFormat): string {
  const body = HEADER_LENGTH;
  const size = `${message.length} octets`;
  switch (kind) {
    case 'open':
      return `${describeOpen(message)}, ${size}`;
    case 'update':
      return `${describeUpdate(message, format)}, ${size}`;
    case 'notification':
      return message.length < body + 2 ? size : `${describeNotification(message[body], message[body + 1])}, ${size}`;
    case 'keepalive':
      return size;
    case 'route-refresh': {
      if (message.length < body + 4) return size;
      const family = nameFamily(Uint8Array.of(message[body], message[body + 1], message[body + 3]));
      const subtype = ['request', 'BoRR', 'EoRR'][message[body + 2]] ?? `subtype ${message[body + 2]}`;
      return `${subtype} for ${family}, ${size}`;
    }
  }
}
