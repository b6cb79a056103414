// Events are forgotten an hour after they were last told, the oldest sooner when there are very many. Upstream: the lease of an hour
// that an API server gives them (--event-ttl).

import type { TimerHandle } from '#bgp/ports.ts';
import { ApiError } from '../api/api-error.ts';
import type { KubeObject } from '../api/object.ts';
import { textAt } from '../builtin/read-fields.ts';
import {
  type Controller,
  type ControllerDeps,
  deleteOnly,
  everything,
  isEventKind,
  listKinds,
  targetOf,
  unlessAlready,
  writeAs,
} from './controller.ts';

const keepMs = 3_600_000;
const sweepMs = 60_000;
const maxEvents = 20_000;
/** Of one sweep: other writes wait meanwhile. The next one takes the rest. */
const maxDeletions = 1_000;
const asUs = writeAs('event-expiry');

export class EventExpiry implements Controller {
  readonly #deps: ControllerDeps;
  #timer: TimerHandle | undefined;

  constructor(deps: ControllerDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#timer = this.#deps.clock.setTimer(sweepMs, () => {
      this.start();
      void this.#sweep();
    });
  }

  close(): void {
    if (this.#timer !== undefined) this.#deps.clock.clearTimer(this.#timer);
  }

  async #sweep(): Promise<void> {
    const { api, clock, failed } = this.#deps;
    try {
      for (const resource of listKinds(api).filter((kind) => isEventKind(kind))) {
        const { items } = api.list({ resource, namespace: undefined }, everything);
        const expired = listExpired(items, clock.wallMs(), maxEvents).slice(0, maxDeletions);
        const deletions = expired.map((event) =>
          api.delete(targetOf(resource, event), deleteOnly(event, undefined), asUs),
        );
        await Promise.all(deletions.map((gone) => unlessAlready(gone, 'NotFound', 'Conflict')));
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      failed('expiry of events', error);
    }
  }
}

/** The oldest first. */
export function listExpired(events: readonly KubeObject[], nowMs: number, maxKept: number): readonly KubeObject[] {
  const aged = events
    .map((event) => ({ event, toldMs: readToldMs(event, nowMs) }))
    .toSorted((a, b) => a.toldMs - b.toldMs);
  const surplus = Math.max(0, events.length - maxKept);
  return aged.filter(({ toldMs }, index) => index < surplus || toldMs <= nowMs - keepMs).map(({ event }) => event);
}

const toldFields = [['lastTimestamp'], ['deprecatedLastTimestamp'], ['series', 'lastObservedTime'], ['eventTime']];

/** The newest of its times. What lies ahead was told by a clock that is wrong; but what was made is no older than now. */
function readToldMs(event: KubeObject, nowMs: number): number {
  const created = Math.min(nowMs, Date.parse(event.metadata.creationTimestamp ?? '') || 0);
  const told = toldFields.map((path) => Date.parse(textAt(event, ...path))).filter((ms) => ms <= nowMs);
  return Math.max(created, ...told);
}
