// A configured neighbor: at most two connections with an FSM each (see listener.ts for whom it tells).

import type { NeighborConfig } from '../config.ts';
import type { ConnectionId, ConnectionInfo } from '../ports.ts';
import type { SessionState } from '../views.ts';
import type { NotificationError } from '../wire/notification.ts';
import type { Cease, KeptMessage, NeighborDeps, NeighborOptions, NeighborSessionView } from './listener.ts';
import type { Negotiated } from './negotiation.ts';

export declare class Neighbor {
  constructor(options: NeighborOptions, deps: NeighborDeps);
  /** The address of the configuration: the neighbor's identity. */
  readonly address: string;
  get config(): NeighborConfig;
  get state(): SessionState;
  get isEstablished(): boolean;
  get negotiated(): Negotiated | undefined;
  get connectionInfo(): ConnectionInfo | undefined;
  /** Begins to connect and to take connections; nothing happens while the neighbor is shut down. */
  start(): void;
  /** Ends everything with Cease; start() begins anew. Stops all timers. */
  stop(cease: Cease): void;
  /** `clear bgp`: Cease, then connects at once. Default: Administrative Reset (4). */
  reset(subcode?: number): void;
  setShutdown(isShutdown: boolean, message?: string): void;
  reconfigure(config: NeighborConfig): 'unchanged' | 'updated' | 'reset';
  owns(connection: ConnectionId): boolean;
  connectionOpened(connection: ConnectionId, info: ConnectionInfo): void;
  connectionFailed(connection: ConnectionId, error: string): void;
  /** False: refused, told so (Cease 6/5) and closed already; the connection is no longer anybody's. */
  accept(connection: ConnectionId, info: ConnectionInfo): boolean;
  received(connection: ConnectionId, bytes: Uint8Array): void;
  connectionClosed(connection: ConnectionId, error?: string): void;
  /** Whole UPDATE or ROUTE-REFRESH messages (never changed afterwards), Established only: otherwise nothing is sent. */
  send(bytes: Uint8Array, updates: number): void;
  resetByFault(error: NotificationError): void;
  queuedBytes(): number;
  view(): NeighborSessionView;
  keptMessages(): readonly KeptMessage[];
}
