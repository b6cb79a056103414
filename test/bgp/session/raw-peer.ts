// A peer that says what it is told to: hand-written octets over the memory network, and the messages that it got in return.

import type { ConnectionId } from '#bgp/ports.ts';
import type { SessionState } from '#bgp/session/state.ts';
import type { ConnectionHandler, MemoryEndpoint } from '#support/memory-transport.ts';
import { concat, KEEPALIVE, open } from './bytes.ts';
import { createPair, type Pair, type Side } from './pair.ts';

export class RawPeer implements ConnectionHandler {
  readonly endpoint: MemoryEndpoint;
  connection: ConnectionId | undefined = undefined;
  inbox: Uint8Array = new Uint8Array(0);
  isClosed = false;

  constructor(endpoint: MemoryEndpoint) {
    this.endpoint = endpoint;
    endpoint.handler = this;
  }

  accept(connection: ConnectionId): void {
    this.connection = connection;
    this.isClosed = false;
  }

  connectionOpened(connection: ConnectionId): void {
    this.accept(connection);
  }

  connectionFailed(): void {
    this.isClosed = true;
  }

  received(_connection: ConnectionId, bytes: Uint8Array): void {
    this.inbox = concat(this.inbox, bytes);
  }

  connectionClosed(connection: ConnectionId): void {
    if (connection === this.connection) this.isClosed = true;
  }

  send(...parts: readonly Uint8Array[]): void {
    if (this.connection !== undefined) this.endpoint.send(this.connection, concat(...parts));
  }

  /** Type and body of every message received. */
  messages(): { type: number; body: number[] }[] {
    const found: { type: number; body: number[] }[] = [];
    for (let at = 0; at < this.inbox.length;) {
      const length = (this.inbox[at + 16] << 8) | this.inbox[at + 17];
      found.push({ type: this.inbox[at + 18], body: [...this.inbox.subarray(at + 19, at + length)] });
      at += length;
    }
    return found;
  }

  /** Code, subcode and data of the NOTIFICATION received; undefined: none. */
  notification(): number[] | undefined {
    return this.messages().find(({ type }) => type === 3)?.body;
  }
}

export interface RawPair extends Pick<Pair, 'clock' | 'network' | 'pass'> {
  readonly us: Side;
  readonly peer: RawPeer;
}

/** Our neighbor (passive) and a raw peer whose TCP connection stands in the given state of ours. */
export function rawPair(state: SessionState, changes: Parameters<typeof createPair>[0] = {}): RawPair {
  const { clock, network, a: us, b, pass } = createPair({ ...changes, a: { isPassive: true, ...changes.a } });
  const peer = new RawPeer(b.endpoint);
  if (state !== 'Idle') us.neighbor.start();
  if (state === 'OpenSent' || state === 'OpenConfirm' || state === 'Established') {
    dial(network, us, peer);
    if (state !== 'OpenSent') peer.send(open());
    if (state === 'Established') peer.send(KEEPALIVE);
    network.run();
  }
  if (us.neighbor.state !== state) throw new TypeError(`in ${us.neighbor.state} instead of ${state}`);
  return { clock, network, pass, us, peer };
}

/** The peer opens a TCP connection to us. */
export function dial(network: Pair['network'], us: Side, peer: RawPeer): void {
  const connection = network.nextConnectionId();
  const [address] = us.endpoint.addresses;
  peer.endpoint.connect({ connection, address, port: 179, sourceAddress: undefined, ttl: undefined });
  network.run();
}
