// One NETLINK_ROUTE socket: requests with their answers, dumps, batches, and what the kernel sends by itself. Everything is
// synchronous, because the kernel executes a request within send(); only notifications and long dumps are waited for, on the event
// loop. Knows messages, not routes. linux: netlink(7), Documentation/userspace-api/netlink/intro.rst.

import { errnoCode, KernelError } from '../errors.ts';
import { MessageFlag, MessageType, NetlinkLevel, NetlinkOption } from './code-points.ts';
import { MessageReader } from './message-reader.ts';
import type { MessageWriter } from './message-writer.ts';
import { errorOf, readErrno, readErrorText } from './netlink-error.ts';
import {
  AF_NETLINK,
  loadSystemCalls,
  type PollHandle,
  rawSocket,
  SocketLevel,
  SocketOption,
  type SystemCalls,
} from './system-calls.ts';

/** The kernel makes dump datagrams of at most 32 KiB, unless the reader's buffer is larger. */
const receiveBytes = 64 * 1024;
const receiveQueueBytes = 4 * 1024 * 1024;
/** The kernel answers at once; longer means that an answer was lost. */
const answerTimeoutMs = 5_000;
const EINTR = 4;
const EAGAIN = 11;
const ENOBUFS = 105;
/** A dump that the tables change under is begun again this often before what was read is taken as it is. */
const maxDumpRestarts = 8;

export type Received = 'message' | 'nothing' | 'overrun';

/** The kernel's word on one message of a batch. */
export type Refused = (sequence: number, code: string, detail: string) => void;

export class NetlinkSocket {
  /** Identifies the socket to the kernel: notifications carry it as their cause. */
  readonly portId: number;
  readonly #calls: SystemCalls;
  readonly #fd: number;
  readonly #reader = new MessageReader(new Uint8Array(receiveBytes));
  #sequence = 1;
  #watch: PollHandle | undefined;
  #isClosed = false;

  constructor() {
    this.#calls = loadSystemCalls();
    const calls = this.#calls;
    this.#fd = calls.socket(AF_NETLINK, rawSocket, 0);
    if (this.#fd < 0) throw new KernelError(errnoCode(calls.errno()), 'open a netlink socket');
    try {
      this.#setUp();
      const address = new Uint8Array(12);
      calls.getsockname(this.#fd, address, new Uint32Array([12]));
      this.portId = new DataView(address.buffer).getUint32(4, true);
    } catch (error) {
      calls.close(this.#fd);
      throw error;
    }
  }

  /** Of the last message that receive() or a dump handed out. */
  get reader(): MessageReader {
    return this.#reader;
  }

  /** A number for a message, so that its answer can be told. Room for `count` of them, the first is answered. */
  takeSequence(count = 1): number {
    if (this.#sequence + count > 0xffff_fff0) this.#sequence = 1;
    const first = this.#sequence;
    this.#sequence += count;
    return first;
  }

  join(group: number, attempted: string): void {
    this.#setOption(NetlinkLevel, NetlinkOption.AddMembership, group, attempted);
  }

  /** A program of classic BPF that decides which notifications are worth a wakeup. */
  filter(program: Uint8Array): void {
    if (this.#calls.attachFilter(this.#fd, program) !== 0) {
      throw new KernelError(errnoCode(this.#calls.errno()), 'filter notifications of the kernel');
    }
  }

  /** Calls when something can be received. */
  watch(readable: () => void): void {
    this.#watch?.close();
    this.#watch = this.#calls.watch(this.#fd, readable);
  }

  /** The next datagram into the reader, without waiting. `overrun`: the kernel had to drop some. */
  receive(): Received {
    // The descriptor's number may be another's by now.
    if (this.#isClosed) return 'nothing';
    for (;;) {
      const length = this.#calls.recv(this.#fd, this.#reader.bytes, receiveBytes, 0);
      if (length >= 0) {
        this.#reader.reset(length);
        return 'message';
      }
      const errno = this.#calls.errno();
      if (errno === EAGAIN) return 'nothing';
      if (errno === ENOBUFS) return 'overrun';
      if (errno !== EINTR) throw new KernelError(errnoCode(errno), 'receive from netlink');
    }
  }

  send(writer: MessageWriter, attempted: string): void {
    for (;;) {
      if (this.#calls.send(this.#fd, writer.bytes, writer.length, 0) >= 0) return;
      const errno = this.#calls.errno();
      if (errno !== EINTR) throw new KernelError(errnoCode(errno), attempted);
    }
  }

  /** One request with an acknowledgement. Throws NetlinkError. */
  request(writer: MessageWriter, sequence: number, attempted: string): void {
    this.send(writer, attempted);
    for (;;) {
      this.#await(attempted);
      while (this.#reader.next()) {
        if (this.#reader.sequence !== sequence || this.#reader.type !== MessageType.Error) continue;
        if (readErrno(this.#reader) === 0) return;
        throw errorOf(this.#reader, attempted);
      }
    }
  }

  /**
   * Many requests in one go; the last one asks for an acknowledgement, after which everything that was not refused is done.
   * `lost`: answers were dropped, and which requests were refused is not known.
   */
  batch(
    writer: MessageWriter,
    firstSequence: number,
    lastSequence: number,
    attempted: string,
    refused: Refused,
  ): 'done' | 'lost' {
    writer.addFlag(MessageFlag.Ack);
    this.send(writer, attempted);
    for (;;) {
      if (!this.#awaitOrLose(attempted)) return 'lost';
      while (this.#reader.next()) {
        if (this.#reader.type !== MessageType.Error) continue;
        const { sequence } = this.#reader;
        // What an earlier batch was refused, whose end was lost.
        if (sequence < firstSequence || sequence > lastSequence) continue;
        const errno = readErrno(this.#reader);
        if (errno !== 0) refused(sequence, errnoCode(errno), readErrorText(this.#reader));
        if (sequence === lastSequence) return 'done';
      }
    }
  }

  /**
   * Hands out every object of a dump through the reader. `write` writes the request with the flags and sequence given. When the
   * kernel says that its tables changed meanwhile, `restarted` is called and the dump begins again. False: they changed each time,
   * and what was handed out last may lack something.
   */
  dump(
    writer: MessageWriter,
    write: (writer: MessageWriter, flags: number, sequence: number) => void,
    attempted: string,
    found: (reader: MessageReader) => void,
    restarted: () => void,
  ): boolean {
    for (let round = 0; ; round++) {
      const dump = this.beginDump(writer, write, attempted);
      let state: 'more' | 'done' | 'interrupted' = 'more';
      while (state === 'more') {
        this.#await(attempted);
        state = dump.read(found);
      }
      if (state === 'done' || round === maxDumpRestarts) return state === 'done';
      restarted();
    }
  }

  /** A dump that is read as it comes: `read` after every `message` of receive(). One at a time. */
  beginDump(
    writer: MessageWriter,
    write: (writer: MessageWriter, flags: number, sequence: number) => void,
    attempted: string,
  ): RunningDump {
    const sequence = this.takeSequence();
    writer.clear();
    write(writer, MessageFlag.Request | MessageFlag.Dump, sequence);
    this.send(writer, attempted);
    return new RunningDump(this.#reader, sequence, attempted);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#watch?.close();
    this.#calls.close(this.#fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #setUp(): void {
    const calls = this.#calls;
    const address = new Uint8Array(12);
    new DataView(address.buffer).setUint16(0, AF_NETLINK, true);
    if (calls.bind(this.#fd, address, 12) !== 0) {
      throw new KernelError(errnoCode(calls.errno()), 'bind a netlink socket');
    }
    const size = encodeInteger(receiveQueueBytes);
    // Beyond net.core.rmem_max only with CAP_NET_ADMIN; without it as much as is allowed, and an overrun is read anew.
    if (calls.setsockopt(this.#fd, SocketLevel, SocketOption.ReceiveBufferForce, size, 4) !== 0) {
      calls.setsockopt(this.#fd, SocketLevel, SocketOption.ReceiveBuffer, size, 4);
    }
    // Short answers with the kernel's own words, and dumps that heed what the request asks for (Linux 4.20).
    this.#setOption(NetlinkLevel, NetlinkOption.CapAck, 1, 'ask netlink for short answers');
    this.#setOption(NetlinkLevel, NetlinkOption.ExtAck, 1, 'ask netlink for reasons');
    this.#setOption(NetlinkLevel, NetlinkOption.StrictCheck, 1, 'ask netlink for filtered dumps');
  }

  #setOption(level: number, option: number, value: number, attempted: string): void {
    if (this.#calls.setsockopt(this.#fd, level, option, encodeInteger(value), 4) !== 0) {
      throw new KernelError(errnoCode(this.#calls.errno()), attempted);
    }
  }

  #await(attempted: string): void {
    if (!this.#awaitOrLose(attempted)) throw new KernelError('ENOBUFS', attempted);
  }

  /** False when the kernel had to drop answers. */
  #awaitOrLose(attempted: string): boolean {
    for (;;) {
      const received = this.receive();
      if (received !== 'nothing') return received === 'message';
      if (this.#calls.waitReadable(this.#fd, answerTimeoutMs) === 0) throw new KernelError('ETIMEDOUT', attempted);
    }
  }
}

export class RunningDump {
  readonly #reader: MessageReader;
  readonly #sequence: number;
  readonly #attempted: string;
  #isInterrupted = false;

  constructor(reader: MessageReader, sequence: number, attempted: string) {
    this.#reader = reader;
    this.#sequence = sequence;
    this.#attempted = attempted;
  }

  /** Of one datagram. `interrupted`: at its end, when the tables changed while it ran. Throws NetlinkError. */
  read(found: (reader: MessageReader) => void): 'more' | 'done' | 'interrupted' {
    const reader = this.#reader;
    while (reader.next()) {
      if (reader.sequence !== this.#sequence) continue;
      if ((reader.flags & MessageFlag.DumpInterrupted) !== 0) this.#isInterrupted = true;
      if (reader.type === MessageType.Error) throw errorOf(reader, this.#attempted);
      if (reader.type === MessageType.Done) {
        // The errno of a dump that failed on its way stands in NLMSG_DONE.
        if (readErrno(reader) !== 0) throw errorOf(reader, this.#attempted);
        return this.#isInterrupted ? 'interrupted' : 'done';
      }
      found(reader);
    }
    return 'more';
  }
}

function encodeInteger(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}
