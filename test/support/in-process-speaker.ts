// The speaker's port without a thread: the host runs in the caller's own event loop. For tests, and for
// measuring what the thread costs.

import type { SpeakerEvent } from '#bgp/events.ts';
import type { DebugKind, MemoryView, PolicyDecisionView, RouteBatch, RouteQuery, UpdateGroupView } from '#bgp/views.ts';
import { EventBuffer } from '#speaker/event-buffer.ts';
import { SpeakerHost } from '#speaker/host.ts';
import type { HostRouteView } from '#speaker/host-route-view.ts';
import type {
  BeginState,
  ClearKind,
  ConfigureOutcome,
  ExplainQuery,
  FibRouteView,
  InstanceFibView,
  RouteStream,
  SpeakerFigures,
  SpeakerHostConfig,
  SpeakerPort,
  StopKind,
} from '#speaker/port.ts';

export class InProcessSpeaker implements SpeakerPort {
  readonly #events = new EventBuffer();
  readonly #host = new SpeakerHost((event) => this.#events.add(event));

  async begin(state: BeginState): Promise<void> {
    this.#host.begin(state);
  }

  async sourcesSynchronised(): Promise<void> {
    this.#host.sourcesSynchronised();
  }

  configure(config: SpeakerHostConfig): Promise<ConfigureOutcome> {
    return this.#host.configure(config);
  }

  async instances(): ReturnType<SpeakerPort['instances']> {
    return this.#host.instances();
  }

  async routes(query: RouteQuery): Promise<RouteStream> {
    const view = this.#host.openRoutes(query);
    return { head: view.head, batches: readBatches(view), close: () => view.close() };
  }

  async clear(neighbor: string | undefined, kind: ClearKind): Promise<readonly string[]> {
    return this.#host.clear(neighbor, kind);
  }

  async shutdown(neighbor: string, isShutdown: boolean, message: string | undefined): Promise<boolean> {
    return this.#host.shutdown(neighbor, isShutdown, message);
  }

  async drain(neighbor: string | undefined, isDraining: boolean): Promise<boolean> {
    return this.#host.drain(neighbor, isDraining);
  }

  async debug(neighbor: string, kinds: readonly DebugKind[]): Promise<boolean> {
    return this.#host.debug(neighbor, kinds);
  }

  async updateGroups(): Promise<readonly UpdateGroupView[]> {
    return this.#host.updateGroups();
  }

  async memory(): Promise<readonly MemoryView[]> {
    return this.#host.memory();
  }

  async explain(query: ExplainQuery): Promise<readonly PolicyDecisionView[]> {
    return this.#host.explain(query);
  }

  async figures(): Promise<SpeakerFigures> {
    return this.#host.figures();
  }

  async fibs(): Promise<readonly InstanceFibView[]> {
    return this.#host.fibs();
  }

  async fibRoute(query: ExplainQuery): Promise<FibRouteView | undefined> {
    return this.#host.fibRoute(query);
  }

  onEvent(listener: (event: SpeakerEvent) => void): void {
    this.#events.subscribe(listener);
  }

  stop(how: StopKind = 'restart'): Promise<void> {
    return this.#host.stop(how);
  }
}

async function* readBatches(view: HostRouteView): AsyncGenerator<RouteBatch> {
  try {
    for (let batch = await view.nextBatch(); batch !== undefined; batch = await view.nextBatch()) yield batch;
  } finally {
    view.close();
  }
}
