// Entry of the speaker thread: answers requests of worker-client.ts with the host. Runs as it is by type
// stripping and from dist/. An exception that nobody caught ends the thread, and the main thread the process.

import { parentPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { RouteBatch } from '#bgp/views.ts';
import { makeThreadPrompt } from '#io/prompt-thread.ts';
import { SpeakerHost } from './host.ts';
import type { HostRouteView } from './host-route-view.ts';
import { packBatch } from './packed-batch.ts';
import { packError, PortError } from './port-error.ts';
import type { Reply, Request, ViewId } from './thread-messages.ts';

class SpeakerThread {
  readonly #port: MessagePort;
  readonly #host: SpeakerHost;
  readonly #views = new Map<ViewId, HostRouteView>();
  #nextView: ViewId = 1;

  constructor(port: MessagePort) {
    this.#port = port;
    this.#host = new SpeakerHost((event) => this.#post({ type: 'event', event }));
  }

  listen(): void {
    this.#port.on('message', (request: Request) => void this.#handle(request));
  }

  async #handle(request: Request): Promise<void> {
    const { id } = request;
    try {
      const answer = await this.#answer(request);
      if (request.call === 'nextBatch' && isBatch(answer)) this.#postBatch(id, answer, request.ask.spare);
      else this.#post({ type: 'answer', id, answer });
    } catch (error) {
      this.#post({ type: 'error', id, error: packError(error) });
    }
    // With the port closed and every socket and timer gone, nothing keeps the thread.
    if (request.call === 'stop') this.#port.close();
  }

  async #answer(request: Request): Promise<unknown> {
    switch (request.call) {
      case 'begin':
        return this.#host.begin(request.ask);
      case 'sourcesSynchronised':
        return this.#host.sourcesSynchronised();
      case 'configure':
        return this.#host.configure(request.ask);
      case 'instances':
        return this.#host.instances();
      case 'openRoutes': {
        const view = this.#nextView++;
        const opened = this.#host.openRoutes(request.ask);
        this.#views.set(view, opened);
        return { view, head: opened.head };
      }
      case 'nextBatch':
        return this.#nextBatch(request.ask.view);
      case 'closeRoutes':
        this.#views.get(request.ask)?.close();
        this.#views.delete(request.ask);
        return undefined;
      case 'clear':
        return this.#host.clear(request.ask.neighbor, request.ask.kind);
      case 'shutdown':
        return this.#host.shutdown(request.ask.neighbor, request.ask.isShutdown, request.ask.message);
      case 'drain':
        return this.#host.drain(request.ask.neighbor, request.ask.isDraining);
      case 'debug':
        return this.#host.debug(request.ask.neighbor, request.ask.kinds);
      case 'updateGroups':
        return this.#host.updateGroups();
      case 'memory':
        return this.#host.memory();
      case 'explain':
        return this.#host.explain(request.ask);
      case 'figures':
        return this.#host.figures();
      case 'fibs':
        return this.#host.fibs();
      case 'fibRoute':
        return this.#host.fibRoute(request.ask);
      case 'stop':
        return this.#host.stop(request.ask);
    }
  }

  async #nextBatch(id: ViewId): Promise<RouteBatch | undefined> {
    const view = this.#views.get(id);
    if (view === undefined) return undefined;
    try {
      const batch = await view.nextBatch();
      if (batch === undefined) this.#views.delete(id);
      return batch;
    } catch (error) {
      this.#views.delete(id);
      throw error;
    }
  }

  #postBatch(id: number, batch: RouteBatch, spare: ArrayBuffer | undefined): void {
    const packed = packBatch(batch, spare);
    this.#port.postMessage({ type: 'answer', id, answer: packed } satisfies Reply, [packed.block]);
  }

  #post(reply: Reply): void {
    this.#port.postMessage(reply);
  }
}

/** What `nextBatch` answers before the end. */
function isBatch(answer: unknown): answer is RouteBatch {
  return answer !== undefined;
}

if (parentPort === null) {
  throw new PortError('WorkerError', 'worker.ts is the speaker thread: start it through worker-client.ts', undefined);
}
// A route that comes alone must not wait behind whoever computes at the time, V8's compiler for instance.
makeThreadPrompt();
new SpeakerThread(parentPort).listen();
