// End-of-RIB (RFC 4724 §2) on its own, for a family of which nothing is sent. After a table it comes from update-writer.ts.

import { type Family, ipv4Unicast } from '../net/family.ts';
import { AttributeCode, OPTIONAL } from './attribute-header.ts';
import { HEADER_LENGTH, MessageType, writeHeader } from './header.ts';

/** An UPDATE without anything for IPv4 unicast; for others with an MP_UNREACH_NLRI that withdraws nothing. */
export function encodeEndOfRib(family: Family): Uint8Array {
  const { afi, safi } = family;
  const unreach = family === ipv4Unicast ? [] : [OPTIONAL, AttributeCode.MpUnreach, 3, afi >>> 8, afi & 255, safi];
  const message = new Uint8Array(HEADER_LENGTH + 4 + unreach.length);
  writeHeader(message, 0, message.length, MessageType.Update);
  message[HEADER_LENGTH + 3] = unreach.length;
  message.set(unreach, HEADER_LENGTH + 4);
  return message;
}
