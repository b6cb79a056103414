// Large answers: valid JSON of 200,000 routes, in slices of at most 64 KB with turns of the event loop between them, pulled by the
// reader, let go of when the client goes away, and not too many at once.

import { request, type IncomingMessage } from 'node:http';
import test from 'ava';
import { PathFlag } from '#bgp/views.ts';
import { asn } from '#bgp/net/asn.ts';
import { Address, formatIpv4 } from '#bgp/net/address.ts';
import { emptyAttributes, type PathAttributes, SegmentType } from '#bgp/wire/attributes.ts';
import { SLICE_BYTES, SliceWriter } from '#api/slice-writer.ts';
import { ask, startApi } from '#support/api.ts';
import { createFixtureSpeaker, isJson, toJson } from '#support/frr-fixtures.ts';
import { keptBytes } from '#support/kept-memory.ts';
import type { FakeRoute, FakeSpeakerPort } from '#support/fake-speaker-port.ts';

const ROUTES = 200_000;
const SETS = 30_000;

const sets: readonly PathAttributes[] = Array.from({ length: SETS }, (_, index) => ({
  ...emptyAttributes,
  asPath: [{ type: SegmentType.Sequence, asns: [asn(65001), asn(70000 + index), asn(100000 + index)] }],
  nextHop: new Address(4, 0x0a010002, 0, 0, 0),
  communities: [index],
}));

function* makeRoutes(count: number): Generator<FakeRoute> {
  for (let index = 0; index < count; index++) {
    yield {
      prefix: `${formatIpv4((0x0b000000 + index * 256) | 0)}/24`,
      peer: 1,
      attributes: sets[Math.floor(index / 7) % SETS],
      flags: PathFlag.Valid | PathFlag.Best,
      reason: 1,
      receivedWallSec: 1,
      version: index,
    };
  }
}

function createLargeSpeaker(count: number): FakeSpeakerPort {
  const speaker = createFixtureSpeaker();
  speaker.tables = { ...speaker.tables, routes: () => makeRoutes(count) };
  return speaker;
}

/** Opens the answer without reading it. */
function open(socketPath: string, path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path, agent: false }, resolve);
    outgoing.once('error', reject);
    outgoing.end();
  });
}

async function until(isTrue: () => boolean, limitMs = 30_000): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (!isTrue() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
  return isTrue();
}

test.serial('200,000 routes are one valid JSON document with every route once', async (t) => {
  const speaker = createLargeSpeaker(ROUTES);
  const running = await startApi(speaker);
  t.teardown(() => running.close());
  const { body, status } = await ask({ socketPath: running.socketPath, path: '/show/bgp/ipv4/unicast' });
  t.is(status, 200);
  const document = toJson(JSON.parse(body));
  t.is(Object.keys(toJson(document['routes'])).length, ROUTES);
  t.is(document['totalRoutes'], ROUTES);
  const last = toJson(document['routes'])['11.1.134.0/24'];
  t.true(Array.isArray(last) && isJson(last[0]) && last[0]['path'] === '65001 70055 100055', JSON.stringify(last));
  t.is(speaker.openViews, 0);
});

test.serial('slices are at most 64 KB and the event loop turns between them', async (t) => {
  let turns = 0;
  let isRunning = true;
  const turn = (): void => {
    turns++;
    if (isRunning) setImmediate(turn);
  };
  setImmediate(turn);
  let slices = 0;
  let bytes = 0;
  const out = new SliceWriter(async (slice) => {
    t.true(slice.length <= SLICE_BYTES);
    slices++;
    bytes += slice.length;
  });
  for (let index = 0; index < 400; index++) await out.writeText('ä'.repeat(5000));
  await out.writeText('ä'.repeat(50_000));
  await out.end();
  isRunning = false;
  t.is(bytes, 4_000_000 + 100_000);
  t.true(slices >= 4_100_000 / SLICE_BYTES && slices < 100, `${slices} slices`);
  t.true(turns >= slices - 2, `${turns} turns`);
});

test.serial('a reader that stops reading stops the table, and memory stays bounded', async (t) => {
  const speaker = createLargeSpeaker(ROUTES);
  const running = await startApi(speaker);
  t.teardown(() => running.close());
  const response = await open(running.socketPath, '/show/bgp/ipv4/unicast');
  response.pause();
  await until(() => speaker.batchesRead > 0);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const stalledAt = speaker.batchesRead;
  t.true(stalledAt < 20, `${stalledAt} of 200 batches were read for a client that reads nothing`);
  let peak = 0;
  let chunks = 0;
  const before = keptBytes();
  for await (const chunk of response) {
    if (chunks++ % 200 === 0) peak = Math.max(peak, keptBytes() - before);
    t.true(chunk.length > 0);
  }
  t.is(speaker.batchesRead, ROUTES / 1000);
  t.true(peak < 16 << 20, `${Math.round(peak / 2 ** 20)} MiB more`);
  t.log(`${(peak / 2 ** 20).toFixed(1)} MiB`);
});

test.serial('a client that goes away closes the view', async (t) => {
  const speaker = createLargeSpeaker(ROUTES);
  const running = await startApi(speaker);
  t.teardown(() => running.close());
  for (const path of ['/show/bgp/ipv4/unicast', '/v1/bgp/routes?table_type=loc-rib&afi=ipv4&safi=unicast']) {
    const response = await open(running.socketPath, path);
    await new Promise((resolve) => response.once('data', resolve));
    t.is(speaker.openViews, 1, path);
    response.destroy();
    t.true(await until(() => speaker.openViews === 0), path);
  }
  t.deepEqual(running.faults, []);
});

class OverrunError extends Error {
  readonly code = 'view-overrun';
}

function* makeRoutesUntil(count: number, error: Error): Generator<FakeRoute> {
  yield* makeRoutes(count);
  throw error;
}

/** What a client reads before the connection breaks; undefined when it ends as it should. */
async function readUntilBroken(response: IncomingMessage): Promise<string | undefined> {
  let text = '';
  try {
    for await (const chunk of response) text += String(chunk);
  } catch {
    return text;
  }
  return undefined;
}

test.serial('an answer that has to end early is broken off and says why in its last line', async (t) => {
  const speaker = createFixtureSpeaker();
  const running = await startApi(speaker);
  t.teardown(() => running.close());
  for (const [error, reason] of [
    [new OverrunError('too many routes changed'), 'too many routes changed'],
    [new RangeError('our own'), 'the daemon met a fault of its own; see its log'],
  ] as const) {
    speaker.tables = { ...speaker.tables, routes: () => makeRoutesUntil(5000, error) };
    for (const path of ['/show/bgp/ipv4/unicast', '/v1/bgp/routes?table_type=loc-rib&afi=ipv4&safi=unicast']) {
      const text = await readUntilBroken(await open(running.socketPath, path));
      t.true(text?.endsWith(`\n% This answer is incomplete: ${reason}\n`), text?.slice(-200));
      t.throws(() => JSON.parse(text ?? ''), undefined, 'nobody takes it for a whole one');
      t.is(speaker.openViews, 0);
    }
  }
  t.deepEqual(
    running.faults.map((fault) => (fault instanceof Error ? fault.message : '')),
    ['our own', 'our own'],
  );
});

test.serial('an answer that fails before its first slice is a problem document', async (t) => {
  const speaker = createFixtureSpeaker();
  const overrun = new OverrunError('too many routes changed');
  speaker.tables = { ...speaker.tables, routes: () => makeRoutesUntil(10, overrun) };
  const running = await startApi(speaker);
  t.teardown(() => running.close());
  const { status, body } = await ask({ socketPath: running.socketPath, path: '/show/bgp/ipv4/unicast' });
  t.is(status, 503);
  t.is(toJson(JSON.parse(body))['detail'], 'too many routes changed');
  t.is(speaker.openViews, 0);
});

test.serial('more large answers at once than the limit are told to try again; small ones are not', async (t) => {
  const speaker = createLargeSpeaker(ROUTES);
  const running = await startApi(speaker);
  t.teardown(() => running.close());
  const { socketPath } = running;
  const responses = [];
  for (let index = 0; index < 6; index++) responses.push(await open(socketPath, '/show/bgp/ipv4/unicast'));
  const refused = await ask({ socketPath, path: '/show/bgp/ipv4/unicast' });
  t.is(refused.status, 503);
  t.is(refused.headers['retry-after'], '1');
  t.is((await ask({ socketPath, path: '/show/bgp/summary' })).status, 200);
  for (const response of responses) response.destroy();
  t.true(await until(() => speaker.openViews === 0));
  const again = await open(socketPath, '/show/bgp/ipv4/unicast');
  t.is(again.statusCode, 200);
  again.destroy();
});
