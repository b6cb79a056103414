// What the kernel answered to a netlink message: the errno's code, and its own words where it sent some (extended acknowledgement,
// e.g. "Nexthop has invalid gateway"), which tell more than EINVAL does.

import { errnoCode, KernelError } from '../errors.ts';
import { ExtAckAttribute, MessageFlag } from './code-points.ts';
import { AttributeReader, type MessageReader, readText } from './message-reader.ts';

export class NetlinkError extends KernelError {
  override readonly name = 'NetlinkError';
  /** The kernel's words, empty when it had none. */
  readonly detail: string;

  constructor(code: string, attempted: string, detail: string) {
    super(code, attempted, { detail });
    this.detail = detail;
  }
}

/** Of an NLMSG_ERROR: 0 for an acknowledgement, else the errno. */
export function readErrno(reader: MessageReader): number {
  return reader.end - reader.start < 4 ? 0 : -reader.view.getInt32(reader.start, true);
}

/** The kernel's words in an NLMSG_ERROR, or an empty text. */
export function readErrorText(reader: MessageReader): string {
  if ((reader.flags & MessageFlag.ExtAckTlvs) === 0) return '';
  // The request's header follows the errno, and the whole request unless NETLINK_CAP_ACK cut it.
  const echoed = reader.end - reader.start < 8 ? 0 : reader.view.getUint32(reader.start + 4, true);
  const skipped = (reader.flags & MessageFlag.Capped) === 0 ? (echoed + 3) & ~3 : 16;
  const attributes = new AttributeReader();
  attributes.reset(reader.view, reader.start + 4 + skipped, reader.end);
  while (attributes.next()) {
    if (attributes.type === ExtAckAttribute.Message) return readText(reader.bytes, attributes.start, attributes.end);
  }
  return '';
}

export function errorOf(reader: MessageReader, attempted: string): NetlinkError {
  return new NetlinkError(errnoCode(readErrno(reader)), attempted, readErrorText(reader));
}
