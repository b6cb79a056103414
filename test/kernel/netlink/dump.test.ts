// The end of a dump, by octets: whole, interrupted by a change of the tables (NLM_F_DUMP_INTR), failed on its way. The kernel sets the
// flag on whichever message comes after the change, on the last one or on others.

import test from 'ava';
import { MessageFlag, MessageType } from '#kernel/netlink/code-points.ts';
import { MessageReader } from '#kernel/netlink/message-reader.ts';
import { NetlinkError } from '#kernel/netlink/netlink-error.ts';
import { RunningDump } from '#kernel/netlink/socket.ts';

const ours = 7;
const interrupted = MessageFlag.Multi | MessageFlag.DumpInterrupted;

/** struct nlmsghdr and an int, which NLMSG_DONE has for the errno. */
function message(type: number, flags: number, errno = 0, sequence = ours): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 20, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, sequence, true);
  view.setInt32(16, -errno, true);
  return bytes;
}

/** What each datagram is answered with, and how many objects were handed out. */
function read(...datagrams: readonly (readonly Uint8Array[])[]): { readonly states: string[]; readonly found: number } {
  const reader = new MessageReader(new Uint8Array(1024));
  const dump = new RunningDump(reader, ours, 'list routes');
  let found = 0;
  const states = datagrams.map((parts) => {
    const bytes = Buffer.concat(parts);
    reader.bytes.set(bytes);
    reader.reset(bytes.length);
    return dump.read(() => found++);
  });
  return { states, found };
}

const object = message(MessageType.NewRoute, MessageFlag.Multi);
const done = message(MessageType.Done, MessageFlag.Multi);

test('a dump is over with NLMSG_DONE, in whichever datagram, and what belongs to another is passed over', (t) => {
  t.deepEqual(read([object, object], [object, done]), { states: ['more', 'done'], found: 3 });
  const late = message(MessageType.NewRoute, interrupted, 0, ours - 1);
  t.deepEqual(read([late, object], [late, done]), { states: ['more', 'done'], found: 1 });
});

test('a dump is interrupted when any of its messages says so, the first, one between or the last', (t) => {
  const changed = message(MessageType.NewRoute, interrupted);
  t.deepEqual(read([changed, object], [done]), { states: ['more', 'interrupted'], found: 2 });
  t.deepEqual(read([object], [changed], [object, done]), { states: ['more', 'more', 'interrupted'], found: 3 });
  t.deepEqual(read([object, message(MessageType.Done, interrupted)]), { states: ['interrupted'], found: 1 });
});

test('a dump that fails on its way throws what NLMSG_DONE or NLMSG_ERROR says', (t) => {
  for (const type of [MessageType.Done, MessageType.Error]) {
    const error = t.throws(() => read([object], [message(type, MessageFlag.Multi, 12)]), { instanceOf: NetlinkError });
    t.regex(error.message, /^cannot list routes: ENOMEM/);
  }
});
