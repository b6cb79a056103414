// Tells of the messages of neighbors that somebody debugs, as they pass between the sessions and the transport; costs a test of one
// flag while nobody does. What is said of a message is message-trace.ts.

import type { SpeakerEvent } from './events.ts';
import { MessageTrace } from './message-trace.ts';
import type { Family } from './net/family.ts';
import type { PeerTable } from './peer-table.ts';
import type { Clock, ConnectionId, Transport } from './ports.ts';
import type { DebugKind } from './views.ts';

export interface DebugTapDeps {
  readonly instance: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly peers: () => PeerTable;
  readonly onEvent: (event: SpeakerEvent) => void;
}

export class DebugTap {
  /** The transport as neighbors see it: what they close is nobody's any more. */
  readonly transport: Transport;
  private readonly deps: DebugTapDeps;
  private readonly trace = new MessageTrace();
  private isOn = false;

  constructor(deps: DebugTapDeps) {
    this.deps = deps;
    const { transport } = deps;
    this.transport = {
      connect: (request) => transport.connect(request),
      send: (connection, bytes) => {
        if (this.isOn) this.tell(connection, 'sent', bytes);
        transport.send(connection, bytes);
      },
      queuedBytes: (connection) => transport.queuedBytes(connection),
      setReading: (connection, isReading) => transport.setReading(connection, isReading),
      setPassword: (connection, password) => transport.setPassword(connection, password),
      close: (connection) => {
        deps.peers().disown(connection);
        transport.close(connection);
      },
    };
  }

  received(connection: ConnectionId, bytes: Uint8Array): void {
    if (this.isOn) this.tell(connection, 'received', bytes);
  }

  forget(connection: ConnectionId): void {
    this.trace.forget(connection);
  }

  /** False when there is no such neighbor. */
  set(address: string, kinds: readonly DebugKind[]): boolean {
    const entry = this.deps.peers().get(address);
    if (entry === undefined) return false;
    entry.peer.debug = [...new Set(kinds)];
    if (kinds.length === 0) {
      // Whoever listens next would take what comes then for the rest of a message that began now.
      for (const connection of this.trace.connections) {
        if (this.deps.peers().ownerOf(connection) === entry) this.forget(connection);
      }
    }
    this.isOn = this.deps
      .peers()
      .peers()
      .some((peer) => peer.debug.length > 0);
    return true;
  }

  private tell(connection: ConnectionId, direction: 'sent' | 'received', bytes: Uint8Array): void {
    const entry = this.deps.peers().ownerOf(connection);
    if (entry === undefined || entry.peer.debug.length === 0) return;
    const { instance, clock, onEvent } = this.deps;
    const neighbor = entry.neighbor.address;
    const kinds = entry.peer.debug;
    // Of this connection, from the peer's OPEN on: UPDATEs come after our KEEPALIVE, which answers it, in a later chunk.
    const agreed = entry.neighbor.negotiatedOn(connection);
    const withPathIds = direction === 'sent' ? agreed?.addPathSend : agreed?.addPathReceive;
    const format = {
      hasFourOctetAsn: agreed?.hasFourOctetAsn ?? true,
      hasPathIds: (family: Family) => withPathIds?.includes(family) ?? false,
    };
    this.trace.read(connection, direction, bytes, {
      kinds,
      format,
      traced: ({ kind, text }) =>
        onEvent({ type: 'debug-message', instance, wallMs: clock.wallMs(), neighbor, direction, kind, text }),
    });
  }
}
