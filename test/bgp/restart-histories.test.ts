// Random histories of a speaker that dies, comes back, loses its connections and changes its routes, with a helper and a witness
// behind it: whatever happened, once its End-of-RIB is out everybody has exactly what it announces; and as long as it only ever
// came back in time with all of its routes, the witness was never told of a withdrawal.

import test from 'ava';
import type { GracefulRestartConfig } from '#bgp/config.ts';
import type { Speaker } from '#bgp/speaker.ts';
import { randomFrom } from '#support/seed.ts';
import {
  locRib,
  neighborConfig,
  neighborView,
  networks,
  prefixesOf,
  showRoutes,
  speakerConfig,
  SpeakerLab,
} from '#support/speaker-lab.ts';

const R = '192.0.2.1';
const H = '192.0.2.2';
const W = '192.0.2.3';
const gracefulRestart: GracefulRestartConfig = {
  mode: 'full',
  restartTimeSec: 60,
  stalePathSec: 30,
  hasNotification: true,
};
const allPrefixes = Array.from({ length: 12 }, (_, index) => `10.${index}.0.0/16`);

class History {
  readonly lab = new SpeakerLab();
  readonly helper: Speaker;
  readonly witness: Speaker;
  readonly log: string[] = [];
  restarting: Speaker | undefined;
  announced: readonly string[] = allPrefixes;
  private readonly random: () => number;
  private readonly longLived: { readonly longLivedStaleSec?: number };

  constructor(seed: number) {
    this.random = randomFrom(seed);
    this.longLived = this.chance(0.5) ? { longLivedStaleSec: 200 } : {};
    this.helper = this.lab.add('h', [H]).speaker;
    this.witness = this.lab.add('w', [W]).speaker;
    const families = ['ipv4-unicast'] as const;
    this.helper.configure(
      speakerConfig({
        asn: 65002,
        routerId: H,
        neighbors: [
          neighborConfig({ address: R, isPassive: true, families, gracefulRestart, ...this.longLived }),
          neighborConfig({ address: W, isPassive: true, families, gracefulRestart, ...this.longLived }),
        ],
      }),
    );
    this.witness.configure(
      speakerConfig({
        asn: 65003,
        routerId: W,
        neighbors: [neighborConfig({ address: H, families, gracefulRestart, ...this.longLived })],
      }),
    );
    this.start(false);
    this.settleDown();
  }

  chance(share: number): boolean {
    return this.random() < share;
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  /** A process begins; its sources are told now or later. */
  start(isRestarting: boolean): void {
    const { speaker } = this.lab.add('r', [R]);
    speaker.begin({ isRestarting, preservedFamilies: isRestarting ? ['ipv4-unicast'] : [] });
    this.restarting = speaker;
    this.configure();
    if (this.chance(0.5)) speaker.sourcesSynchronised();
  }

  configure(): void {
    this.restarting?.configure(
      speakerConfig({
        asn: 65001,
        routerId: R,
        neighbors: [neighborConfig({ address: H, families: ['ipv4-unicast'], gracefulRestart, ...this.longLived })],
        networks: networks(...this.announced),
        selectionDeferralSec: 20,
      }),
    );
  }

  kill(): void {
    if (this.restarting !== undefined) this.lab.kill(this.restarting);
    this.restarting = undefined;
  }

  step(mayLose: boolean): void {
    const chosen = this.below(mayLose ? 6 : 3);
    this.log.push(String(chosen));
    if (chosen === 0) {
      this.kill();
      this.lab.pass(this.below(40));
      this.start(true);
    } else if (chosen === 1 && this.restarting !== undefined) this.lab.breakConnections(this.restarting);
    else if (chosen === 2) this.lab.pass(this.below(mayLose ? 90 : 20));
    else if (chosen === 3) {
      this.announced = allPrefixes.filter(() => this.chance(0.6));
      this.configure();
    } else if (chosen === 4) {
      this.kill();
      this.lab.pass(this.below(400));
      this.start(this.chance(0.5));
    } else if (chosen === 5) this.helper.clear(R, this.chance(0.5) ? 'hard' : 'soft-in');
    this.lab.settle();
  }

  /** Everything that is due happens. */
  settleDown(): void {
    if (this.restarting === undefined) this.start(true);
    this.restarting?.sourcesSynchronised();
    this.lab.pass(300);
  }
}

const seen = (speaker: Speaker): string[] => prefixesOf(showRoutes(speaker, locRib('ipv4-unicast')));

test('whatever happened, in the end everybody has exactly what is announced, and nothing is stale', (t) => {
  for (let seed = 1; seed <= 40; seed++) {
    const history = new History(seed);
    for (let step = 0; step < 12; step++) history.step(true);
    history.settleDown();
    const wanted = allPrefixes.filter((prefix) => history.announced.includes(prefix)).toSorted();
    const message = `seed ${seed}: ${history.log.join(' ')}`;
    t.deepEqual(seen(history.helper).toSorted(), wanted, message);
    t.deepEqual(seen(history.witness).toSorted(), wanted, message);
    const [family] = neighborView(history.helper, R).families;
    t.like(family, { stale: 0, staleRemainingSec: undefined, isLongLived: false }, message);
  }
});

test('a speaker that always comes back in time with all of its routes is never missed by anybody', (t) => {
  for (let seed = 101; seed <= 130; seed++) {
    const history = new History(seed);
    const before = neighborView(history.witness, H).received.update;
    for (let step = 0; step < 8; step++) {
      history.step(false);
      t.is(seen(history.witness).length, allPrefixes.length, `seed ${seed}: ${history.log.join(' ')}`);
      // Back and in time: the next death finds it with a session.
      history.restarting?.sourcesSynchronised();
      history.lab.pass(45);
    }
    t.is(neighborView(history.witness, H).received.update, before, `seed ${seed}: ${history.log.join(' ')}`);
  }
});
