// Words for an OPEN while somebody debugs its neighbor: its fields and what each capability says (session/capability-text.ts). An OPEN
// that cannot be read is told with its fault.

import { formatRouterId } from './net/router-id.ts';
import { describeCapability } from './session/capability-text.ts';
import { cutText } from './update-text.ts';
import { type Capability, nameCapability } from './wire/capability.ts';
import { HEADER_LENGTH } from './wire/message.ts';
import { NotificationError } from './wire/notification.ts';
import { decodeOpen } from './wire/open.ts';

const MIN_LENGTH = HEADER_LENGTH + 10;
/** A hostile list of capabilities is told in part. */
const MAX_TOLD = 32;

/** `bytes` is the whole message. */
export function describeOpen(bytes: Uint8Array): string {
  if (bytes.length < MIN_LENGTH) return 'malformed: too short';
  try {
    const open = decodeOpen(bytes, 0, bytes.length);
    const head = `version ${open.version}, AS ${open.asnField}, hold time ${open.holdTimeSec} s`;
    const told = open.capabilities.slice(0, MAX_TOLD).map(nameAndValue);
    const rest = open.capabilities.length - MAX_TOLD;
    if (rest > 0) told.push(`and ${rest} more`);
    const capabilities = told.length === 0 ? 'none' : told.join('; ');
    return cutText(`${head}, identifier ${formatRouterId(open.routerId)}, capabilities ${capabilities}`);
  } catch (error) {
    if (error instanceof NotificationError) return `malformed: ${error.message}`;
    throw error;
  }
}

function nameAndValue(capability: Capability): string {
  const name = nameCapability(capability.code);
  const said = describeCapability(capability);
  return said === '' ? name : `${name} ${said}`;
}
