// hot: finds the messages of a datagram from the kernel and the attributes of a message, as offsets into the buffer. Lengths are
// checked against the buffer before anything is read; what is too short ends the walk. What an attribute means is read elsewhere.

import { headerBytes } from './message-writer.ts';

/** One received buffer; at() moves over its messages. */
export class MessageReader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  type = 0;
  flags = 0;
  sequence = 0;
  portId = 0;
  /** Where the payload of the present message begins and ends. */
  start = 0;
  end = 0;
  #next = 0;
  #limit = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Begins at the front of what was received. */
  reset(lengthBytes: number): void {
    this.#next = 0;
    this.#limit = Math.min(lengthBytes, this.bytes.length);
  }

  /** Moves to the next whole message; false when there is none. */
  next(): boolean {
    const at = this.#next;
    if (at + headerBytes > this.#limit) return false;
    const length = this.view.getUint32(at, true);
    if (length < headerBytes || at + length > this.#limit) return false;
    this.type = this.view.getUint16(at + 4, true);
    this.flags = this.view.getUint16(at + 6, true);
    this.sequence = this.view.getUint32(at + 8, true);
    this.portId = this.view.getUint32(at + 12, true);
    this.start = at + headerBytes;
    this.end = at + length;
    this.#next = at + ((length + 3) & ~3);
    return true;
  }
}

/** NLA_F_NESTED and NLA_F_NET_BYTEORDER are flags in the type. */
const typeMask = 0x3fff;

/** The attributes between two offsets. `type`, `start` and `end` are those of the present one. */
export class AttributeReader {
  type = 0;
  start = 0;
  end = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #next = 0;
  #limit = 0;

  reset(view: DataView, start: number, end: number): void {
    this.#view = view;
    this.#next = start;
    this.#limit = end;
  }

  next(): boolean {
    const at = this.#next;
    if (at + 4 > this.#limit) return false;
    const length = this.#view.getUint16(at, true);
    if (length < 4 || at + length > this.#limit) return false;
    this.type = this.#view.getUint16(at + 2, true) & typeMask;
    this.start = at + 4;
    this.end = at + length;
    this.#next = at + ((length + 3) & ~3);
    return true;
  }

  get length(): number {
    return this.end - this.start;
  }
}

/** Text that ends with a zero octet or with the attribute. */
export function readText(bytes: Uint8Array, start: number, end: number): string {
  const zero = bytes.indexOf(0, start);
  return new TextDecoder().decode(bytes.subarray(start, zero < 0 || zero > end ? end : zero));
}
