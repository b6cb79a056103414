// The message header (RFC 4271 §4.1): finding whole messages in a stream of bytes, and KEEPALIVE, which is nothing else.
// The bodies of the other messages live in the files named after them. Faults of the header are those of RFC 4271 §6.1.
// hot

import {
  HEADER_LENGTH,
  MAX_EXTENDED_LENGTH,
  MAX_MESSAGE_LENGTH,
  MessageType,
  TYPE_OFFSET,
  writeHeader,
} from './header.ts';
import { HeaderSubcode, NotificationCode, NotificationError } from './notification.ts';

export { HEADER_LENGTH, MAX_EXTENDED_LENGTH, MAX_MESSAGE_LENGTH, MessageType, TYPE_OFFSET, writeHeader };

/**
 * Shortest valid length per type (RFC 4271 §6.1). ROUTE-REFRESH has a fault of its own for wrong lengths (RFC 7313 §5), so its
 * length is judged by decodeRouteRefresh.
 */
const minimumLength: readonly number[] = [0, 29, 23, 21, HEADER_LENGTH, HEADER_LENGTH];

/**
 * Length in bytes of the message that starts at `offset`; 0 while not all of it has arrived before `end`. Throws
 * NotificationError for a header that RFC 4271 §6.1 refuses. `maxLength` is 65,535 once RFC 8654 was negotiated.
 */
export function messageLength(
  buffer: Uint8Array,
  offset: number,
  end: number,
  maxLength: number = MAX_MESSAGE_LENGTH,
): number {
  if (end - offset < HEADER_LENGTH) return 0;
  for (let at = offset; at < offset + 16; at++) {
    // RFC 4271 §6.1: a Marker that is not all ones is a synchronization error.
    if (buffer[at] !== 0xff) throw headerFault(HeaderSubcode.ConnectionNotSynchronized, new Uint8Array(0));
  }
  const length = (buffer[offset + 16] << 8) | buffer[offset + 17];
  const type = buffer[offset + TYPE_OFFSET];
  if (length < HEADER_LENGTH || length > maxLength) throw lengthFault(length);
  // RFC 4271 §6.1: the Data field holds the erroneous Type field.
  if (type < 1 || type > 5) throw headerFault(HeaderSubcode.BadMessageType, Uint8Array.of(type));
  if (length < minimumLength[type]) throw lengthFault(length);
  // RFC 8654 §4: an OPEN keeps to the old limit; a KEEPALIVE has one length only.
  if (type === MessageType.Open && length > MAX_MESSAGE_LENGTH) throw lengthFault(length);
  if (type === MessageType.Keepalive && length !== HEADER_LENGTH) throw lengthFault(length);
  return end - offset < length ? 0 : length;
}

/** RFC 4271 §6.1: the Data field holds the erroneous Length field. */
function lengthFault(length: number): NotificationError {
  return headerFault(HeaderSubcode.BadMessageLength, Uint8Array.of(length >>> 8, length & 255));
}

function headerFault(subcode: number, data: Uint8Array): NotificationError {
  return new NotificationError(NotificationCode.MessageHeaderError, subcode, data);
}

export function encodeKeepalive(): Uint8Array {
  const message = new Uint8Array(HEADER_LENGTH);
  writeHeader(message, 0, HEADER_LENGTH, MessageType.Keepalive);
  return message;
}
