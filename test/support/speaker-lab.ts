// Whole speakers joined by the memory network and the fake clock: what one announces, another shows.

import type { NeighborConfig, SpeakerConfig } from '#bgp/config.ts';
import type { SpeakerEvent } from '#bgp/events.ts';
import type { FamilyName } from '#bgp/net/family.ts';
import { Prefix } from '#bgp/net/prefix.ts';
import type { Clock, ConnectionId, Fib, NextHopResolver } from '#bgp/ports.ts';
import { Speaker } from '#bgp/speaker.ts';
import { attributesOfRow, type NeighborView, type RouteQuery } from '#bgp/views.ts';
import { decodePathAttributes, type PathAttributes } from '#bgp/wire/attributes.ts';
import { FakeClock } from './fake-clock.ts';
import { type MemoryEndpoint, MemoryNetwork } from './memory-transport.ts';

/** Every next hop is reachable unless a test says otherwise. */
export const everythingReachable: NextHopResolver = {
  resolve: () => ({ isReachable: true, metric: 0, interfaceName: 'mem0' }),
};

export interface ShownRoute {
  readonly prefix: string;
  readonly peer: number;
  readonly flags: number;
  readonly reason: number;
  readonly attributes: PathAttributes;
}

export class SpeakerLab {
  readonly clock = new FakeClock();
  readonly network = new MemoryNetwork();
  readonly #hosts = new Map<Speaker, { readonly endpoint: MemoryEndpoint; isAlive: boolean }>();

  /** A speaker at the given addresses; configure() starts it. */
  add(
    instance: string,
    addresses: readonly string[],
    resolver: NextHopResolver = everythingReachable,
    fib?: Fib,
  ): { readonly speaker: Speaker; readonly events: SpeakerEvent[] } {
    const events: SpeakerEvent[] = [];
    const endpoint = this.network.endpoint(...addresses);
    const host = { endpoint, isAlive: true };
    const clock: Clock = {
      nowMs: () => this.clock.nowMs(),
      wallMs: () => this.clock.wallMs(),
      random: () => this.clock.random(),
      setTimer: (delayMs, expired) =>
        this.clock.setTimer(delayMs, () => {
          if (host.isAlive) expired();
        }),
      clearTimer: (timer) => this.clock.clearTimer(timer),
    };
    const speaker = new Speaker(instance, {
      transport: endpoint,
      clock,
      nextHops: resolver,
      nextConnectionId: this.network.nextConnectionId,
      onEvent: (event) => events.push(event),
      onWork: () => undefined,
      ...(fib === undefined ? {} : { fib }),
    });
    endpoint.handler = {
      connectionOpened: (connection, info) => speaker.connectionOpened(connection, info),
      connectionFailed: (connection, error) => speaker.connectionFailed(connection, error),
      accept: (connection: ConnectionId, info) => {
        if (!speaker.connectionAccepted(connection, info)) endpoint.close(connection);
      },
      received: (connection, bytes) => speaker.received(connection, bytes),
      connectionClosed: (connection, error) => speaker.connectionClosed(connection, error),
      connectionChanged: (connection, info) => speaker.connectionChanged(connection, info),
    };
    this.#hosts.set(speaker, host);
    return { speaker, events };
  }

  /** As kill -9 does: no word to anybody, the connections break, and another speaker may come up at its addresses. */
  kill(speaker: Speaker): void {
    const host = this.#hosts.get(speaker);
    if (host === undefined) throw new RangeError('no such speaker');
    host.isAlive = false;
    host.endpoint.handler = undefined;
    this.network.remove(host.endpoint);
    this.#hosts.delete(speaker);
    this.settle();
  }

  /** Its interface gets other addresses, and its connections stand. */
  readdress(speaker: Speaker, ...addresses: readonly string[]): void {
    this.#hosts.get(speaker)?.endpoint.readdress(addresses);
    this.settle();
  }

  /** Breaks every connection of a speaker, which lives on. */
  breakConnections(speaker: Speaker): void {
    const endpoint = this.#hosts.get(speaker)?.endpoint;
    for (const connection of endpoint?.openConnections ?? []) endpoint?.breakConnection(connection);
  }

  /** Delivers bytes and does work until nothing moves. */
  settle(): void {
    for (let round = 0; round < 10_000; round++) {
      for (const speaker of this.#hosts.keys()) {
        for (let slice = 0; speaker.work(); slice++) {
          if (slice > 100_000) throw new RangeError('a speaker never runs out of work');
        }
      }
      if (this.network.run() === 0) return;
    }
    throw new RangeError('the speakers never come to rest');
  }

  /** Lets time pass, settling after each timer. */
  pass(seconds: number): void {
    this.clock.advance(seconds * 1000, () => this.settle());
    this.settle();
  }
}

export function speakerConfig(
  overrides: Partial<SpeakerConfig> & Pick<SpeakerConfig, 'asn' | 'routerId'>,
): SpeakerConfig {
  return { instance: 'default', neighbors: [], networks: [], policies: [], ...overrides };
}

export function neighborConfig(overrides: Partial<NeighborConfig> & Pick<NeighborConfig, 'address'>): NeighborConfig {
  return {
    port: 179,
    remoteAsn: 'external',
    description: undefined,
    isPassive: false,
    families: ['ipv4-unicast', 'ipv6-unicast'],
    importPolicy: 'accept',
    exportPolicy: 'accept',
    isNextHopSelf: false,
    ttl: undefined,
    sourceAddress: undefined,
    timers: { connectRetrySec: 5, holdTimeSec: 90, keepaliveSec: 30 },
    isShutdown: false,
    ...overrides,
  };
}

export function networks(...prefixes: readonly string[]): SpeakerConfig['networks'] {
  return prefixes.map((prefix) => ({ prefix, origin: 'igp' }));
}

export function neighborView(speaker: Speaker, address: string): NeighborView {
  const view = speaker.view().neighbors.find((neighbor) => neighbor.address === address);
  if (view === undefined) throw new RangeError(`no neighbor ${address}`);
  return view;
}

/** A RouteQuery to the speaker at hand. */
export type Question = RouteQuery extends infer Q ? (Q extends unknown ? Omit<Q, 'instance'> : never) : never;

/** All rows that a query answers, in order. */
export function showRoutes(speaker: Speaker, query: Question): ShownRoute[] {
  const cursor = speaker.openRoutes({ instance: speaker.instance, ...query });
  const routes: ShownRoute[] = [];
  while (!cursor.isDone) {
    const batch = cursor.next();
    if (batch === undefined) continue;
    const words = query.family === 'ipv4-unicast' ? 1 : 4;
    for (let row = 0; row < batch.count; row++) {
      const block = attributesOfRow(batch, row);
      const word = (index: number): number => (index < words ? batch.prefixWords[row * words + index] : 0);
      routes.push({
        prefix: new Prefix(
          words === 1 ? 4 : 6,
          batch.prefixLengths[row],
          word(0),
          word(1),
          word(2),
          word(3),
        ).toString(),
        peer: batch.peers[row],
        flags: batch.flags[row],
        reason: batch.reasons[row],
        attributes: decodePathAttributes(block),
      });
    }
  }
  cursor.close();
  return routes;
}

export function prefixesOf(routes: readonly ShownRoute[]): string[] {
  return routes.map(({ prefix }) => prefix);
}

export const locRib = (family: FamilyName): { readonly family: FamilyName; readonly table: 'loc-rib' } => ({
  family,
  table: 'loc-rib',
});
