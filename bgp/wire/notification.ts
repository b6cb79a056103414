// NOTIFICATION (RFC 4271 §4.5, §6): the error that ends a session, as an Error to throw and as bytes. Code points of RFC 4271,
// RFC 4486 (Cease), 6608 (FSM), 7313 (ROUTE-REFRESH), 8538 (Hard Reset), 9234 (roles), 9384 (BFD Down), 9687 (send hold timer);
// shutdown texts of RFC 9003.
// When to send one is decided by whoever throws; the words of describeNotification are FRR's, which people search for.

import { HEADER_LENGTH, MAX_MESSAGE_LENGTH, MessageType, writeHeader } from './header.ts';
import { cleanPeerText, encodeText } from './peer-text.ts';

export const NotificationCode = {
  MessageHeaderError: 1,
  OpenMessageError: 2,
  UpdateMessageError: 3,
  HoldTimerExpired: 4,
  FsmError: 5,
  Cease: 6,
  RouteRefreshError: 7,
  SendHoldTimerExpired: 8,
} as const;
export type NotificationCode = (typeof NotificationCode)[keyof typeof NotificationCode];

export const HeaderSubcode = { ConnectionNotSynchronized: 1, BadMessageLength: 2, BadMessageType: 3 } as const;

export const OpenSubcode = {
  Unspecific: 0,
  UnsupportedVersion: 1,
  BadPeerAs: 2,
  BadBgpIdentifier: 3,
  UnsupportedOptionalParameter: 4,
  UnacceptableHoldTime: 6,
  UnsupportedCapability: 7,
  RoleMismatch: 11,
} as const;

export const UpdateSubcode = {
  Unspecific: 0,
  MalformedAttributeList: 1,
  UnrecognizedWellKnownAttribute: 2,
  MissingWellKnownAttribute: 3,
  AttributeFlagsError: 4,
  AttributeLengthError: 5,
  InvalidOrigin: 6,
  /** Deprecated by RFC 4271. */
  AsRoutingLoop: 7,
  InvalidNextHop: 8,
  OptionalAttributeError: 9,
  InvalidNetworkField: 10,
  MalformedAsPath: 11,
} as const;

/** RFC 6608 §3. */
export const FsmSubcode = {
  Unspecific: 0,
  UnexpectedMessageInOpenSent: 1,
  UnexpectedMessageInOpenConfirm: 2,
  UnexpectedMessageInEstablished: 3,
} as const;

/** RFC 4486 §3, RFC 8538 §3, RFC 9384 §4. */
export const CeaseSubcode = {
  Unspecific: 0,
  MaximumPrefixesReached: 1,
  AdministrativeShutdown: 2,
  PeerDeconfigured: 3,
  AdministrativeReset: 4,
  ConnectionRejected: 5,
  OtherConfigurationChange: 6,
  ConnectionCollisionResolution: 7,
  OutOfResources: 8,
  HardReset: 9,
  BfdDown: 10,
} as const;

/** RFC 7313 §5. */
export const RouteRefreshSubcode = { InvalidMessageLength: 1 } as const;

const NO_DATA = new Uint8Array(0);

/** What ends a session because of the peer's bytes: thrown by the codec, caught in one place, sent. */
export class NotificationError extends Error {
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;

  constructor(code: number, subcode: number, data: Uint8Array = NO_DATA, reason?: string) {
    const words = describeNotification(code, subcode);
    super(reason === undefined ? words : `${words}: ${reason}`);
    this.name = 'NotificationError';
    this.code = code;
    this.subcode = subcode;
    this.data = data;
  }
}

export interface NotificationMessage {
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;
}

/** The whole message. Data that does not fit into 4,096 octets is cut. */
export function encodeNotification(code: number, subcode: number, data: Uint8Array = NO_DATA): Uint8Array {
  const dataLength = Math.min(data.length, MAX_MESSAGE_LENGTH - HEADER_LENGTH - 2);
  const message = new Uint8Array(HEADER_LENGTH + 2 + dataLength);
  writeHeader(message, 0, message.length, MessageType.Notification);
  message[HEADER_LENGTH] = code;
  message[HEADER_LENGTH + 1] = subcode;
  message.set(data.subarray(0, dataLength), HEADER_LENGTH + 2);
  return message;
}

/** Reads the message between `offset` and `end`, whose header messageLength has accepted. The data is copied. */
export function decodeNotification(buffer: Uint8Array, offset: number, end: number): NotificationMessage {
  return {
    code: buffer[offset + HEADER_LENGTH],
    subcode: buffer[offset + HEADER_LENGTH + 1],
    data: buffer.slice(offset + HEADER_LENGTH + 2, end),
  };
}

interface CodeWords {
  readonly name: string;
  /** Words by subcode; an index without one reads "Unspecific" or the number. */
  readonly subcodes: readonly (string | undefined)[];
}

const words: Readonly<Record<number, CodeWords>> = {
  1: {
    name: 'Message Header Error',
    subcodes: ['Unspecific', 'Connection Not Synchronized', 'Bad Message Length', 'Bad Message Type'],
  },
  2: {
    name: 'OPEN Message Error',
    subcodes: [
      'Unspecific',
      'Unsupported Version Number',
      'Bad Peer AS',
      'Bad BGP Identifier',
      'Unsupported Optional Parameter',
      'Authentication Failure',
      'Unacceptable Hold Time',
      'Unsupported Capability',
      undefined,
      undefined,
      undefined,
      'Role Mismatch',
    ],
  },
  3: {
    name: 'UPDATE Message Error',
    subcodes: [
      'Unspecific',
      'Malformed Attribute List',
      'Unrecognized Well-known Attribute',
      'Missing Well-known Attribute',
      'Attribute Flags Error',
      'Attribute Length Error',
      'Invalid ORIGIN Attribute',
      'AS Routing Loop',
      'Invalid NEXT_HOP Attribute',
      'Optional Attribute Error',
      'Invalid Network Field',
      'Malformed AS_PATH',
    ],
  },
  4: { name: 'Hold Timer Expired', subcodes: [] },
  5: {
    name: 'Neighbor Events Error',
    subcodes: [
      'Unspecific',
      'Receive Unexpected Message in OpenSent State',
      'Receive Unexpected Message in OpenConfirm State',
      'Receive Unexpected Message in Established State',
    ],
  },
  6: {
    name: 'Cease',
    subcodes: [
      'Unspecific',
      'Maximum Number of Prefixes Reached',
      'Administrative Shutdown',
      'Peer De-configured',
      'Administrative Reset',
      'Connection Rejected',
      'Other Configuration Change',
      'Connection Collision Resolution',
      'Out of Resources',
      'Hard Reset',
      'BFD Down',
    ],
  },
  7: { name: 'ROUTE-REFRESH Message Error', subcodes: ['Unspecific', 'Invalid Message Length'] },
  8: { name: 'Send Hold Timer Expired', subcodes: [] },
};

/** `Cease/Administrative Shutdown`; numbers where there is no name. */
export function describeNotification(code: number, subcode: number): string {
  const row = words[code];
  if (row === undefined) return `Unknown Error ${code}/${subcode}`;
  const subcodeWords = row.subcodes[subcode];
  if (subcodeWords !== undefined) return `${row.name}/${subcodeWords}`;
  return row.subcodes.length === 0 && subcode === 0 ? row.name : `${row.name}/subcode ${subcode}`;
}

/** True for the subcodes whose data may be a text for people (RFC 9003 §2). */
export function carriesShutdownText(code: number, subcode: number): boolean {
  return (
    code === NotificationCode.Cease &&
    (subcode === CeaseSubcode.AdministrativeShutdown || subcode === CeaseSubcode.AdministrativeReset)
  );
}

const MAX_SHUTDOWN_TEXT = 255;

/** Data of a Cease with a text: length octet and UTF-8, cut at a character's edge to 255 octets (RFC 9003 §2). */
export function encodeShutdownText(text: string): Uint8Array {
  if (text === '') return NO_DATA;
  const octets = encodeText(text, MAX_SHUTDOWN_TEXT);
  return Uint8Array.of(octets.length, ...octets);
}

/**
 * The text in the data of a Cease, safe to show (peer-text.ts). undefined when there is none or its length octet is wrong
 * (RFC 9003 §4).
 */
export function decodeShutdownText(data: Uint8Array): string | undefined {
  const length = data[0] ?? 0;
  if (length === 0 || data.length < 1 + length) return undefined;
  return cleanPeerText(data.subarray(1, 1 + length));
}

/** RFC 8538 §3: the data of a Hard Reset is the NOTIFICATION that it stands for, from its code on. */
export function wrapInHardReset(inner: NotificationMessage): NotificationMessage {
  const data = Uint8Array.of(inner.code, inner.subcode, ...inner.data);
  return { code: NotificationCode.Cease, subcode: CeaseSubcode.HardReset, data };
}

export function isHardReset(code: number, subcode: number): boolean {
  return code === NotificationCode.Cease && subcode === CeaseSubcode.HardReset;
}

/**
 * What a Hard Reset stands for; undefined for any other NOTIFICATION, and when the data is too short to say (it is a hard reset all
 * the same). One layer is taken off: a Hard Reset within another is shown as such.
 */
export function unwrapHardReset(message: NotificationMessage): NotificationMessage | undefined {
  const { code, subcode, data } = message;
  if (!isHardReset(code, subcode) || data.length < 2) return undefined;
  return { code: data[0], subcode: data[1], data: data.slice(2) };
}

/** In words, with what a Hard Reset stands for and with the sender's text: `Cease/Hard Reset (Cease/Peer De-configured)`. */
export function explainNotification(message: NotificationMessage): string {
  const words = describeNotification(message.code, message.subcode);
  const inner = unwrapHardReset(message);
  const said = inner ?? message;
  const full = inner === undefined ? words : `${words} (${describeNotification(inner.code, inner.subcode)})`;
  const text = carriesShutdownText(said.code, said.subcode) ? decodeShutdownText(said.data) : undefined;
  return text === undefined ? full : `${full}: ${text}`;
}
