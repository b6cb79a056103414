// Runs inside of a network namespace (raw-router.ts starts it there): TCP connections that send what the test says and tell what
// comes back. It knows nothing of BGP but the KEEPALIVE that it may repeat.

import { createConnection, type Socket } from 'node:net';

/** Orders of the test. Every connection has a number that the test chose. */
export type Order =
  | { readonly type: 'connect'; readonly id: number; readonly from: string; readonly to: string; readonly port: number }
  /** `segmentBytes`: cut into segments of this size, one a turn. */
  | { readonly type: 'send'; readonly id: number; readonly bytes: Uint8Array; readonly segmentBytes?: number }
  | { readonly type: 'repeat'; readonly id: number; readonly bytes: Uint8Array; readonly everyMs: number }
  | { readonly type: 'pause'; readonly id: number }
  /** Ends with a reset (RST) instead of a FIN. */
  | { readonly type: 'reset'; readonly id: number };

export type Report =
  | { readonly type: 'connected'; readonly id: number }
  | { readonly type: 'data'; readonly id: number; readonly bytes: Uint8Array; readonly atMs: number }
  | { readonly type: 'closed'; readonly id: number };

const sockets = new Map<number, Socket>();

function report(message: Report): void {
  process.send?.(message);
}

function connect({ id, from, to, port }: Extract<Order, { type: 'connect' }>): void {
  const socket = createConnection({ host: to, port, localAddress: from, noDelay: true });
  sockets.set(id, socket);
  socket.on('connect', () => report({ type: 'connected', id }));
  socket.on('data', (bytes) => report({ type: 'data', id, bytes: Uint8Array.from(bytes), atMs: performance.now() }));
  // The end of a connection is what is reported, whatever the reason.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    sockets.delete(id);
    report({ type: 'closed', id });
  });
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly segmentBytes: number;
}

/** What is still to be sent: one order after the other. */
const waiting = new WeakMap<Socket, Piece[]>();

function enqueue(socket: Socket, piece: Piece): void {
  const queue = waiting.get(socket);
  if (queue !== undefined) {
    queue.push(piece);
    return;
  }
  waiting.set(socket, [piece]);
  sendNext(socket);
}

function sendNext(socket: Socket): void {
  const queue = waiting.get(socket);
  const piece = queue?.shift();
  if (queue === undefined || piece === undefined || socket.destroyed) {
    waiting.delete(socket);
    return;
  }
  const { bytes, segmentBytes } = piece;
  if (bytes.length > segmentBytes) queue.unshift({ bytes: bytes.subarray(segmentBytes), segmentBytes });
  const isTaken = socket.write(bytes.subarray(0, segmentBytes));
  if (isTaken) setImmediate(() => sendNext(socket));
  else socket.once('drain', () => sendNext(socket));
}

function repeat(socket: Socket, bytes: Uint8Array, everyMs: number): void {
  const timer = setInterval(() => enqueue(socket, { bytes, segmentBytes: bytes.length }), everyMs);
  socket.once('close', () => clearInterval(timer));
}

process.on('message', (order: Order) => {
  if (order.type === 'connect') return connect(order);
  const socket = sockets.get(order.id);
  if (socket === undefined) return;
  if (order.type === 'send') enqueue(socket, { bytes: order.bytes, segmentBytes: order.segmentBytes ?? 65_536 });
  else if (order.type === 'repeat') repeat(socket, order.bytes, order.everyMs);
  else if (order.type === 'pause') socket.pause();
  else socket.resetAndDestroy();
});
process.on('disconnect', () => process.exit(0));
