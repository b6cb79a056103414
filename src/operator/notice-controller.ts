// Keeps conditions and Events as plan-notices.ts would have them, over any cluster: watches the kinds and its own Events, and writes the
// difference while this operator leads. Level-triggered: whatever woke it, everything is looked at.

import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '#kube/api/api-error.ts';
import { BackOff } from '#kube/cluster/back-off.ts';
import { type Cluster, ClusterUnreachable } from '#kube/cluster/cluster.ts';
import { Informer, type InformerOptions } from '#kube/cluster/informer.ts';
import { timeText } from '#kube/controllers/controller.ts';
import { type NoticedKind, type NoticeWrite, planNotices, reporter } from './plan-notices.ts';

const events = { group: '', version: 'v1', plural: 'events', namespace: undefined } as const;
const writeOptions = { fieldManager: reporter, fieldValidation: 'Warn' } as const;

export interface NoticeControllerDeps {
  readonly cluster: Cluster;
  readonly kinds: readonly NoticedKind[];
  readonly isLeader: () => boolean;
  readonly maxEvents?: number | undefined;
  readonly wallMs: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number;
  readonly random: () => number;
  /** A write was acknowledged. */
  readonly written: (type: NoticeWrite['type'], what: string) => void;
  /** What could not be done, and is tried again. */
  readonly failed: (what: string, error: Error) => void;
  /** Nothing of what could not be done is left to do. */
  readonly settled: () => void;
  /** A kind cannot be watched, since now: `failures` has it until it can. undefined: it can again. */
  readonly watchFailed: (kind: string, message: string | undefined) => void;
}

/**
 * Events beyond so many are not made: an API server keeps so and so many, and would drop older ones for them, which would be made again,
 * without end. Conditions and warnings say the same of every object.
 */
const defaultMaxEvents = 5_000;

export class NoticeController {
  readonly #deps: NoticeControllerDeps;
  readonly #backOff: BackOff;
  readonly #kinds: ReadonlyMap<NoticedKind, Informer>;
  readonly #events: Informer;
  readonly #stop = new AbortController();
  #isSynced = false;
  #isWoken = false;
  #running: Promise<void> | undefined;

  constructor(deps: NoticeControllerDeps) {
    const { kinds, nowMs, random } = deps;
    this.#deps = deps;
    this.#backOff = new BackOff(nowMs, random);
    const inform = ({ group, version, plural }: NoticedKind): Informer =>
      this.#inform({ group, version, plural, namespace: undefined });
    this.#kinds = new Map(kinds.map((kind) => [kind, inform(kind)]));
    this.#events = this.#inform({ ...events, fieldSelector: `reportingComponent=${reporter}` });
  }

  /** Resolves when everything is known. */
  async start(): Promise<void> {
    await Promise.all([...this.#kinds.values(), this.#events].map((informer) => informer.start()));
    this.#isSynced = true;
    this.wake();
  }

  #inform(options: InformerOptions): Informer {
    const { cluster, watchFailed } = this.#deps;
    let told: string | undefined;
    const changed = (): void => {
      const message = informer.failure?.message;
      if (message !== told) watchFailed(options.plural, message);
      told = message;
      this.wake();
    };
    const informer = new Informer(options, cluster, { changed });
    return informer;
  }

  /** Why kinds are not watched just now, each reason once. */
  get failures(): readonly string[] {
    const informers = [...this.#kinds.values(), this.#events];
    return [...new Set(informers.flatMap(({ failure }) => failure?.message ?? []))];
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** How many objects of the kinds that are policies there are. */
  countPolicies(): number {
    return [...this.#kinds].reduce((sum, [{ isPolicy }, { cache }]) => sum + (isPolicy ? cache.size : 0), 0);
  }

  /** Looks at everything, now or after the run that is under way. */
  wake(): void {
    this.#isWoken = true;
    if (!this.#isSynced || this.#stop.signal.aborted || !this.#deps.isLeader()) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      // Woken after its last look.
      if (this.#isWoken) this.wake();
    });
  }

  /** Nothing is written afterwards. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#kinds.values(), this.#events].map((informer) => informer.close()));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (this.#isWoken && !signal.aborted && this.#deps.isLeader()) {
      this.#isWoken = false;
      let hasFailed = false;
      for (const write of this.#plan()) {
        if (signal.aborted || !this.#deps.isLeader()) return;
        if (!(await this.#try(write))) hasFailed = true;
      }
      if (hasFailed) this.#isWoken = true;
      else this.#deps.settled();
      // What failed is tried again, with everything else as it is by then.
      if (this.#isWoken) await sleep(this.#backOff.failed(), undefined, { signal }).catch(() => undefined);
    }
  }

  /** Objects that change while it is carried out are looked at again: their watch wakes us. */
  #plan(): readonly NoticeWrite[] {
    const nowText = timeText(this.#deps.wallMs());
    const { cache } = this.#events;
    let room = (this.#deps.maxEvents ?? defaultMaxEvents) - cache.size;
    const writes: NoticeWrite[] = [];
    for (const [kind, informer] of this.#kinds) {
      for (const object of informer.cache.list()) {
        for (const write of planNotices(kind, object, (namespace, name) => cache.get(namespace, name), nowText)) {
          if (write.type !== 'create-event' || room-- > 0) writes.push(write);
        }
      }
    }
    return writes;
  }

  /** False: it has to be tried again. */
  async #try(write: NoticeWrite): Promise<boolean> {
    try {
      await this.#write(write);
      this.#deps.written(write.type, describe(write));
      return true;
    } catch (error) {
      if (error instanceof ApiError && isOver(error)) return true;
      if (!(error instanceof ApiError) && !(error instanceof ClusterUnreachable)) throw error;
      this.#deps.failed(describe(write), error);
      return false;
    }
  }

  async #write(write: NoticeWrite): Promise<void> {
    const { cluster } = this.#deps;
    if (write.type === 'status') {
      const { group, version, plural } = write.kind;
      const { name = '', namespace } = write.object.metadata;
      const item = { group, version, plural, namespace, name, subresource: 'status' } as const;
      await cluster.patch(
        item,
        { type: 'application/merge-patch+json', body: write.patch, isForced: false },
        writeOptions,
      );
      return;
    }
    const { name = '', namespace } = write.event.metadata;
    if (write.type === 'create-event') await cluster.create({ ...events, namespace }, write.event, writeOptions);
    else await cluster.update({ ...events, namespace, name }, write.event, writeOptions);
  }
}

/** Somebody else was faster, or the object is gone or going: the watch tells what there is now. */
function isOver({ reason, details }: ApiError): boolean {
  if (reason === 'NotFound' || reason === 'Conflict' || reason === 'AlreadyExists') return true;
  return reason === 'Forbidden' && (details?.causes ?? []).some(({ field }) => field === 'metadata.namespace');
}

function describe(write: NoticeWrite): string {
  if (write.type === 'status') return `status of ${write.kind.kind} ${write.object.metadata.name}`;
  return `Event ${write.event.metadata.namespace}/${write.event.metadata.name}`;
}
