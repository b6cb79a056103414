// hot: writes netlink messages one behind the other into one buffer that is used again: headers, fixed parts and attributes,
// aligned to four octets as linux/netlink.h asks. Integers are the host's, little-endian on every machine we run on; addresses
// are in network order. Sends nothing.

export const headerBytes = 16;

export class MessageWriter {
  readonly bytes: Uint8Array;
  /** Octets written. */
  length = 0;
  /** Messages begun. */
  count = 0;
  readonly #view: DataView;
  #messageAt = 0;

  constructor(capacityBytes: number) {
    this.bytes = new Uint8Array(capacityBytes);
    this.#view = new DataView(this.bytes.buffer);
  }

  clear(): void {
    this.length = 0;
    this.count = 0;
  }

  /** True when a message of this length still fits. */
  fits(lengthBytes: number): boolean {
    return this.length + lengthBytes <= this.bytes.length;
  }

  /** Begins a message; endMessage() writes its length. */
  beginMessage(type: number, flags: number, sequence: number): void {
    const at = this.length;
    const view = this.#view;
    this.#messageAt = at;
    view.setUint16(at + 4, type, true);
    view.setUint16(at + 6, flags, true);
    view.setUint32(at + 8, sequence, true);
    view.setUint32(at + 12, 0, true);
    this.length = at + headerBytes;
    this.count++;
  }

  endMessage(): void {
    this.#view.setUint32(this.#messageAt, this.length - this.#messageAt, true);
  }

  /** Sets a flag of the message that was ended last: NLM_F_ACK on the last of a batch. */
  addFlag(flag: number): void {
    const at = this.#messageAt + 6;
    this.#view.setUint16(at, this.#view.getUint16(at, true) | flag, true);
  }

  byte(value: number): void {
    this.bytes[this.length++] = value;
  }

  uint16(value: number): void {
    this.#view.setUint16(this.length, value, true);
    this.length += 2;
  }

  uint32(value: number): void {
    this.#view.setUint32(this.length, value, true);
    this.length += 4;
  }

  /** A word of an address: in network order. */
  networkWord(value: number): void {
    this.#view.setInt32(this.length, value);
    this.length += 4;
  }

  copy(source: Uint8Array): void {
    this.bytes.set(source, this.length);
    this.length += source.length;
  }

  attributeUint32(type: number, value: number): void {
    this.uint16(8);
    this.uint16(type);
    this.uint32(value);
  }

  attributeBytes(type: number, value: Uint8Array): void {
    this.uint16(4 + value.length);
    this.uint16(type);
    this.copy(value);
    this.align();
  }

  /** Begins an attribute that holds others; answers what endNested() wants. */
  beginNested(type: number): number {
    const at = this.length;
    this.uint16(0);
    this.uint16(type);
    return at;
  }

  endNested(at: number): void {
    this.#view.setUint16(at, this.length - at, true);
  }

  align(): void {
    while ((this.length & 3) !== 0) this.bytes[this.length++] = 0;
  }
}
