// Limits on the number of prefixes: what each action does to routes and session, and what is told.

import test from 'ava';
import type { MaxPrefixesConfig } from '#bgp/config.ts';
import type { SpeakerEvent } from '#bgp/events.ts';
import type { Speaker } from '#bgp/speaker.ts';
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

const A = '192.0.2.1';
const B = '192.0.2.2';

type LimitEvent = Extract<SpeakerEvent, { readonly type: 'prefix-limit' }>;

interface Pair {
  readonly lab: SpeakerLab;
  readonly limited: Speaker;
  readonly sender: Speaker;
  readonly events: SpeakerEvent[];
  readonly send: (count: number) => void;
  /** Answers the neighbors that it changed. */
  readonly limit: (maxPrefixes: Partial<MaxPrefixesConfig>) => readonly string[];
}

const defaults: MaxPrefixesConfig = { limit: 4, warningPercent: 75, action: 'warn', restartSec: 60 };

function pair(maxPrefixes: Partial<MaxPrefixesConfig>): Pair {
  const lab = new SpeakerLab();
  const { speaker: limited, events } = lab.add('limited', [A]);
  const { speaker: sender } = lab.add('sender', [B]);
  const send = (count: number): void => {
    const prefixes = Array.from({ length: count }, (_, index) => `10.${index}.0.0/16`);
    sender.configure(
      speakerConfig({
        asn: 65002,
        routerId: B,
        neighbors: [neighborConfig({ address: A })],
        networks: networks(...prefixes, '2001:db8::/32'),
      }),
    );
    lab.settle();
  };
  const limit = (overrides: Partial<MaxPrefixesConfig>): readonly string[] => {
    const outcome = limited.configure(
      speakerConfig({
        asn: 65001,
        routerId: A,
        neighbors: [
          neighborConfig({
            address: B,
            isPassive: true,
            familyOptions: { 'ipv4-unicast': { maxPrefixes: { ...defaults, ...overrides } } },
          }),
        ],
      }),
    );
    lab.settle();
    return outcome.neighborsUpdated;
  };
  limit(maxPrefixes);
  send(0);
  lab.pass(1);
  return { lab, limited, sender, events, send, limit };
}

const told = (events: readonly SpeakerEvent[]): LimitEvent[] => events.filter((event) => event.type === 'prefix-limit');
const held = (speaker: Speaker): number => showRoutes(speaker, locRib('ipv4-unicast')).length;

test('a share of the limit is told once, and once more when the limit is passed; with warn all is taken', (t) => {
  const { limited, events, send } = pair({});
  send(2);
  t.deepEqual(told(events), []);
  send(3);
  send(4);
  t.deepEqual(
    told(events).map(({ mark, prefixes, limit }) => [mark, prefixes, limit]),
    [['warning', 3, 4]],
  );
  send(7);
  send(9);
  t.deepEqual(
    told(events).map(({ mark }) => mark),
    ['warning', 'reached'],
  );
  t.is(held(limited), 9);
  t.is(neighborView(limited, B).state, 'Established');
});

test('discard takes no more than the limit, keeps the session, and fetches what was refused when there is room', (t) => {
  const { lab, limited, sender, events, send } = pair({ action: 'discard' });
  send(6);
  t.is(held(limited), 4);
  t.is(neighborView(limited, B).state, 'Established');
  t.like(neighborView(limited, B).families[0], { receivedPrePolicy: 4, refusedByLimit: 2 });
  t.deepEqual(neighborView(limited, B).families[0].maxPrefixes, { ...defaults, action: 'discard' });
  t.like(told(events).at(-1), { mark: 'reached', limit: 4, action: 'discard' });
  sender.configure(
    speakerConfig({
      asn: 65002,
      routerId: B,
      neighbors: [neighborConfig({ address: A })],
      networks: networks('10.2.0.0/16', '10.3.0.0/16', '10.4.0.0/16', '10.5.0.0/16'),
    }),
  );
  lab.settle();
  t.deepEqual(prefixesOf(showRoutes(limited, locRib('ipv4-unicast'))), [
    '10.2.0.0/16',
    '10.3.0.0/16',
    '10.4.0.0/16',
    '10.5.0.0/16',
  ]);
});

test('a raised limit lets in what was refused, without a reset', (t) => {
  const { lab, limited, send, limit } = pair({ action: 'discard' });
  send(6);
  limit({ action: 'discard', limit: 10 });
  lab.settle();
  t.is(held(limited), 6);
  t.is(neighborView(limited, B).connectionsEstablished, 1);
});

test('restart ends the session with 6/1, the family and the limit as data, and lets it come back (RFC 4486 §4)', (t) => {
  const { lab, limited, sender, send } = pair({ action: 'restart' });
  const notifications: Uint8Array[] = [];
  const endpoint = lab.network.find(B);
  const handler = endpoint?.handler;
  t.truthy(handler);
  if (endpoint === undefined || handler === undefined) return;
  endpoint.handler = {
    ...handler,
    received: (connection, bytes) => {
      if (bytes[18] === 3) notifications.push(bytes.slice());
      handler.received(connection, bytes);
    },
  };
  send(5);
  lab.pass(1);
  t.deepEqual([...notifications[0].subarray(19)], [6, 1, 0, 1, 1, 0, 0, 0, 4]);
  const { lastReset } = neighborView(sender, A);
  t.deepEqual([lastReset?.direction, lastReset?.code, lastReset?.subcode], ['received', 6, 1]);
  t.is(held(limited), 0);
  lab.pass(30);
  t.not(neighborView(limited, B).state, 'Established');
  t.regex(neighborView(limited, B).downReason ?? '', /more than 4 prefixes of ipv4-unicast; tried again in \d+ s/);
  send(2);
  lab.pass(60);
  t.is(neighborView(limited, B).state, 'Established');
  t.is(held(limited), 2);
});

test('shutdown leaves the neighbor down until somebody clears it', (t) => {
  const { lab, limited, send } = pair({ action: 'shutdown' });
  send(5);
  lab.pass(3600);
  t.not(neighborView(limited, B).state, 'Established');
  t.is(neighborView(limited, B).downReason, 'more than 4 prefixes of ipv4-unicast');
  send(3);
  t.deepEqual(limited.clear(B, 'hard'), [B]);
  lab.pass(30);
  t.is(neighborView(limited, B).state, 'Established');
  t.is(held(limited), 3);
});

test('a limit that is lowered below what is there acts at once', (t) => {
  const { lab, limited, events, send, limit } = pair({ limit: 10, action: 'restart' });
  send(6);
  t.is(held(limited), 6);
  limit({ limit: 5, action: 'restart' });
  lab.pass(1);
  t.not(neighborView(limited, B).state, 'Established');
  t.like(told(events).at(-1), { mark: 'reached', prefixes: 6, limit: 5 });
});

test('a lower limit on a live session: warn and discard tell of it and keep what is there, a warning is told of at once', (t) => {
  for (const action of ['warn', 'discard'] as const) {
    const { limited, events, send, limit } = pair({ limit: 10, action });
    send(6);
    t.deepEqual(told(events), []);
    limit({ limit: 8, action });
    limit({ limit: 5, action });
    t.deepEqual(
      told(events).map(({ mark, prefixes, limit }) => [mark, prefixes, limit]),
      [
        ['warning', 6, 8],
        ['warning', 6, 5],
        ['reached', 6, 5],
      ],
    );
    send(7);
    t.is(held(limited), action === 'warn' ? 7 : 6);
    t.is(neighborView(limited, B).connectionsEstablished, 1);
    t.is(told(events).length, 3, 'told once');
  }
});

test('a limit that was discarded beyond and now shuts down does so, unless there is room', (t) => {
  const { lab, limited, send, limit } = pair({ action: 'discard' });
  send(6);
  limit({ action: 'shutdown', limit: 10 });
  lab.pass(1);
  t.is(neighborView(limited, B).state, 'Established');
  t.is(held(limited), 6);
  limit({ action: 'discard', limit: 4 });
  send(8);
  limit({ action: 'shutdown', limit: 4 });
  lab.pass(1);
  t.not(neighborView(limited, B).state, 'Established');
});

test('another limit of a neighbor that is held down is a change that is told', (t) => {
  const { lab, send, limited, limit } = pair({ action: 'restart', limit: 2 });
  send(3);
  lab.pass(1);
  t.not(neighborView(limited, B).state, 'Established');
  t.deepEqual(limit({ action: 'discard', limit: 2 }), [B]);
  t.deepEqual(limit({ action: 'discard', limit: 2 }), []);
});

test('a line that is crossed again after the number fell below it is told of again, once a minute at most', (t) => {
  const { lab, events, send } = pair({});
  const levels = (): string[] => told(events).map(({ mark }) => mark);
  send(5);
  t.deepEqual(levels(), ['warning', 'reached']);
  send(4);
  send(5);
  send(1);
  send(5);
  t.is(levels().length, 2, 'a peer that comes and goes fills no log');
  lab.pass(61);
  send(4);
  send(5);
  t.deepEqual(levels(), ['warning', 'reached', 'reached']);
  send(2);
  send(3);
  t.deepEqual(levels(), ['warning', 'reached', 'reached', 'warning']);
});

test('the limit of one family is nothing to the other', (t) => {
  const { limited, send } = pair({ action: 'discard', limit: 1 });
  send(3);
  t.is(held(limited), 1);
  t.deepEqual(prefixesOf(showRoutes(limited, locRib('ipv6-unicast'))), []);
  t.is(neighborView(limited, B).families[1].refusedByLimit, 0);
});

test('a session that flaps below the limit never meets it', (t) => {
  const { lab, limited, events, send } = pair({ action: 'shutdown' });
  send(2);
  for (let round = 0; round < 5; round++) {
    lab.breakConnections(limited);
    // Oscillations are damped.
    lab.pass(600);
    t.is(neighborView(limited, B).state, 'Established');
  }
  t.deepEqual(told(events), []);
  t.is(held(limited), 2);
});
