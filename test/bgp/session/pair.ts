// Neighbors in a memory network with a fake clock: each side is one Neighbor and a listener that writes down what it is told.

import type { ConfederationConfig, NeighborConfig } from '#bgp/config.ts';
import type { SpeakerEvent } from '#bgp/events.ts';
import { asn } from '#bgp/net/asn.ts';
import { parseRouterId, type RouterId } from '#bgp/net/router-id.ts';
import type { ConnectionId, ConnectionInfo } from '#bgp/ports.ts';
import {
  type NeighborListener,
  noRestart,
  type OpenRestartFlags,
  type SessionEnd,
  type SpeakerIdentity,
} from '#bgp/session/listener.ts';
import { Neighbor } from '#bgp/session/neighbor.ts';
import { FakeClock } from '#support/fake-clock.ts';
import { type ConnectionHandler, type MemoryEndpoint, MemoryNetwork } from '#support/memory-transport.ts';

export function neighborConfig(address: string, changes: Partial<NeighborConfig> = {}): NeighborConfig {
  return {
    address,
    port: 179,
    remoteAsn: 'external',
    description: undefined,
    isPassive: false,
    families: ['ipv4-unicast'],
    importPolicy: 'accept',
    exportPolicy: 'accept',
    isNextHopSelf: false,
    ttl: undefined,
    sourceAddress: undefined,
    timers: { connectRetrySec: 120, holdTimeSec: 90, keepaliveSec: 30 },
    isShutdown: false,
    ...changes,
  };
}

export class Side implements NeighborListener, ConnectionHandler {
  readonly neighbor: Neighbor;
  readonly endpoint: MemoryEndpoint;
  readonly calls: string[] = [];
  readonly events: SpeakerEvent[] = [];
  readonly updates: Uint8Array[] = [];
  readonly ends: SessionEnd[] = [];
  restart: OpenRestartFlags = noRestart;
  readonly accepted: ConnectionId[] = [];
  /** Runs for every UPDATE, after it was written down. */
  onUpdate: (neighbor: Neighbor) => void = () => {};
  onEstablished: (neighbor: Neighbor) => void = () => {};
  onDown: (neighbor: Neighbor) => void = () => {};

  constructor(network: MemoryNetwork, clock: FakeClock, own: SideOptions, config: NeighborConfig) {
    this.endpoint = network.endpoint(own.address);
    this.endpoint.handler = this;
    const { confederation, identity } = own;
    const options = {
      instance: own.address,
      localAsn: asn(own.asn),
      localRouterId: id(own.routerId),
      confederation,
      identity,
      config,
    };
    const { nextConnectionId } = network;
    this.neighbor = new Neighbor(options, { transport: this.endpoint, clock, listener: this, nextConnectionId });
  }

  established(neighbor: Neighbor): void {
    this.calls.push('established');
    this.onEstablished(neighbor);
  }

  down(neighbor: Neighbor, reason: string, how: SessionEnd): void {
    this.calls.push(`down: ${reason}`);
    this.ends.push(how);
    this.onDown(neighbor);
  }

  openCapabilities(): OpenRestartFlags {
    return this.restart;
  }

  update(neighbor: Neighbor, buffer: Uint8Array, offset: number, end: number): void {
    this.updates.push(buffer.slice(offset, end));
    this.onUpdate(neighbor);
  }

  routeRefresh(_neighbor: Neighbor, afi: number, safi: number, subtype: number): void {
    this.calls.push(`refresh ${afi}/${safi}/${subtype}`);
  }

  event(event: SpeakerEvent): void {
    this.events.push(event);
  }

  accept(connection: ConnectionId, info: ConnectionInfo): void {
    this.accepted.push(connection);
    this.neighbor.accept(connection, info);
  }

  connectionOpened(connection: ConnectionId, info: ConnectionInfo): void {
    this.neighbor.connectionOpened(connection, info);
  }

  connectionFailed(connection: ConnectionId, error: string): void {
    this.neighbor.connectionFailed(connection, error);
  }

  received(connection: ConnectionId, bytes: Uint8Array): void {
    this.neighbor.received(connection, bytes);
  }

  connectionClosed(connection: ConnectionId, error?: string): void {
    this.neighbor.connectionClosed(connection, error);
  }

  /** `sent 6/2`, `received 4/0`, in order. */
  notifications(): string[] {
    return this.events.flatMap((event) => {
      if (event.type === 'notification-sent') return [`sent ${event.code}/${event.subcode}`];
      return event.type === 'notification-received' ? [`received ${event.code}/${event.subcode}`] : [];
    });
  }

  states(): string[] {
    return this.events.flatMap((event) => (event.type === 'neighbor-state' ? [event.to] : []));
  }
}

export interface SideOptions {
  readonly address: string;
  readonly asn: number;
  readonly routerId: string;
  readonly confederation?: ConfederationConfig;
  readonly identity?: SpeakerIdentity;
}

const left: SideOptions = { address: '192.0.2.1', asn: 65001, routerId: '10.0.0.1' };
const right: SideOptions = { address: '192.0.2.2', asn: 65002, routerId: '10.0.0.2' };

export interface Pair {
  readonly clock: FakeClock;
  readonly network: MemoryNetwork;
  readonly a: Side;
  readonly b: Side;
  /** Lets time pass, delivering whatever each timer sends. */
  readonly pass: (sec: number) => void;
}

export function createPair(
  changes: {
    a?: Partial<NeighborConfig>;
    b?: Partial<NeighborConfig>;
    left?: Partial<SideOptions>;
    right?: Partial<SideOptions>;
  } = {},
): Pair {
  const clock = new FakeClock();
  const network = new MemoryNetwork();
  const a = new Side(network, clock, { ...left, ...changes.left }, neighborConfig(right.address, changes.a));
  const b = new Side(network, clock, { ...right, ...changes.right }, neighborConfig(left.address, changes.b));
  const pass = (sec: number): void => {
    network.run();
    clock.advance(sec * 1000, () => network.run());
  };
  return { clock, network, a, b, pass };
}

/** A pair whose session stands, opened by `a`. */
export function establishedPair(changes: Parameters<typeof createPair>[0] = {}): Pair {
  const pair = createPair({ ...changes, b: { isPassive: true, ...changes.b } });
  pair.b.neighbor.start();
  pair.a.neighbor.start();
  pair.network.run();
  if (!pair.a.neighbor.isEstablished || !pair.b.neighbor.isEstablished) {
    throw new TypeError(`no session: ${pair.a.neighbor.state}, ${pair.b.neighbor.state}`);
  }
  return pair;
}

export function id(text: string): RouterId {
  const parsed = parseRouterId(text);
  if (parsed === undefined) throw new TypeError(`not a router id: ${text}`);
  return parsed;
}
