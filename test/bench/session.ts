// One BGP session of ours towards the device: connects until the device answers, exchanges OPEN and KEEPALIVE, then keeps
// the session alive. No state machine: the bench ends at the first surprise (a NOTIFICATION, a closed connection).

import net from 'node:net';

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
  readonly connectLimitMs: number;
}

const readBufferBytes = 1 << 20;
const retryMs = 100;

export class Session {
  readonly log: FrameLog;
  /** Called after every read, with the time of it. */
  onRead: (atMs: number) => void = () => {};
  onKeepalive: (atMs: number) => void = () => {};
  onEnd: (reason: BenchError) => void = () => {};
  readonly #options: SessionOptions;
  #socket: net.Socket | undefined;
  #keepaliveTimer: NodeJS.Timeout | undefined;
  #established: (() => void) | undefined;
  #hasEnded = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.log = new FrameLog(options.keepsBytes, options.capacityBytes, (type, bytes, start, end) =>
      this.#handle(type, bytes, start, end),
    );
  }

  /** Resolves once both sides have sent OPEN and KEEPALIVE. */
  async establish(): Promise<void> {
    const { plan, connectLimitMs } = this.#options;
    const deadline = performance.now() + connectLimitMs;
    const established = new Promise<void>((resolve) => {
      this.#established = resolve;
    });
    const failed = new Promise<never>((_resolve, reject) => {
      this.onEnd = reject;
    });
    while (!(await this.#connect())) {
      if (performance.now() > deadline) {
        throw new BenchError(`${plan.name}: nobody accepts a connection at ${plan.deviceAddress}:179`);
      }
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
    this.write(encodeOpen(plan, this.#options.holdTimeSec));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new BenchError(`${plan.name}: no KEEPALIVE after OPEN within ${connectLimitMs} ms`)),
        connectLimitMs,
      );
    });
    try {
      await Promise.race([established, failed, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  write(bytes: Uint8Array): void {
    this.#socket?.write(bytes);
  }

  close(): void {
    this.#hasEnded = true;
    clearInterval(this.#keepaliveTimer);
    this.#socket?.destroy();
  }

  #connect(): Promise<boolean> {
    const { plan } = this.#options;
    return new Promise((resolve) => {
      const socket = net.connect({
        host: plan.deviceAddress,
        port: 179,
        localAddress: plan.address,
        noDelay: true,
        onread: {
          buffer: Buffer.allocUnsafeSlow(readBufferBytes),
          callback: (length, buffer) => {
            this.#receive(buffer.subarray(0, length));
            return true;
          },
        },
      });
      socket.once('connect', () => {
        this.#socket = socket;
        socket.once('close', () => this.#end(`${plan.name}: the device closed the connection`));
        resolve(true);
      });
      socket.on('error', (error) => {
        if (this.#socket === socket) this.#end(`${plan.name}: ${error.message}`);
        else resolve(false);
      });
    });
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
      this.onKeepalive(performance.now());
      if (this.#established === undefined) return;
      this.#established();
      this.#established = undefined;
      const intervalMs = (this.#options.holdTimeSec * 1000) / 3;
      this.#keepaliveTimer = setInterval(() => this.write(encodeKeepalive()), intervalMs);
    } else if (type === MessageType.Notification) {
      const text = bytes.toString('hex', start + 19, end);
      this.#end(`${this.#options.plan.name}: the device sent NOTIFICATION ${text}`);
    }
  }

  #end(reason: string): void {
    if (this.#hasEnded) return;
    this.close();
    this.onEnd(new BenchError(reason));
  }
}
