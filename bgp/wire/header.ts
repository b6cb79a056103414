// Layout of the message header (RFC 4271 §4.1): what every encoder of a message needs. Judging a received header: message.ts.

export const MessageType = { Open: 1, Update: 2, Notification: 3, Keepalive: 4, RouteRefresh: 5 } as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

export const HEADER_LENGTH = 19;
export const MAX_MESSAGE_LENGTH = 4096;
/** RFC 8654 §4: of any message but OPEN and KEEPALIVE, once both sides announced it. */
export const MAX_EXTENDED_LENGTH = 65_535;
/** Where the type octet stands in a message. */
export const TYPE_OFFSET = 18;

/** Writes marker, length and type; `length` counts the header. */
export function writeHeader(buffer: Uint8Array, offset: number, length: number, type: MessageType): void {
  buffer.fill(0xff, offset, offset + 16);
  buffer[offset + 16] = length >>> 8;
  buffer[offset + 17] = length & 255;
  buffer[offset + TYPE_OFFSET] = type;
}
