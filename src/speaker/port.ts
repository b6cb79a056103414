// The one seam between the main thread and the speaker thread: commands in, answers, log events and
// figures out. Every value can be structured-cloned. worker-client.ts (a worker thread) implements it, and for
// tests test/support/in-process-speaker.ts; src/api and the composition roots know only this file.

import type { SpeakerConfig } from '#bgp/config.ts';
import type { SpeakerEvent } from '#bgp/events.ts';
import type { FamilyName } from '#bgp/net/family.ts';
import type { FibRouteView, FibView } from '#fib/fib-view.ts';
import type {
  DebugKind,
  InstanceView,
  MemoryView,
  PolicyDecisionView,
  RouteBatch,
  RouteQuery,
  RouteViewHead,
  SpeakerOutcome,
  UpdateGroupView,
} from '#bgp/views.ts';

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

export interface ExplainQuery {
  readonly instance: string;
  readonly family: FamilyName;
  readonly prefix: string;
}

/** Of an instance with `fib: kernel`. */
export interface InstanceFibView extends FibView {
  readonly instance: string;
}

export type { FibFamilyView, FibRouteView } from '#fib/fib-view.ts';

export type ClearKind = 'hard' | 'soft' | 'soft-in' | 'soft-out';

/** How the speaker thread is doing. */
export interface SpeakerFigures {
  /** Event-loop delay over the last window, in seconds. */
  readonly eventLoopDelaySec: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly heapUsedBytes: number;
  readonly arrayBufferBytes: number;
  readonly openViews: number;
}

/** What the process knows of the one before it (RFC 4724 §4.1). */
export interface BeginState {
  /** The last process ended less than the restart time ago and peers may hold our routes: R is set. */
  readonly isRestarting: boolean;
  /** Families whose forwarding state outlived the last process, or is the kernel's own business: F is set. */
  readonly preservedFamilies: readonly FamilyName[];
}

/**
 * `restart`: sessions with graceful restart are closed without a word, the others with Cease 6/2, and the kernel keeps our
 * routes; `final`: Cease 6/2 (as a hard reset where N was negotiated), and the routes go.
 */
export type StopKind = 'restart' | 'final';

export interface SpeakerPort {
  /** Once, before the first configure(); without it: no restart, nothing preserved, and nothing waits for sourcesSynchronised(). */
  begin(state: BeginState): Promise<void>;
  /**
   * Everything that this process originates has been told: End-of-RIB may go out, routes of the last process that nobody
   * wants any more may go. Until then sessions come up and send, but End-of-RIB waits.
   */
  sourcesSynchronised(): Promise<void>;
  configure(config: SpeakerHostConfig): Promise<ConfigureOutcome>;
  instances(): Promise<readonly InstanceView[]>;
  routes(query: RouteQuery): Promise<RouteStream>;
  /** `neighbor` undefined means all of them; resolves to the addresses cleared. */
  clear(neighbor: string | undefined, kind: ClearKind): Promise<readonly string[]>;
  /** Administrative shutdown and its end; resolves to false when there is no such neighbor. */
  shutdown(neighbor: string, isShutdown: boolean, message: string | undefined): Promise<boolean>;
  /** RFC 8326: `neighbor` undefined means all of them; resolves to false when there is no such neighbor. */
  drain(neighbor: string | undefined, isDraining: boolean): Promise<boolean>;
  /** Which messages of a neighbor are told as events; an empty list ends it. False: no such neighbor. */
  debug(neighbor: string, kinds: readonly DebugKind[]): Promise<boolean>;
  updateGroups(): Promise<readonly UpdateGroupView[]>;
  memory(): Promise<readonly MemoryView[]>;
  /** Which policy statement decides about a prefix, or the longest match of an address, for every neighbor and direction. */
  explain(query: ExplainQuery): Promise<readonly PolicyDecisionView[]>;
  figures(): Promise<SpeakerFigures>;
  /** What the kernel has of our routes; instances without `fib: kernel` are left out. */
  fibs(): Promise<readonly InstanceFibView[]>;
  /** The same for one prefix; undefined when nothing is wanted in the kernel for it. */
  fibRoute(query: ExplainQuery): Promise<FibRouteView | undefined>;
  /** Hands out events in order; one subscriber. */
  onEvent(listener: (event: SpeakerEvent) => void): void;
  /** Ends every session and the thread; `restart` unless told otherwise. */
  stop(how?: StopKind): Promise<void>;
}
