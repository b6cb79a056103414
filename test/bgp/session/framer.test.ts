// Cutting a stream into messages: any chunk size, what is copied and what not, header faults.

import test from 'ava';
import { Framer } from '#bgp/session/framer.ts';
import { NotificationError } from '#bgp/wire/notification.ts';
import { concat, END_OF_RIB, KEEPALIVE, message, open, updateOf } from './bytes.ts';

class Sink {
  readonly messages: Uint8Array[] = [];
  readonly buffers: Uint8Array[] = [];
  limit = Infinity;

  message(buffer: Uint8Array, offset: number, end: number): boolean {
    this.messages.push(buffer.slice(offset, end));
    this.buffers.push(buffer);
    return this.messages.length < this.limit;
  }
}

const stream = [open(), KEEPALIVE, END_OF_RIB, updateOf(4096), updateOf(23), updateOf(300), KEEPALIVE, updateOf(4096)];
const all = concat(...stream);

test('messages come out whole and in order whatever the size of the chunks', (t) => {
  for (const size of [1, 2, 17, 18, 19, 20, 23, 100, 4095, 4096, 4097, all.length]) {
    const framer = new Framer();
    const sink = new Sink();
    for (let at = 0; at < all.length; at += size) framer.feed(all.slice(at, at + size), sink);
    t.deepEqual(sink.messages, stream, `chunks of ${size}`);
    t.is(framer.pendingBytes, 0);
  }
});

test('a chunk of whole messages is not copied; only the message that spans chunks is', (t) => {
  const framer = new Framer();
  const sink = new Sink();
  const first = concat(KEEPALIVE, END_OF_RIB, KEEPALIVE.slice(0, 5));
  const second = concat(KEEPALIVE.slice(5), END_OF_RIB);
  framer.feed(first, sink);
  framer.feed(second, sink);
  t.deepEqual(
    sink.buffers.map((buffer) => buffer === first || buffer === second),
    [true, true, false, true],
  );
  t.deepEqual(sink.messages, [KEEPALIVE, END_OF_RIB, KEEPALIVE, END_OF_RIB]);
});

test('a message cut anywhere is put together again', (t) => {
  const whole = updateOf(60);
  for (let cut = 1; cut < whole.length; cut++) {
    const framer = new Framer();
    const sink = new Sink();
    framer.feed(whole.slice(0, cut), sink);
    t.is(framer.pendingBytes, cut);
    framer.feed(concat(whole.slice(cut), KEEPALIVE), sink);
    t.deepEqual(sink.messages, [whole, KEEPALIVE], `cut at ${cut}`);
  }
});

test('never more than one message is kept', (t) => {
  const framer = new Framer();
  const sink = new Sink();
  framer.feed(updateOf(4096).slice(0, 4095), sink);
  t.is(framer.pendingBytes, 4095);
  t.is(sink.messages.length, 0);
});

test('a sink that answers false gets nothing more of the chunk', (t) => {
  const sink = new Sink();
  sink.limit = 2;
  new Framer().feed(concat(KEEPALIVE, KEEPALIVE, KEEPALIVE), sink);
  t.is(sink.messages.length, 2);
});

test('a header fault is thrown when the header is whole, also across chunks (RFC 4271 §6.1)', (t) => {
  const faults: readonly (readonly [Uint8Array, number, readonly number[]])[] = [
    [concat(Uint8Array.of(254), KEEPALIVE.slice(1)), 1, []],
    [message(4, [], 18), 2, [0, 18]],
    [message(2, [], 4097), 2, [16, 1]],
    [message(4, [0]), 2, [0, 20]],
    [message(1, [4]), 2, [0, 20]],
    [message(9, []), 3, [9]],
    [message(0, []), 3, [0]],
  ];
  for (const [bytes, subcode, data] of faults) {
    for (const size of [1, bytes.length]) {
      const framer = new Framer();
      const error = t.throws(
        () => {
          for (let at = 0; at < bytes.length; at += size) framer.feed(bytes.slice(at, at + size), new Sink());
        },
        { instanceOf: NotificationError },
      );
      t.deepEqual([error.code, error.subcode, [...error.data]], [1, subcode, data]);
    }
  }
});
