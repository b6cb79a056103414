// The one seam between the main thread and the speaker thread: commands in, answers, log events and
// figures out. Every value can be structured-cloned. Two adapters implement it: in-process.ts (tests)
// and worker-client.ts (a worker thread); src/api and the composition roots know only this file.

import type { SpeakerConfig } from '#bgp/config.ts';
import type { SpeakerEvent } from '#bgp/events.ts';
import type { InstanceView, RouteBatch, RouteQuery, RouteViewHead, SpeakerOutcome } from '#bgp/views.ts';

export interface ListenAddress {
  readonly address: string;
  readonly port: number;
}

export interface SpeakerHostConfig {
  /** Where to accept BGP connections; an instance takes a connection by its neighbor's address. */
  readonly listen: readonly ListenAddress[];
  readonly instances: readonly SpeakerConfig[];
}

/** What a configuration changed, over all instances. */
export interface ConfigureOutcome extends SpeakerOutcome {
  /** The world refused something, e.g. `cannot listen on 192.0.2.1:179: address in use`. */
  readonly problems: readonly string[];
}

export interface RouteStream {
  readonly head: RouteViewHead;
  /** Batches in the order of prefixes; asking for the next one is the back-pressure. */
  readonly batches: AsyncIterable<RouteBatch>;
  /** Ends the view early; harmless afterwards. */
  close(): void;
}

export type ClearKind = 'hard' | 'soft' | 'soft-in' | 'soft-out';

/** How the speaker thread is doing. */
export interface SpeakerFigures {
  /** Event-loop delay over the last window, in seconds. */
  readonly eventLoopDelaySec: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly heapUsedBytes: number;
  readonly arrayBufferBytes: number;
  readonly openViews: number;
}

export interface SpeakerPort {
  configure(config: SpeakerHostConfig): Promise<ConfigureOutcome>;
  instances(): Promise<readonly InstanceView[]>;
  routes(query: RouteQuery): Promise<RouteStream>;
  /** `neighbor` undefined means all of them; resolves to the addresses cleared. */
  clear(neighbor: string | undefined, kind: ClearKind): Promise<readonly string[]>;
  /** Administrative shutdown and its end; resolves to false when there is no such neighbor. */
  shutdown(neighbor: string, isShutdown: boolean, message: string | undefined): Promise<boolean>;
  figures(): Promise<SpeakerFigures>;
  /** Hands out events in order; one subscriber. */
  onEvent(listener: (event: SpeakerEvent) => void): void;
  /** Ends every session (Cease / administrative shutdown) and the thread. */
  stop(): Promise<void>;
}
