// A thread that serves sockets in microseconds and must not wait behind one that computes for milliseconds.

import { requestSlice } from '#kernel/scheduling.ts';

/** The least that the kernel takes. */
const shortestSliceNs = 100_000;

/** When the calling thread wakes it goes before longer slices; its share stays. False where the kernel has no such thing. */
export function makeThreadPrompt(): boolean {
  return requestSlice(shortestSliceNs);
}
