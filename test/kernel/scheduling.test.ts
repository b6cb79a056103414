// The slice of a thread, asked for and read back from the kernel.

import { constants } from 'node:os';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { readSlice } from '#kernel/scheduling.ts';
import { needs, threadSlices } from '#support/skip.ts';

/** Runs in a thread of its own, which a slice or a priority stays with. */
async function inThread(body: string): Promise<unknown> {
  const module = JSON.stringify(new URL('../../src/kernel/scheduling.ts', import.meta.url).href);
  const script = `
    import { parentPort } from 'node:worker_threads';
    import { readlinkSync } from 'node:fs';
    const { readSlice, requestSlice } = await import(${module});
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    parentPort.postMessage(await (async () => { ${body} })());
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`));
  const answer = await new Promise<unknown>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  await worker.terminate();
  return answer;
}

test(
  'a thread gets the slice it asks for, and no other thread does',
  needs([threadSlices], async (t) => {
    const own = readSlice();
    t.deepEqual(await inThread('return [requestSlice(100_000), readSlice()];'), [true, 100_000]);
    t.is(readSlice(), own);
  }),
);

test(
  'the kernel holds a slice to its bounds',
  needs([threadSlices], async (t) => {
    t.deepEqual(await inThread('return [requestSlice(1), readSlice()];'), [true, 100_000]);
  }),
);

test(
  'the priority that a user gave stays',
  needs([threadSlices], async (t) => {
    const script = `
    const { getPriority, setPriority } = await import('node:os');
    setPriority(thread, ${constants.priority.PRIORITY_BELOW_NORMAL});
    return [requestSlice(200_000), readSlice(), getPriority(thread)];
  `;
    t.deepEqual(await inThread(script), [true, 200_000, constants.priority.PRIORITY_BELOW_NORMAL]);
  }),
);
