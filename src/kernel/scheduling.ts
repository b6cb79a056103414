// How the kernel shares the processors among threads: a thread that works for microseconds and must not wait asks for a
// short slice. EEVDF lets the waking thread with the earlier virtual deadline go first, and a shorter slice is an earlier
// deadline; the share of processor time stays the same, and no privilege is needed (linux 6.12, sched_setattr(2)).

import { loadLibc } from './libc.ts';

/** SCHED_OTHER and SCHED_BATCH; slices of every other policy mean something else or nothing. */
const fairPolicies: readonly number[] = [0, 3];
/** `struct sched_attr` up to and with sched_util_max: what kernels since 5.3 know. */
const attributesLength = 56;
const offsets = { policy: 4, runtime: 24 } as const;

/**
 * Asks the kernel to let the calling thread run in slices of `nanoseconds` (the kernel takes 100,000 to 100,000,000).
 * Priority and policy stay as whoever started the process set them. False when this thread is not scheduled fairly, the
 * kernel is too old or a filter of system calls refuses: nothing is lost but the haste.
 */
export function requestSlice(nanoseconds: number): boolean {
  const libc = loadLibc();
  const attributes = new Uint8Array(attributesLength);
  const view = new DataView(attributes.buffer);
  if (libc.getSchedulingAttributes(attributes) !== 0) return false;
  if (!fairPolicies.includes(view.getUint32(offsets.policy, isLittleEndian))) return false;
  view.setBigUint64(offsets.runtime, BigInt(nanoseconds), isLittleEndian);
  // Before 6.12 the kernel takes the call and keeps no slice.
  return libc.setSchedulingAttributes(attributes) === 0 && readSlice() !== undefined;
}

/** Of the calling thread, in nanoseconds; undefined where requestSlice() would be of no use. */
export function readSlice(): number | undefined {
  const attributes = new Uint8Array(attributesLength);
  if (loadLibc().getSchedulingAttributes(attributes) !== 0) return undefined;
  const slice = Number(new DataView(attributes.buffer).getBigUint64(offsets.runtime, isLittleEndian));
  return slice === 0 ? undefined : slice;
}

/** Node runs on little-endian machines alone here: x86-64 and arm64. */
const isLittleEndian = true;
