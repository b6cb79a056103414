// Cuts the byte stream of a connection into whole messages (RFC 4271 §4.1). Messages that lie whole in the chunk are handed on where
// they are; only a message that spans chunks is copied, into a buffer of one message's largest size (RFC 8654: larger once negotiated). What a message means is not
// known here.
// hot

import { HEADER_LENGTH, MAX_EXTENDED_LENGTH, MAX_MESSAGE_LENGTH, messageLength } from '../wire/message.ts';

export interface MessageSink {
  /** `buffer` is good only during the call. False ends the reading: the rest of the chunk is dropped. */
  message(buffer: Uint8Array, offset: number, end: number): boolean;
}

export class Framer {
  #partial: Uint8Array | undefined = undefined;
  #partialLength = 0;
  #maxLength = MAX_MESSAGE_LENGTH;

  /** Bytes of a message that has not arrived whole. */
  get pendingBytes(): number {
    return this.#partialLength;
  }

  reset(): void {
    this.#partial = undefined;
    this.#partialLength = 0;
    this.#maxLength = MAX_MESSAGE_LENGTH;
  }

  /** RFC 8654 was negotiated; from the next message on. */
  takeExtended(): void {
    this.#maxLength = MAX_EXTENDED_LENGTH;
  }

  /** Hands every whole message to `sink`; throws NotificationError for a header that RFC 4271 §6.1 refuses. */
  feed(bytes: Uint8Array, sink: MessageSink): void {
    const end = bytes.length;
    let offset = this.#partialLength === 0 ? 0 : this.#complete(bytes, sink);
    if (offset < 0) return;
    while (offset < end) {
      const length = messageLength(bytes, offset, end, this.#maxLength);
      if (length === 0) {
        this.#keep(bytes, offset, end);
        return;
      }
      if (!sink.message(bytes, offset, offset + length)) return;
      offset += length;
    }
  }

  /** Ends the message begun by earlier chunks. Answers where the next one starts in `bytes`, or -1 when there is no next one. */
  #complete(bytes: Uint8Array, sink: MessageSink): number {
    let partial = this.#buffer(MAX_MESSAGE_LENGTH);
    let offset = this.#take(partial, bytes, 0, HEADER_LENGTH);
    if (this.#partialLength < HEADER_LENGTH) return -1;
    // Checks the header (again, if it was whole before); the length that it names is then within the limit.
    messageLength(partial, 0, this.#partialLength, this.#maxLength);
    const length = (partial[16] << 8) | partial[17];
    partial = this.#buffer(length);
    offset = this.#take(partial, bytes, offset, length);
    if (this.#partialLength < length) return -1;
    this.#partialLength = 0;
    return sink.message(partial, 0, length) ? offset : -1;
  }

  /** Copies from `bytes` until the partial message is `wanted` long; answers where it stopped. */
  #take(partial: Uint8Array, bytes: Uint8Array, offset: number, wanted: number): number {
    const count = Math.min(wanted - this.#partialLength, bytes.length - offset);
    if (count <= 0) return offset;
    partial.set(bytes.subarray(offset, offset + count), this.#partialLength);
    this.#partialLength += count;
    return offset + count;
  }

  #keep(bytes: Uint8Array, offset: number, end: number): void {
    this.#buffer(end - offset).set(bytes.subarray(offset, end), 0);
    this.#partialLength = end - offset;
  }

  /** Room for a message of that length, with what was there: 4,096 octets, and 65,535 from the first longer one on. */
  #buffer(lengthBytes: number): Uint8Array {
    const present = this.#partial;
    if (present !== undefined && present.length >= lengthBytes) return present;
    const room = new Uint8Array(lengthBytes > MAX_MESSAGE_LENGTH ? MAX_EXTENDED_LENGTH : MAX_MESSAGE_LENGTH);
    if (present !== undefined) room.set(present.subarray(0, this.#partialLength));
    this.#partial = room;
    return room;
  }
}
