// A neighbor that does nothing wrong, beside others that do: after whatever they did it must have noticed nothing. It has hold time 9 s,
// so that keepalives are due every 3 s, sends its own every 2 s, and knows how long it heard nothing.

import test, { type ExecutionContext } from 'ava';
import { asRecord, at } from '#lab/json.ts';
import type { RawConnection, RawNeighbor, RawRouter } from '../interop/raw-router.ts';
import { findUnmet, needs, type Need } from './skip.ts';

/** A third of 9 s, and what a busy machine takes. */
const LONGEST_SILENCE_MS = 4500;

export class Bystander {
  readonly connection: RawConnection;
  readonly #router: RawRouter;
  readonly #address: string;
  #beganMs = performance.now();
  #before: Readonly<Record<string, number>> = {};

  constructor(router: RawRouter, address: string, connection: RawConnection) {
    this.#router = router;
    this.#address = address;
    this.connection = connection;
  }

  static async join(router: RawRouter, neighbor: RawNeighbor): Promise<Bystander> {
    const bystander = new Bystander(router, neighbor.address, await router.establish(neighbor));
    await bystander.begin();
    return bystander;
  }

  /** From here on it is watched. */
  async begin(): Promise<void> {
    this.connection.longestSilenceMs = 0;
    this.#before = await this.#look();
    this.#beganMs = performance.now();
  }

  async check(t: ExecutionContext<unknown>): Promise<void> {
    const router = this.#router;
    t.true(router.isRunning);
    t.false(router.log.includes('internal-error'), router.log);
    t.false(this.connection.isClosed);
    t.is(this.connection.notification, undefined);
    const silence = this.connection.longestSilenceMs;
    t.true(silence < LONGEST_SILENCE_MS, `${silence} ms without a message`);
    const elapsedMs = performance.now() - this.#beganMs;
    const [before, after] = [this.#before, await this.#look()];
    const grown = (key: string): number => after[key] - before[key];
    t.is(after.established, 1);
    t.is(after.dropped, 0);
    t.true(grown('upMs') > elapsedMs - 2000, `up for ${grown('upMs')} ms more after ${elapsedMs} ms`);
    // Some may be under way, and intervals are jittered to at most 3 s.
    const due = Math.floor(elapsedMs / 3000) - 1;
    t.true(grown('keepalivesSent') + grown('updatesSent') >= due, `${grown('keepalivesSent')} keepalives of ${due}`);
    // It sends one every 2 s, and its timer is late when the machine is.
    t.true(grown('keepalivesRecv') >= Math.floor(elapsedMs / 2500) - 2, `${grown('keepalivesRecv')} of its keepalives`);
    t.is(after.notifications, 0);
    t.is(after.malformed, 0);
  }

  async #look(): Promise<Readonly<Record<string, number>>> {
    const view = asRecord(at(await this.#router.get(`/show/bgp/neighbors/${this.#address}`), this.#address));
    const stats = asRecord(view.messageStats);
    return {
      upMs: Number(view.bgpTimerUpMsec),
      established: Number(view.connectionsEstablished),
      dropped: Number(view.connectionsDropped),
      keepalivesSent: Number(stats.keepalivesSent),
      keepalivesRecv: Number(stats.keepalivesRecv),
      updatesSent: Number(stats.updatesSent),
      notifications: Number(stats.notificationsSent) + Number(stats.notificationsRecv),
      malformed: Number(view.treatedAsWithdraw) + Number(view.attributesDiscarded),
    };
  }
}

export interface World {
  readonly router: RawRouter;
  readonly bystander: Bystander;
}

/** No abuse costs more memory than this, and is over in this time; what a test knows better it says itself. */
const MOST_BYTES = 256 << 20;
const LONGEST_MS = 120_000;

/** A router for all tests of a file; what it answers declares a test after which memory, time and the bystander are looked at. */
export function declareWorld(
  requirements: readonly Need[],
  start: () => Promise<RawRouter>,
  neighbor: RawNeighbor,
): (name: string, run: (t: ExecutionContext<unknown>, world: World) => Promise<void>) => void {
  let world: World | undefined;
  test.before(async (t) => {
    t.timeout(120_000);
    if (findUnmet(requirements) !== undefined) return;
    const router = await start();
    world = { router, bystander: await Bystander.join(router, neighbor) };
  });
  test.after.always(async () => world?.router.stop());
  return (name, run) => {
    test.serial(
      name,
      needs(requirements, async (t) => {
        t.timeout(240_000);
        if (world === undefined) throw new Error('the router did not start');
        await world.bystander.begin();
        const beforeBytes = world.router.rssBytes;
        const beganMs = performance.now();
        await run(t, world);
        const tookMs = performance.now() - beganMs;
        t.true(tookMs < LONGEST_MS, `${tookMs} ms`);
        const isBounded = await world.router.keepsLessThan(MOST_BYTES, beforeBytes);
        t.true(isBounded, `${world.router.rssBytes - beforeBytes} bytes more`);
        await world.bystander.check(t);
      }),
    );
  };
}
