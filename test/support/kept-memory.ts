// What a test's own process keeps: memory once the garbage is gone. Of any thread of this isolate alone.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Octets of the heap and of array buffers. */
export function keptBytes(): number {
  // The next collection waits for the sweeper of the one before, which gives the array buffers back.
  for (let count = 0; count < 3; count += 1) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
