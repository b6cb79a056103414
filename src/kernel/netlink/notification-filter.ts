// Which route notifications are worth a wakeup: a program of classic BPF on the socket drops those that sockets of our own caused,
// as FRR and others do, for a table of a million routes would otherwise come back as a million notifications. linux:
// Documentation/networking/filter.rst. Loads of classic BPF are in network order, netlink's headers are not.

import { MessageType } from './code-points.ts';

const code = { loadWord: 0x20, loadHalf: 0x28, jumpEqual: 0x15, answer: 0x06 };
/** Offsets in struct nlmsghdr. */
const typeAt = 4;
const portIdAt = 12;
const pass = 0xffff_ffff;

/** Drops RTM_NEWROUTE and RTM_DELROUTE that one of these sockets caused. */
export function buildNotificationFilter(portIds: readonly number[]): Uint8Array {
  const toPass = portIds.length;
  const program: [operation: number, whenTrue: number, whenFalse: number, value: number][] = [
    [code.loadHalf, 0, 0, typeAt],
    [code.jumpEqual, 1, 0, swapHalf(MessageType.NewRoute)],
    [code.jumpEqual, 0, toPass + 1, swapHalf(MessageType.DelRoute)],
    [code.loadWord, 0, 0, portIdAt],
    ...portIds.map((portId, index): [number, number, number, number] => [
      code.jumpEqual,
      toPass - index,
      0,
      swapWord(portId),
    ]),
    [code.answer, 0, 0, pass],
    [code.answer, 0, 0, 0],
  ];
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, [operation, whenTrue, whenFalse, value]] of program.entries()) {
    view.setUint16(index * 8, operation, true);
    view.setUint8(index * 8 + 2, whenTrue);
    view.setUint8(index * 8 + 3, whenFalse);
    view.setUint32(index * 8 + 4, value, true);
  }
  return bytes;
}

function swapHalf(value: number): number {
  return ((value & 0xff) << 8) | (value >>> 8);
}

function swapWord(value: number): number {
  return ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}
