// ROUTE-REFRESH (RFC 2918 §3; subtype octet of RFC 7313 §3.2). What a refresh makes us send is not decided here.

import { HEADER_LENGTH, MessageType, writeHeader } from './message.ts';
import { NotificationCode, NotificationError, RouteRefreshSubcode } from './notification.ts';

/** RFC 7313 §3.2; RFC 2918 calls the octet reserved and sends 0. */
export const RefreshSubtype = { Request: 0, Begin: 1, End: 2 } as const;

export interface RouteRefreshMessage {
  readonly afi: number;
  readonly safi: number;
  readonly subtype: number;
}

const MESSAGE_LENGTH = HEADER_LENGTH + 4;

export function encodeRouteRefresh(refresh: RouteRefreshMessage): Uint8Array {
  const message = new Uint8Array(MESSAGE_LENGTH);
  writeHeader(message, 0, MESSAGE_LENGTH, MessageType.RouteRefresh);
  message.set([refresh.afi >>> 8, refresh.afi & 255, refresh.subtype, refresh.safi], HEADER_LENGTH);
  return message;
}

/** Reads the message between `offset` and `end`, whose header messageLength has accepted. */
export function decodeRouteRefresh(buffer: Uint8Array, offset: number, end: number): RouteRefreshMessage {
  if (end - offset !== MESSAGE_LENGTH) {
    // RFC 7313 §5: the Data field holds the complete message. Longer ones carry outbound route filters (RFC 5291), which we
    // never negotiate.
    throw new NotificationError(
      NotificationCode.RouteRefreshError,
      RouteRefreshSubcode.InvalidMessageLength,
      buffer.slice(offset, end),
      `${end - offset} octets instead of ${MESSAGE_LENGTH}`,
    );
  }
  const body = offset + HEADER_LENGTH;
  return { afi: (buffer[body] << 8) | buffer[body + 1], subtype: buffer[body + 2], safi: buffer[body + 3] };
}
