// The speaker of one process in the histories: connections without a network, a clock that it shares with the processes before it and
// no longer hears when it is dead, next hops as the model has them.

import type { Address } from '#bgp/net/address.ts';
import type { Clock, ConnectionId, Transport } from '#bgp/ports.ts';
import { Speaker } from '#bgp/speaker.ts';
import type { FakeClock } from '#support/fake-clock.ts';
import { address as textOfAddress } from '../rib/update-text.ts';
import type { FarEnd } from './far-end.ts';
import { connectionInfo } from './setting.ts';

export interface NextHopFacts {
  readonly unreachable: ReadonlySet<string>;
  readonly metrics: ReadonlyMap<string, number>;
}

export class RealSpeaker {
  readonly speaker: Speaker;
  private readonly ends = new Map<ConnectionId, FarEnd>();
  private lastConnection = 0;
  private isAlive = true;
  private isWoken = false;

  constructor(clock: FakeClock, nextHops: NextHopFacts) {
    const transport: Transport = {
      connect: () => {
        throw new Error('a passive neighbor connects');
      },
      send: (connection, bytes) => this.ends.get(connection)?.take(bytes),
      queuedBytes: () => 0,
      setReading: () => undefined,
      setPassword: () => undefined,
      close: (connection) => {
        const far = this.ends.get(connection);
        if (far !== undefined) far.isClosed = true;
        this.ends.delete(connection);
      },
    };
    const ownClock: Clock = {
      nowMs: () => clock.nowMs(),
      wallMs: () => clock.wallMs(),
      random: () => clock.random(),
      setTimer: (delayMs, expired) =>
        clock.setTimer(delayMs, () => {
          if (this.isAlive) expired();
        }),
      clearTimer: (timer) => clock.clearTimer(timer),
    };
    this.speaker = new Speaker('whole', {
      transport,
      clock: ownClock,
      nextHops: {
        resolve: (nextHop) => {
          const text = groupsOf(nextHop);
          return {
            isReachable: !nextHops.unreachable.has(text),
            metric: nextHops.metrics.get(text) ?? 0,
            interfaceName: 'mem0',
          };
        },
      },
      nextConnectionId: () => this.nextConnection(),
      onEvent: (event) => {
        if (event.type === 'internal-error') throw new Error(`internal error: ${event.error}`);
      },
      onWork: () => {
        this.isWoken = true;
      },
    });
  }

  nextConnection(): ConnectionId {
    this.lastConnection += 1;
    return this.lastConnection;
  }

  /** False: refused. */
  accept(far: FarEnd, remoteAddress: string): boolean {
    this.ends.set(far.connection, far);
    return this.speaker.connectionAccepted(far.connection, connectionInfo(remoteAddress));
  }

  receive(far: FarEnd, bytes: Uint8Array): void {
    if (!far.isClosed) this.speaker.received(far.connection, bytes);
  }

  /** As kill -9 does. */
  kill(): void {
    this.isAlive = false;
    this.ends.clear();
  }

  settle(): void {
    for (let slice = 0; this.work(); slice += 1) {
      if (slice > 100_000) throw new Error('the speaker never runs out of work');
    }
  }

  /** As a host does: also when the speaker asked for it within its last slice. */
  private work(): boolean {
    this.isWoken = false;
    return this.speaker.work() || this.isWoken;
  }
}

function groupsOf({ version, w0, w1, w2, w3 }: Address): string {
  const octets = [w0, w1, w2, w3].flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);
  return textOfAddress(Uint8Array.from(octets), 0, version === 4 ? 4 : 16);
}
