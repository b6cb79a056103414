// OPEN (RFC 4271 §4.2): decoding with the faults of §6.2, encoding. Optional parameters also in the extended form of RFC 9072.
// Whether the peer's AS number and identifier are the expected ones, and what the capabilities add up to, the session decides.

import { AS_TRANS, type Asn, asn } from '../net/asn.ts';
import { type RouterId, routerId } from '../net/router-id.ts';
import { type Capability, decodeCapability } from './capability.ts';
import { HEADER_LENGTH, MessageType, writeHeader } from './message.ts';
import { NotificationCode, NotificationError, OpenSubcode } from './notification.ts';
import { readUint32 } from './uint32.ts';

export const BGP_VERSION = 4;
const CAPABILITIES_PARAMETER = 2;
const EXTENDED_LENGTH_PARAMETER = 255;
const FIXED_LENGTH = HEADER_LENGTH + 10;

export interface OpenMessage {
  readonly version: number;
  /** The AS number in force: from the 4-octet capability when there is one (RFC 6793 §4.1), else `asnField`. */
  readonly asn: Asn;
  /** The 2-octet field "My Autonomous System". */
  readonly asnField: number;
  readonly holdTimeSec: number;
  readonly routerId: RouterId;
  readonly capabilities: readonly Capability[];
}

/** Reads the OPEN between `offset` and `end`, whose header messageLength has accepted. */
export function decodeOpen(buffer: Uint8Array, offset: number, end: number): OpenMessage {
  const body = offset + HEADER_LENGTH;
  const version = buffer[body];
  if (version !== BGP_VERSION) {
    // RFC 4271 §6.2: the Data field holds the largest version that we support, as two octets.
    throw openFault(OpenSubcode.UnsupportedVersion, `version ${version}`, Uint8Array.of(0, BGP_VERSION));
  }
  const asnField = (buffer[body + 1] << 8) | buffer[body + 2];
  const holdTimeSec = (buffer[body + 3] << 8) | buffer[body + 4];
  // RFC 4271 §6.2: hold times of one or two seconds MUST be rejected.
  if (holdTimeSec === 1 || holdTimeSec === 2) {
    throw openFault(OpenSubcode.UnacceptableHoldTime, `hold time ${holdTimeSec} s`);
  }
  const identifier = readUint32(buffer, body + 5);
  // RFC 6286 §2.2: zero is the one invalid BGP Identifier.
  if (identifier === 0) throw openFault(OpenSubcode.BadBgpIdentifier, 'BGP Identifier 0.0.0.0');

  const capabilities = decodeOptionalParameters(buffer, offset, end);
  const fourOctet = capabilities.findLast((capability) => capability.type === 'four-octet-asn');
  const effective = fourOctet?.type === 'four-octet-asn' ? fourOctet.asn : asn(asnField);
  // RFC 7607 §2: AS 0 in the field or in the capability is a bad peer AS.
  if (effective === 0 || asnField === 0) throw openFault(OpenSubcode.BadPeerAs, 'AS number 0');
  return { version, asn: effective, asnField, holdTimeSec, routerId: routerId(identifier), capabilities };
}

function decodeOptionalParameters(buffer: Uint8Array, offset: number, end: number): Capability[] {
  const capabilities: Capability[] = [];
  let at = offset + FIXED_LENGTH;
  let length = buffer[at - 1];
  let lengthSize = 1;
  // RFC 9072 §2: type 255 in the place of the first parameter marks the extended form; the one-octet length, if not zero, means
  // nothing then.
  if (length !== 0 && at < end && buffer[at] === EXTENDED_LENGTH_PARAMETER) {
    if (end - at < 3) throw openFault(OpenSubcode.Unspecific, 'extended optional parameters cut short');
    length = (buffer[at + 1] << 8) | buffer[at + 2];
    lengthSize = 2;
    at += 3;
  }
  if (at + length !== end) {
    throw openFault(OpenSubcode.Unspecific, `optional parameters of ${length} octets in a space of ${end - at}`);
  }
  while (at < end) {
    if (end - at < 1 + lengthSize) throw openFault(OpenSubcode.Unspecific, 'optional parameter cut short');
    const type = buffer[at];
    const size = lengthSize === 1 ? buffer[at + 1] : (buffer[at + 1] << 8) | buffer[at + 2];
    at += 1 + lengthSize;
    if (size > end - at) throw openFault(OpenSubcode.Unspecific, `optional parameter ${type} runs past the message`);
    // RFC 4271 §6.2: a parameter that is not recognized.
    if (type !== CAPABILITIES_PARAMETER) {
      throw openFault(OpenSubcode.UnsupportedOptionalParameter, `optional parameter ${type}`);
    }
    decodeCapabilities(buffer, at, at + size, capabilities);
    at += size;
  }
  return capabilities;
}

/** Whether the OPEN needs the extended form of RFC 9072. */
export function isExtendedOpen(open: OpenMessage): boolean {
  return sizeOf(open.capabilities) + 2 > 255;
}

function sizeOf(capabilities: readonly Capability[]): number {
  return capabilities.reduce((sum, capability) => sum + 2 + capability.value.length, 0);
}

/**
 * RFC 5492 has no fault for a capability that is malformed; a parameter that is recognized but malformed is 2/0 (RFC 4271 §6.2).
 * A known capability of a wrong length is therefore 2/0 with the capability as data, so that the peer's operator sees which one.
 */
function decodeCapabilities(buffer: Uint8Array, offset: number, end: number, into: Capability[]): void {
  let at = offset;
  while (at < end) {
    if (end - at < 2) throw openFault(OpenSubcode.Unspecific, 'capability cut short', buffer.slice(at, end));
    const code = buffer[at];
    const valueEnd = at + 2 + buffer[at + 1];
    if (valueEnd > end) {
      throw openFault(OpenSubcode.Unspecific, `capability ${code} runs past its parameter`, buffer.slice(at, end));
    }
    const capability = decodeCapability(code, buffer.slice(at + 2, valueEnd));
    if (capability === undefined) {
      const reason = `capability ${code} of ${valueEnd - at - 2} octets`;
      throw openFault(OpenSubcode.Unspecific, reason, buffer.slice(at, valueEnd));
    }
    into.push(capability);
    at = valueEnd;
  }
}

/** The whole message: all capabilities in one parameter (RFC 5492 §4), in the extended form only when it must be. */
export function encodeOpen(open: OpenMessage): Uint8Array {
  const size = sizeOf(open.capabilities);
  // RFC 9072 §2: the form of RFC 4271 is to be used as long as its one-octet lengths suffice.
  const isExtended = isExtendedOpen(open);
  const overhead = size === 0 ? 0 : isExtended ? 6 : 2;
  const message = new Uint8Array(FIXED_LENGTH + overhead + size);
  writeHeader(message, 0, message.length, MessageType.Open);
  const id = open.routerId;
  const fixed = [
    open.version,
    open.asnField >>> 8,
    open.asnField & 255,
    open.holdTimeSec >>> 8,
    open.holdTimeSec & 255,
  ];
  message.set([...fixed, id >>> 24, (id >>> 16) & 255, (id >>> 8) & 255, id & 255], HEADER_LENGTH);
  if (size === 0) return message;
  let at = FIXED_LENGTH - 1;
  if (isExtended) {
    // RFC 9072 §2: 255, 255, the length of what follows; then parameters with lengths of two octets.
    message.set([255, EXTENDED_LENGTH_PARAMETER, (size + 3) >>> 8, (size + 3) & 255], at);
    message.set([CAPABILITIES_PARAMETER, size >>> 8, size & 255], at + 4);
    at += 7;
  } else {
    message.set([size + 2, CAPABILITIES_PARAMETER, size], at);
    at += 3;
  }
  for (const { code, value } of open.capabilities) {
    message[at] = code;
    message[at + 1] = value.length;
    message.set(value, at + 2);
    at += 2 + value.length;
  }
  return message;
}

/** What goes into the 2-octet field for an AS number (RFC 6793 §4.1). */
export function openAsnField(number: Asn): number {
  return number > 0xffff ? AS_TRANS : number;
}

function openFault(subcode: number, reason: string, data?: Uint8Array): NotificationError {
  return new NotificationError(NotificationCode.OpenMessageError, subcode, data, reason);
}
