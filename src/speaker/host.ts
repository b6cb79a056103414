// The speaker thread's inside: owns the speakers of a process, the TCP transport they share, the clock and
// the next hops, and runs their work in slices between the events of the sockets. The adapter of the port
// (worker.ts) stands on it. Protocol decisions are bgp/'s, never made here.

import { performance } from 'node:perf_hooks';
import type { SpeakerConfig } from '#bgp/config.ts';
import type { SpeakerEvent } from '#bgp/events.ts';
import { parsePrefix } from '#bgp/net/prefix.ts';
import type { ConnectionId, ConnectionInfo, Transport } from '#bgp/ports.ts';
import { Speaker } from '#bgp/speaker.ts';

import type {
  DebugKind,
  InstanceView,
  MemoryView,
  PolicyDecisionView,
  RouteQuery,
  SpeakerOutcome,
  UpdateGroupView,
} from '#bgp/views.ts';
import { SystemClock } from '#io/clock.ts';
import { TcpListeners } from '#io/tcp-listeners.ts';
import { defaultTransportOptions, TcpTransport } from '#io/tcp-transport.ts';
import { HostRouteView } from './host-route-view.ts';
import { type InstanceKernel, KernelSide } from './kernel-side.ts';
import { LoopDelay } from './loop-delay.ts';
import { PortError } from './port-error.ts';
import type {
  BeginState,
  ClearKind,
  ConfigureOutcome,
  ExplainQuery,
  FibRouteView,
  InstanceFibView,
  SpeakerFigures,
  SpeakerHostConfig,
  StopKind,
} from './port.ts';
import { RefusalLog } from './refusal-log.ts';
import { listSharedNeighbors } from './shared-neighbors.ts';
import { acceptedOptions, listListenRules } from './socket-rules.ts';

/** How long one turn works before sockets and timers are looked at again. */
const turnBudgetMs = 8;
const maxOpenViews = 64;

interface Hosted {
  readonly speaker: Speaker;
  readonly kernel: InstanceKernel;
  config: SpeakerConfig;
}

export class SpeakerHost {
  readonly #onEvent: (event: SpeakerEvent) => void;
  readonly #speakers = new Map<string, Hosted>();
  readonly #owners = new Map<ConnectionId, Speaker>();
  readonly #clock: SystemClock;
  readonly #kernel: KernelSide;
  readonly #transport: TcpTransport;
  /** The transport as the speakers see it: what they close is theirs no longer. */
  readonly #owned: Transport;
  readonly #listeners: TcpListeners;
  readonly #refusals: RefusalLog;
  readonly #delay = new LoopDelay();
  readonly #views = new Set<HostRouteView>();
  #configuring: Promise<unknown> = Promise.resolve();
  #nextConnection: ConnectionId = 1;
  #isTurnPlanned = false;
  #isStopped = false;
  #beginState: BeginState | undefined;
  #hasSynchronised = false;

  constructor(onEvent: (event: SpeakerEvent) => void) {
    this.#onEvent = onEvent;
    this.#clock = new SystemClock(() => this.#planTurn());
    this.#refusals = new RefusalLog(this.#clock, onEvent);
    this.#kernel = new KernelSide({
      clock: this.#clock,
      onEvent,
      changed: () => this.#kernelChanged(),
      onWork: () => this.#planTurn(),
    });
    this.#transport = new TcpTransport(defaultTransportOptions, {
      nextAcceptedId: () => this.#nextConnection++,
      interfaces: () => this.#kernel.interfaceAddresses(),
      events: {
        opened: (connection, info) => this.#owners.get(connection)?.connectionOpened(connection, info),
        failed: (connection, error) => {
          this.#owners.get(connection)?.connectionFailed(connection, error);
          this.#owners.delete(connection);
          this.#planTurn();
        },
        accepted: (connection, info) => this.#accepted(connection, info),
        received: (connection, bytes) => this.#owners.get(connection)?.received(connection, bytes),
        closed: (connection, error) => {
          this.#owners.get(connection)?.connectionClosed(connection, error);
          this.#owners.delete(connection);
        },
        drained: (connection) => this.#owners.get(connection)?.drained(),
      },
    });
    const transport = this.#transport;
    this.#owned = {
      connect: (request) => transport.connect(request),
      send: (connection, bytes) => transport.send(connection, bytes),
      queuedBytes: (connection) => transport.queuedBytes(connection),
      setReading: (connection, isReading) => transport.setReading(connection, isReading),
      setPassword: (connection, password) => transport.setPassword(connection, password),
      close: (connection) => {
        this.#owners.delete(connection);
        transport.close(connection);
      },
    };
    this.#listeners = new TcpListeners((socket) => this.#transport.accept(socket));
  }

  /** Before the first configure(): speakers that run already keep what they know. */
  begin(state: BeginState): void {
    this.#beginState = state;
  }

  sourcesSynchronised(): void {
    this.#hasSynchronised = true;
    for (const { speaker } of this.#speakers.values()) speaker.sourcesSynchronised();
  }

  /** One at a time; a second call waits for the first. */
  configure(config: SpeakerHostConfig): Promise<ConfigureOutcome> {
    const next = this.#configuring.then(() => this.#apply(config));
    this.#configuring = next.catch(() => undefined);
    return next;
  }

  instances(): readonly InstanceView[] {
    return [...this.#speakers.values()].map(({ speaker }) => speaker.view());
  }

  openRoutes(query: RouteQuery): HostRouteView {
    const hosted = this.#speakers.get(query.instance);
    if (hosted === undefined)
      throw new PortError('QueryError', `no such instance: ${query.instance}`, 'unknown-instance');
    if (this.#views.size >= maxOpenViews) {
      throw new PortError('ViewError', `${maxOpenViews} views of routes are open: try again later`, 'too-many-views');
    }
    const view = new HostRouteView(hosted.speaker.openRoutes(query), (closed) => this.#views.delete(closed));
    this.#views.add(view);
    return view;
  }

  clear(neighbor: string | undefined, kind: ClearKind): readonly string[] {
    return [...this.#speakers.values()].flatMap(({ speaker }) => speaker.clear(neighbor, kind));
  }

  shutdown(neighbor: string, isShutdown: boolean, message: string | undefined): boolean {
    let isFound = false;
    for (const { speaker } of this.#speakers.values()) {
      if (speaker.shutdown(neighbor, isShutdown, message)) isFound = true;
    }
    return isFound;
  }

  drain(neighbor: string | undefined, isDraining: boolean): boolean {
    let isFound = false;
    for (const { speaker } of this.#speakers.values()) {
      if (speaker.drain(neighbor, isDraining)) isFound = true;
    }
    return isFound;
  }

  debug(neighbor: string, kinds: readonly DebugKind[]): boolean {
    let isFound = false;
    for (const { speaker } of this.#speakers.values()) {
      if (speaker.debug(neighbor, kinds)) isFound = true;
    }
    return isFound;
  }

  updateGroups(): readonly UpdateGroupView[] {
    return [...this.#speakers.values()].flatMap(({ speaker }) => speaker.updateGroups());
  }

  memory(): readonly MemoryView[] {
    return [...this.#speakers.values()].map(({ speaker }) => speaker.memory());
  }

  explain({ instance, family, prefix }: ExplainQuery): readonly PolicyDecisionView[] {
    const hosted = this.#speakers.get(instance);
    if (hosted === undefined) throw new PortError('QueryError', `no such instance: ${instance}`, 'unknown-instance');
    return hosted.speaker.explain(family, prefix);
  }

  figures(): SpeakerFigures {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return {
      eventLoopDelaySec: this.#delay.read(),
      heapUsedBytes: heapUsed,
      arrayBufferBytes: arrayBuffers,
      openViews: this.#views.size,
    };
  }

  fibs(): readonly InstanceFibView[] {
    return [...this.#speakers].flatMap(([instance, { kernel }]) => {
      const fib = kernel.fib.current;
      return fib === undefined ? [] : [{ instance, ...fib.view() }];
    });
  }

  fibRoute({ instance, prefix }: ExplainQuery): FibRouteView | undefined {
    const parsed = parsePrefix(prefix);
    return parsed === undefined ? undefined : this.#speakers.get(instance)?.kernel.fib.current?.route(parsed);
  }

  /** Ends every session, waits until the last bytes are sent (bounded by the transport). */
  async stop(how: StopKind): Promise<void> {
    if (this.#isStopped) return;
    await this.#configuring;
    this.#isStopped = true;
    await this.#listeners.stop();
    this.#refusals.end();
    for (const view of this.#views) view.close();
    for (const { speaker } of this.#speakers.values()) speaker.stop(how);
    for (const { kernel } of this.#speakers.values()) await this.#kernel.end(kernel, how);
    this.#kernel.close();
    this.#delay.stop();
    await this.#transport.settled();
    this.#clock.stop();
    this.#speakers.clear();
    this.#owners.clear();
  }

  async #apply(config: SpeakerHostConfig): Promise<ConfigureOutcome> {
    if (this.#isStopped) throw new PortError('StoppedError', 'the speaker is stopping', 'stopped');
    // Keys first: nobody new is heard without the key that the new configuration gives it. What goes stays until the end.
    this.#applyListenRules([...config.instances, ...[...this.#speakers.values()].map((hosted) => hosted.config)]);
    const problems = [...(await this.#listeners.configure(config.listen)), ...listSharedNeighbors(config)];
    const total: Record<'added' | 'removed' | 'updated' | 'reset', string[]> = {
      added: [],
      removed: [],
      updated: [],
      reset: [],
    };
    let networksAdded = 0;
    let networksRemoved = 0;
    const add = (outcome: SpeakerOutcome): void => {
      total.added.push(...outcome.neighborsAdded);
      total.removed.push(...outcome.neighborsRemoved);
      total.updated.push(...outcome.neighborsUpdated);
      total.reset.push(...outcome.neighborsReset);
      networksAdded += outcome.networksAdded;
      networksRemoved += outcome.networksRemoved;
    };
    const wanted = new Set(config.instances.map(({ instance }) => instance));
    for (const [name, { speaker, kernel, config: last }] of this.#speakers) {
      if (wanted.has(name)) continue;
      speaker.stop('deconfigured');
      this.#speakers.delete(name);
      await this.#kernel.end(kernel, 'deconfigured');
      total.removed.push(...last.neighbors.map(({ address }) => address));
      networksRemoved += last.networks.length;
    }
    for (const instance of config.instances) {
      try {
        const { outcome, kernel } = this.#configureInstance(instance);
        add(outcome);
        problems.push(...(await this.#kernel.configure(kernel, instance)));
      } catch (error) {
        // ConfigError and PolicyError: the speaker changed nothing and goes on as it was.
        if (!(error instanceof Error) || !['ConfigError', 'PolicyError'].includes(error.name)) throw error;
        problems.push(`instance ${instance.instance}: ${error.message}`);
      }
    }
    problems.push(...this.#applyListenRules([...this.#speakers.values()].map((hosted) => hosted.config)));
    this.#planTurn();
    return {
      neighborsAdded: total.added,
      neighborsRemoved: total.removed,
      neighborsUpdated: total.updated,
      neighborsReset: total.reset,
      networksAdded,
      networksRemoved,
      problems,
    };
  }

  #configureInstance(config: SpeakerConfig): { readonly outcome: SpeakerOutcome; readonly kernel: InstanceKernel } {
    const known = this.#speakers.get(config.instance);
    if (known !== undefined) {
      const outcome = known.speaker.configure(config);
      known.config = config;
      return { outcome, kernel: known.kernel };
    }
    const kernel = this.#kernel.open(config.instance, () => speaker);
    const speaker: Speaker = new Speaker(config.instance, {
      transport: this.#owned,
      clock: this.#clock,
      nextHops: this.#kernel.nextHops,
      fib: kernel.fib,
      nextConnectionId: () => {
        const connection = this.#nextConnection++;
        this.#owners.set(connection, speaker);
        return connection;
      },
      onEvent: this.#onEvent,
      onWork: () => this.#planTurn(),
    });
    // An instance that comes later than the first configuration is not what ran before this process.
    const isLate = this.#hasSynchronised;
    const fresh: BeginState = { isRestarting: false, preservedFamilies: [] };
    if (this.#beginState !== undefined) speaker.begin(isLate ? fresh : this.#beginState);
    if (this.#hasSynchronised) speaker.sourcesSynchronised();
    const outcome = speaker.configure(config);
    this.#speakers.set(config.instance, { speaker, kernel, config });
    return { outcome, kernel };
  }

  #accepted(connection: ConnectionId, info: ConnectionInfo): void {
    const all = [...this.#speakers.values()];
    const hosted =
      all.find(({ speaker }) => speaker.has(info.remoteAddress)) ??
      all.find(({ speaker }) => speaker.knows(info.remoteAddress));
    if (hosted === undefined) return this.#refuse(connection, info, 'no such neighbor');
    const { speaker, config } = hosted;
    const options = acceptedOptions(config, info.remoteAddress);
    if (options?.password !== undefined && this.#listeners.lacksKey(info.remoteAddress)) {
      return this.#refuse(connection, info, 'the kernel has no room for the TCP MD5 key that it must be signed with');
    }
    const failure = options === undefined ? undefined : this.#transport.prepareAccepted(connection, options);
    // Without its TTL, device or key the session would be another one than was configured.
    if (failure !== undefined) return this.#refuse(connection, info, `cannot set what the neighbor needs: ${failure}`);
    this.#owners.set(connection, speaker);
    if (speaker.connectionAccepted(connection, info)) return;
    this.#owners.delete(connection);
    this.#transport.close(connection);
  }

  /** What nobody takes leaves nothing behind, however many come. */
  #refuse(connection: ConnectionId, info: ConnectionInfo, reason: string): void {
    this.#transport.refuse(connection);
    this.#refusals.add(info, reason);
  }

  #applyListenRules(configs: readonly SpeakerConfig[]): readonly string[] {
    const { keys, guards, problems } = listListenRules(configs);
    return [...problems, ...this.#listeners.setKeys(keys), ...this.#listeners.setGuards(guards)];
  }

  #kernelChanged(): void {
    for (const [connection, info] of this.#transport.describeAgain()) {
      this.#owners.get(connection)?.connectionChanged(connection, info);
    }
    for (const { speaker } of this.#speakers.values()) speaker.nextHopsChanged();
    // An address to listen on may have come; what still fails was told when it was configured.
    void this.#listeners.retry();
    this.#planTurn();
  }

  #planTurn(): void {
    if (this.#isTurnPlanned) return;
    this.#isTurnPlanned = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#isTurnPlanned = false;
    const endMs = performance.now() + turnBudgetMs;
    let hasMore = false;
    do {
      hasMore = false;
      for (const { speaker } of this.#speakers.values()) {
        if (speaker.work()) hasMore = true;
      }
    } while (hasMore && performance.now() < endMs);
    if (hasMore) this.#planTurn();
  };
}
