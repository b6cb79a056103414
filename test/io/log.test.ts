// The catalogue of log events: levels, sentences, escaping, JSON lines.

import test from 'ava';
import { escapeText } from '#io/escape-text.ts';
import { describeEvent, EventLog } from '#io/log.ts';
import type { LogEvent } from '#io/log.ts';

const base = { instance: 'default', wallMs: 1 } as const;

function linesOf(level: 'debug' | 'info', events: readonly LogEvent[]): Record<string, unknown>[] {
  const lines: string[] = [];
  const log = new EventLog({ level, nodeName: 'n1' }, { write: (line: string) => void lines.push(line) });
  for (const event of events) log.write(event);
  return lines.map((line) => {
    const parsed: Record<string, unknown> = JSON.parse(line);
    return parsed;
  });
}

test('no field of an event takes the place of what every line has', (t) => {
  const [line] = linesOf('info', [
    {
      ...base,
      type: 'prefix-limit',
      neighbor: '192.0.2.1',
      family: 'ipv4-unicast',
      mark: 'reached',
      prefixes: 5,
      limit: 4,
      action: 'discard',
    },
  ]);
  t.like(line, { level: 40, mark: 'reached', event: 'prefix-limit' });
});

test('an event becomes one JSON line with its name, fields and sentence', (t) => {
  const [line] = linesOf('info', [
    {
      ...base,
      type: 'neighbor-state',
      neighbor: '192.0.2.1',
      from: 'OpenConfirm',
      to: 'Established',
      reason: 'KEEPALIVE received',
    },
  ]);
  t.like(line, {
    level: 30,
    node: 'n1',
    event: 'neighbor-state',
    instance: 'default',
    neighbor: '192.0.2.1',
    to: 'Established',
    msg: 'neighbor 192.0.2.1: OpenConfirm -> Established: KEEPALIVE received',
  });
});

test('a route that cannot be sent is a warning with the prefix and the neighbors', (t) => {
  const [line] = linesOf('info', [
    {
      ...base,
      type: 'route-not-sent',
      neighbors: ['192.0.2.1', '192.0.2.2'],
      family: 'ipv4-unicast',
      prefix: '10.1.0.0/16',
      reason: 'too large',
    },
  ]);
  t.like(line, { level: 40, msg: '10.1.0.0/16 is not sent to 192.0.2.1, 192.0.2.2: too large' });
});

test('steps between Idle and Established are for debugging only', (t) => {
  const step: LogEvent = {
    ...base,
    type: 'neighbor-state',
    neighbor: 'x',
    from: 'Idle',
    to: 'Connect',
    reason: 'started',
  };
  t.is(linesOf('info', [step]).length, 0);
  t.is(linesOf('debug', [step]).length, 1);
  t.is(describeEvent({ ...step, from: 'Established', to: 'Idle' }).level, 'info');
});

test("a peer's text cannot forge lines, move the cursor or turn the writing round", (t) => {
  const [line] = linesOf('info', [
    {
      ...base,
      type: 'notification-received',
      neighbor: '192.0.2.1',
      code: 6,
      subcode: 2,
      text: 'bye\n{"level":60}\u001b[2J\u202e\u0085',
    },
  ]);
  const msg = String(line.msg);
  t.is(msg, 'received NOTIFICATION 6/2 from 192.0.2.1: bye\\u000a{"level":60}\\u001b[2J\\u202e\\u0085');
  t.is(line.text, 'bye\\u000a{"level":60}\\u001b[2J\\u202e\\u0085');
});

test('a text without end is cut', (t) => {
  t.is(escapeText('x'.repeat(600)).length, 512);
  t.is(describeEvent({ type: 'problem', what: 'x', problem: 'y'.repeat(20_000) }).message.length, 8_000);
});

test('what a configuration changed is one sentence', (t) => {
  const none = {
    neighborsAdded: [],
    neighborsRemoved: [],
    neighborsUpdated: [],
    neighborsReset: [],
    networksAdded: 0,
    networksRemoved: 0,
  };
  const say = (changes: Partial<typeof none> & object): string =>
    describeEvent({ type: 'configuration-applied', source: 'r.yaml', changes: { ...none, ...changes } }).message;
  t.is(say({}), 'r.yaml: nothing changed');
  const fields = ['router.asn', 'api.listen'];
  const moved: LogEvent = { type: 'configuration-applied', source: 'r.yaml', changes: none, fields };
  t.is(describeEvent(moved).message, 'r.yaml: changed router.asn, api.listen');
  t.is(
    describeEvent({
      type: 'configuration-applied',
      source: 'r.yaml',
      changes: {
        ...none,
        neighborsAdded: ['192.0.2.1'],
        neighborsReset: ['a', 'b', 'c', 'd', 'e', 'f'],
        networksRemoved: 1,
      },
    }).message,
    'r.yaml: added 192.0.2.1; reset a, b, c, d, e, and 1 more; removed 1 network',
  );
});
