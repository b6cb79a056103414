// Words for the messages of a neighbor while somebody debugs it (open-text.ts, update-text.ts): bounded, and never raw octets.
// Follows the stream of each connection by itself, so that nothing in the session slows down for it.

import { nameFamily } from './net/family.ts';
import { describeOpen } from './open-text.ts';
import type { ConnectionId } from './ports.ts';
import { describeUpdate, type TraceFormat } from './update-text.ts';
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

/** Who listens. */
export interface TraceListener {
  /** The others are followed and not put into words. */
  readonly kinds: readonly DebugKind[];
  readonly format: TraceFormat;
  readonly traced: (message: TracedMessage) => void;
}

/** One direction of one connection. */
class Stream {
  private readonly head = new Uint8Array(HEADER_LENGTH);
  private headLength = 0;
  private length = 0;
  /** The present message where its kind is wanted. */
  private message: Uint8Array | undefined = undefined;
  /** Octets of it that are still to come; 0: a header is next. */
  private left = 0;

  /** Hands out every wanted message that ends in these octets. */
  read(bytes: Uint8Array, listener: TraceListener): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.left === 0) {
        at = this.readHeader(bytes, at, listener.kinds);
        if (this.left === 0 && this.headLength === HEADER_LENGTH) this.finish(listener);
        continue;
      }
      const taken = Math.min(this.left, bytes.length - at);
      this.message?.set(bytes.subarray(at, at + taken), this.length - this.left);
      this.left -= taken;
      at += taken;
      if (this.left === 0) this.finish(listener);
    }
  }

  private readHeader(bytes: Uint8Array, from: number, wanted: readonly DebugKind[]): number {
    let at = from;
    while (at < bytes.length && this.headLength < HEADER_LENGTH) {
      const octet = bytes[at++];
      // Debugging may begin in the middle of a message: a marker is where one begins (RFC 4271 §4.1).
      if (this.headLength < MARKER_LENGTH && octet !== 0xff) this.headLength = 0;
      else this.head[this.headLength++] = octet;
    }
    if (this.headLength < HEADER_LENGTH) return at;
    this.length = (this.head[16] << 8) | this.head[17];
    const kind = kinds[this.head[18]];
    if (this.length < HEADER_LENGTH || kind === undefined) {
      this.headLength = 0;
      return at;
    }
    this.message = wanted.includes(kind) ? new Uint8Array(this.length) : undefined;
    this.message?.set(this.head);
    this.left = this.length - HEADER_LENGTH;
    return at;
  }

  private finish({ format, traced }: TraceListener): void {
    const kind = kinds[this.head[18]];
    if (kind !== undefined && this.message !== undefined) traced({ kind, text: describe(kind, this.message, format) });
    this.message = undefined;
    this.headLength = 0;
  }
}

export class MessageTrace {
  private readonly streams = new Map<ConnectionId, Readonly<Record<'sent' | 'received', Stream>>>();

  read(connection: ConnectionId, direction: 'sent' | 'received', bytes: Uint8Array, listener: TraceListener): void {
    let streams = this.streams.get(connection);
    if (streams === undefined) {
      streams = { sent: new Stream(), received: new Stream() };
      this.streams.set(connection, streams);
    }
    streams[direction].read(bytes, listener);
  }

  /** Connections of which a message may have begun. */
  get connections(): Iterable<ConnectionId> {
    return this.streams.keys();
  }

  /** What comes next is read from its next marker on. */
  forget(connection: ConnectionId): void {
    this.streams.delete(connection);
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
      const family = nameFamily({ afi: (message[body] << 8) | message[body + 1], safi: message[body + 3] });
      const subtype = ['request', 'BoRR', 'EoRR'][message[body + 2]] ?? `subtype ${message[body + 2]}`;
      return `${subtype} for ${family}, ${size}`;
    }
  }
}
