// The thread adapter against the same suite, and what only a thread can do: die.

import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { SpeakerThreadClient } from '#speaker/worker-client.ts';
import { needs, threadSlices } from '#support/skip.ts';
import { testCompliance } from './compliance.ts';
import { until } from './until.ts';

function unexpected(error: Error): never {
  throw error;
}

testCompliance('thread', () => new SpeakerThreadClient({ crashed: unexpected }), '127.71.2');

test('thread: when it dies, everything pending is rejected and it is told once', async (t) => {
  const crashes: Error[] = [];
  const script = "require('node:worker_threads').parentPort.on('message', () => { throw new TypeError('a bug'); })";
  const entry = new URL(
    `data:text/javascript,${encodeURIComponent(`import { createRequire } from 'node:module'; const require = createRequire('/'); ${script}`)}`,
  );
  const client = new SpeakerThreadClient({ crashed: (error) => crashes.push(error), entry });
  const asked = [
    client.instances(),
    client.figures(),
    client.routes({ instance: 'x', family: 'ipv4-unicast', table: 'loc-rib' }),
  ];
  for (const result of await Promise.allSettled(asked)) {
    t.is(result.status, 'rejected');
    t.true(
      result.status === 'rejected' && String(result.reason).endsWith('the speaker thread failed: TypeError: a bug'),
    );
  }
  await t.throwsAsync(client.figures(), { is: crashes[0] });
  await client.stop();
  t.is(crashes.length, 1);
});

test('thread: one that ends by itself has crashed too', async (t) => {
  const crashes: Error[] = [];
  const client = new SpeakerThreadClient({
    crashed: (error) => crashes.push(error),
    entry: new URL('data:text/javascript,'),
  });
  await until(() => crashes.length > 0, 30_000);
  t.is(crashes[0].message, 'the speaker thread ended with code 0');
  await client.stop();
});

/** Of every thread of this process, in nanoseconds (proc(5), sched). */
function listSlices(): readonly number[] {
  return readdirSync('/proc/self/task').map((thread) =>
    Number(/^se\.slice\s*:\s*(\d+)$/m.exec(readFileSync(`/proc/self/task/${thread}/sched`, 'utf8'))?.[1]),
  );
}

test.serial(
  'thread: the kernel lets it run before threads that compute, by the shortest slice',
  needs([threadSlices], async (t) => {
    const shortest = (): number => listSlices().filter((slice) => slice === 100_000).length;
    const before = shortest();
    const client = new SpeakerThreadClient({ crashed: unexpected });
    await client.figures();
    t.is(shortest(), before + 1);
    await client.stop();
  }),
);
