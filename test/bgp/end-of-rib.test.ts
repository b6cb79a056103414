// End-of-RIB says that everything is told (RFC 4724 §2, §4.1): a helper deletes what was not, so it must not come a slice too early.

import test from 'ava';
import type { SpeakerConfig } from '#bgp/config.ts';
import { defaultGracefulRestart } from '#support/session-defaults.ts';
import type { Family } from '#bgp/net/family.ts';
import type { Fib } from '#bgp/ports.ts';
import type { Speaker } from '#bgp/speaker.ts';
import {
  everythingReachable,
  locRib,
  neighborConfig,
  neighborView,
  networks,
  showRoutes,
  speakerConfig,
  SpeakerLab,
} from '#support/speaker-lab.ts';

const SOURCE = '192.0.2.1';
const MIDDLE = '192.0.2.2';
const SINK = '192.0.2.3';
const gracefulRestart = { ...defaultGracefulRestart, mode: 'full' as const };

const neighbor = (address: string) => neighborConfig({ address, gracefulRestart });

function middleConfig(overrides: Partial<SpeakerConfig> = {}): SpeakerConfig {
  return speakerConfig({ asn: 65002, routerId: MIDDLE, neighbors: [neighbor(SINK), neighbor(SOURCE)], ...overrides });
}

const prefixes = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`);

interface Chain {
  readonly lab: SpeakerLab;
  readonly middle: Speaker;
  readonly sink: Speaker;
  /** Routes that the sink has taken away because they were not announced again. */
  readonly withdrawn: () => number;
}

/** The middle one has restarted between a source of routes, which comes back last, and a sink, which holds all of them. */
function restart(count: number, overrides: Partial<SpeakerConfig> = {}, kernels: readonly LateKernel[] = []): Chain {
  const lab = new SpeakerLab();
  const { speaker: source } = lab.add('source', [SOURCE]);
  const { speaker: sink, events } = lab.add('sink', [SINK]);
  const begin = (kernel: LateKernel | undefined, isRestarting: boolean): Speaker => {
    const { speaker } = lab.add('middle', [MIDDLE], everythingReachable, kernel);
    if (kernel !== undefined) kernel.speaker = speaker;
    speaker.begin({ isRestarting, preservedFamilies: ['ipv4-unicast', 'ipv6-unicast'] });
    speaker.configure(middleConfig(overrides));
    speaker.sourcesSynchronised();
    lab.pass(20);
    return speaker;
  };
  source.configure(
    speakerConfig({
      asn: 65001,
      routerId: SOURCE,
      neighbors: [neighbor(MIDDLE)],
      networks: networks(...prefixes(count)),
    }),
  );
  sink.configure(speakerConfig({ asn: 65003, routerId: SINK, neighbors: [neighbor(MIDDLE)] }));
  const first = begin(kernels[0], false);
  kernels[0]?.answerAll();
  lab.pass(1);
  lab.kill(first);
  source.shutdown(MIDDLE, true, undefined);
  const middle = begin(kernels[1], true);
  source.shutdown(MIDDLE, false, undefined);
  lab.pass(20);
  const withdrawn = (): number =>
    events.reduce(
      (sum, event) => (event.type === 'stale-routes' && event.change === 'removed' ? sum + event.routes : sum),
      0,
    );
  return { lab, middle, sink, withdrawn };
}

/** Answers when it is told to. */
class LateKernel implements Fib {
  speaker: Speaker | undefined;
  private asked: (() => void)[] = [];

  install(family: Family, w0: number, w1: number, w2: number, w3: number, length: number): void {
    this.asked.push(() => this.speaker?.routeInstalled(family, w0, w1, w2, w3, length, true));
  }

  answerAll(): void {
    for (const answer of this.asked.splice(0)) answer();
  }

  installBlackhole(): void {}
  remove(): void {}
  sweepStale(): void {}
}

test('after a restart End-of-RIB waits for every route that came while selection was deferred', (t) => {
  const { sink, withdrawn } = restart(6000);
  t.is(neighborView(sink, MIDDLE).state, 'Established');
  t.is(showRoutes(sink, locRib('ipv4-unicast')).length, 6000);
  t.is(withdrawn(), 0);
});

test('after a restart End-of-RIB waits for aggregates', (t) => {
  const { sink, withdrawn } = restart(6000, {
    aggregates: [{ prefix: '10.0.0.0/8', isSummaryOnly: false, policy: undefined }],
  });
  t.is(showRoutes(sink, locRib('ipv4-unicast')).length, 6001);
  t.is(withdrawn(), 0);
});

test('after a restart End-of-RIB waits for aggregates of a few routes', (t) => {
  const { sink, withdrawn } = restart(2, {
    aggregates: [{ prefix: '10.0.0.0/8', isSummaryOnly: true, policy: undefined }],
  });
  t.is(showRoutes(sink, locRib('ipv4-unicast')).length, 1);
  t.is(withdrawn(), 0);
});

test('after a restart End-of-RIB waits for the kernel where only what it has is advertised', (t) => {
  const fib = { table: 254, metric: 20, advertisesInstalledOnly: true };
  const kernels = [new LateKernel(), new LateKernel()];
  const { lab, sink, withdrawn } = restart(3000, { fib }, kernels);
  t.is(neighborView(sink, MIDDLE).families[0].stale, 3000);
  t.false(neighborView(sink, MIDDLE).families[0].hasEndOfRibReceived);
  kernels[1].answerAll();
  lab.pass(1);
  t.is(showRoutes(sink, locRib('ipv4-unicast')).length, 3000);
  t.is(withdrawn(), 0);
  t.true(neighborView(sink, MIDDLE).families[0].hasEndOfRibReceived);
});

test('after a restart selection waits for neighbors by prefix as long as they keep our routes (RFC 4724 §4.1)', (t) => {
  const lab = new SpeakerLab();
  const { address: _, ...template } = neighbor('');
  const config = speakerConfig({
    asn: 65002,
    routerId: MIDDLE,
    dynamicNeighbors: [{ prefix: '192.0.2.0/24', limit: 10, neighbor: template }],
  });
  const { speaker: first } = lab.add('hub', [MIDDLE]);
  first.configure(config);
  const callers = [SOURCE, SINK].map((address, index) => {
    const { speaker, events } = lab.add(address, [address]);
    speaker.configure(
      speakerConfig({
        asn: 65010 + index,
        routerId: address,
        neighbors: [neighbor(MIDDLE)],
        networks: networks(`10.${index}.0.0/16`),
      }),
    );
    return { speaker, events };
  });
  const [source, sink] = callers;
  lab.pass(10);
  t.is(showRoutes(sink.speaker, locRib('ipv4-unicast')).length, 2);
  lab.kill(first);
  source.speaker.shutdown(MIDDLE, true, undefined);
  const { speaker: hub } = lab.add('hub', [MIDDLE]);
  hub.begin({ isRestarting: true, preservedFamilies: ['ipv4-unicast', 'ipv6-unicast'] });
  hub.configure(config);
  hub.sourcesSynchronised();
  lab.pass(30);
  t.is(neighborView(hub, SINK).state, 'Established');
  t.deepEqual(hub.view().restart.awaited, ['192.0.2.0/24 ipv4-unicast', '192.0.2.0/24 ipv6-unicast']);
  t.true(neighborView(hub, SINK).families[1].hasEndOfRibReceived, 'also of a family of which nothing can be sent');
  source.speaker.shutdown(MIDDLE, false, undefined);
  lab.pass(gracefulRestart.restartTimeSec);
  t.false(hub.view().restart.isDeferring);
  t.is(showRoutes(sink.speaker, locRib('ipv4-unicast')).length, 2);
  const gone = sink.events.filter((event) => event.type === 'stale-routes' && event.change === 'removed');
  t.deepEqual(gone, []);
});
