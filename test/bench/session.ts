// One BGP session of ours towards the device: connects, exchanges OPEN and KEEPALIVE, then keeps the session alive. No state
// machine: until the session is up every failure is tried again, from then on the first surprise (a NOTIFICATION, a closed
// connection) ends it.

import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { BenchError } from './bench-error.ts';
import { encodeKeepalive, encodeOpen, MessageType } from './encode.ts';
import { FrameLog } from './frame-log.ts';
import type { PeerPlan } from './plan.ts';

export interface SessionOptions {
  readonly plan: PeerPlan;
  readonly holdTimeSec: number;
  /** Whether everything received is kept for the verifier. */
  readonly keepsBytes: boolean;
  readonly capacityBytes: number;
}

const readBufferBytes = 1 << 20;
/** OpenBGPD takes half a minute to bring up a hundred sessions. */
const openLimitMs = 90_000;
const retryMs = 100;

/** Resolves with an established session; devices take a moment until they listen and know their neighbours. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const deadlineMs = performance.now() + openLimitMs;
  for (;;) {
    const session = new Session(options);
    try {
      await session.establish(deadlineMs);
      return session;
    } catch (error) {
      session.close();
      if (!(error instanceof BenchError) || performance.now() > deadlineMs) throw error;
    }
    await sleep(retryMs);
  }
}

export class Session {
  readonly log: FrameLog;
  /** Called after every read, with the time of it. */
  onRead: (atMs: number) => void = () => {};
  onKeepalive: (atMs: number) => void = () => {};
  /** Called once, when the session ends and nobody closed it. */
  onEnd: (reason: BenchError) => void = () => {};
  readonly #options: SessionOptions;
  readonly #socket: net.Socket;
  #established: () => void = () => {};
  #keepaliveTimer: NodeJS.Timeout | undefined;
  #hasEnded = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.log = new FrameLog(options.keepsBytes, options.capacityBytes, (type, bytes, start, end) =>
      this.#handle(type, bytes, start, end),
    );
    this.#socket = new net.Socket({
      onread: {
        buffer: Buffer.allocUnsafeSlow(readBufferBytes),
        callback: (length, buffer) => {
          this.#receive(buffer.subarray(0, length));
          return true;
        },
      },
    });
    this.#socket.setNoDelay(true);
    this.#socket.on('error', (error) => this.#end(error.message));
    this.#socket.on('close', () => this.#end('the device closed the connection'));
  }

  /** Resolves once both sides have sent OPEN and KEEPALIVE. */
  async establish(deadlineMs: number): Promise<void> {
    const { plan, holdTimeSec } = this.#options;
    const timer = setTimeout(() => this.#end('no KEEPALIVE after OPEN'), Math.max(0, deadlineMs - performance.now()));
    try {
      await new Promise<void>((resolve, reject) => {
        this.#established = resolve;
        this.onEnd = reject;
        this.#socket.connect({ host: plan.deviceAddress, port: 179, localAddress: plan.address }, () =>
          this.write(encodeOpen(plan, holdTimeSec)),
        );
      });
    } finally {
      clearTimeout(timer);
    }
    this.#keepaliveTimer = setInterval(() => this.write(encodeKeepalive()), (holdTimeSec * 1000) / 3);
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  close(): void {
    this.#hasEnded = true;
    clearInterval(this.#keepaliveTimer);
    this.#socket.destroy();
  }

  #receive(chunk: Uint8Array): void {
    const atMs = performance.now();
    this.log.append(chunk, atMs);
    this.onRead(atMs);
  }

  #handle(type: number, bytes: Buffer, start: number, end: number): void {
    if (type === MessageType.Open) {
      this.write(encodeKeepalive());
    } else if (type === MessageType.Keepalive) {
      this.#established();
      this.onKeepalive(performance.now());
    } else if (type === MessageType.Notification) {
      this.#end(`the device sent NOTIFICATION ${bytes.toString('hex', start + 19, end)}`);
    }
  }

  #end(reason: string): void {
    if (this.#hasEnded) return;
    this.close();
    this.onEnd(new BenchError(`${this.#options.plan.name}: ${reason}`));
  }
}
