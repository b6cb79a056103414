// Pings that go on while something happens, and how many of them were lost. Each address gets several streams, since one ping
// program sends no more than about sixty a second without spinning.
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from '../lab-error.ts';
import { type LabPaths, nodePaths } from '../paths.ts';
import { inside, nodeEnvironment } from '../run.ts';

const streams = 4;
const enoughLimitMs = 60_000;

export type PingCount = { readonly address: string; readonly sent: number; readonly lost: number };

export type Pings = {
  /** Waits until so many were sent to each address. */
  readonly haveSent: (count: number) => Promise<void>;
  readonly stop: () => Promise<readonly PingCount[]>;
};

export function startPings(lab: LabPaths, node: string, addresses: readonly string[]): Pings {
  const all = addresses.map((address) => ({
    address,
    streams: Array.from({ length: streams }, () => new PingStream(lab, node, address)),
  }));
  const sentTo = (target: (typeof all)[number]): number => sum(target.streams.map((stream) => stream.reached));
  return {
    haveSent: async (count) => {
      const giveUpAt = performance.now() + enoughLimitMs;
      while (all.some((target) => sentTo(target) < count)) {
        // Nobody answers any more: stop() tells how many were lost.
        if (performance.now() > giveUpAt) return;
        await sleep(20);
      }
    },
    stop: async () =>
      await Promise.all(
        all.map(async (target) => {
          const counts = await Promise.all(target.streams.map(async (stream) => await stream.stop()));
          return {
            address: target.address,
            sent: sum(counts.map(({ sent }) => sent)),
            lost: sum(counts.map(({ lost }) => lost)),
          };
        }),
      ),
  };
}

class PingStream {
  readonly #child;
  readonly #ended: Promise<void>;
  readonly #answered = new Set<number>();
  #said = '';
  #failure: string | undefined;
  /** The highest number that was answered. */
  reached = 0;

  constructor(lab: LabPaths, node: string, address: string) {
    const [program = '', ...args] = inside(nodePaths(lab, node), ['ping', '-n', '-i', '0.01', address]);
    this.#child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: nodeEnvironment(lab, node) });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#failure = text.trim()));
    this.#ended = new Promise((resolve) => {
      this.#child.on('error', (cause) => {
        this.#failure = cause.message;
        resolve();
      });
      this.#child.on('close', () => resolve());
    });
  }

  #read(text: string): void {
    const lines = `${this.#said}${text}`.split('\n');
    this.#said = lines.pop() ?? '';
    for (const line of lines) {
      const summary = /^(\d+) packets transmitted/.exec(line);
      if (summary !== null) this.#transmitted = Number(summary[1]);
      const answer = /bytes from .* icmp_seq=(\d+)/.exec(line);
      if (answer === null) continue;
      // ping numbers from 1, with 16 bits; no run here is that long.
      this.#answered.add(Number(answer[1]));
      this.reached = Math.max(this.reached, Number(answer[1]));
    }
  }

  #transmitted: number | undefined;

  async stop(): Promise<{ readonly sent: number; readonly lost: number }> {
    this.#child.kill('SIGINT');
    await this.#ended;
    if (this.#transmitted === undefined) throw new LabError(`ping told no count: ${this.#failure ?? 'no reason'}`);
    // The last one may have been on its way when we stopped.
    const isLastOnItsWay = this.reached === this.#transmitted - 1;
    const sent = isLastOnItsWay ? this.reached : this.#transmitted;
    return { sent, lost: sent - this.#answered.size };
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
