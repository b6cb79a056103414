// RFC 5082 for listening sockets: a program of classic BPF that drops packets of certain senders when their TTL
// says that they come from too far away. IP_MINTTL cannot do it there, because it holds for every sender. Which
// senders, and what happens to accepted connections, is decided elsewhere. linux: Documentation/networking/filter.rst.

import { parsePrefix, wordMask, type Prefix } from '#bgp/net/prefix.ts';

export interface TtlGuard {
  /** Sender's address as a prefix: `192.0.2.1/32`, `2001:db8::/64`. */
  readonly prefix: string;
  /** Packets with less are dropped; 0 lets everything pass (an exception within a wider prefix). */
  readonly minTtl: number;
}

/** BPF_MAXINSNS */
const maxInstructions = 4096;
/** SKF_NET_OFF: offsets from the start of the network header. */
const networkHeader = -0x100000;
const code = { loadWord: 0x20, loadByte: 0x30, and: 0x54, jumpEqual: 0x15, jumpGreaterOrEqual: 0x35, answer: 0x06 };
const layout = {
  4: { source: 12, words: 1, ttl: 8 },
  6: { source: 8, words: 4, ttl: 7 },
} as const;
const pass = 0xffff_ffff;

/**
 * undefined: nothing to filter for this IP version. Guards that no longer fit into a program are left out and
 * answered, the last ones first.
 */
export function buildTtlFilter(
  version: 4 | 6,
  guards: readonly TtlGuard[],
): { readonly program: Uint8Array; readonly leftOut: readonly TtlGuard[] } | undefined {
  const own = guards.flatMap((guard) => {
    const prefix = parsePrefix(guard.prefix);
    return prefix === undefined || prefix.version !== version ? [] : [{ prefix, guard }];
  });
  const strict = own.filter(({ guard }) => guard.minTtl > 0);
  if (strict.length === 0) return undefined;
  const needed = own.filter(({ prefix, guard }) => guard.minTtl > 0 || strict.some((wider) => isWider(wider, prefix)));
  // The most specific prefix decides, so it is asked first.
  needed.sort((a, b) => b.prefix.length - a.prefix.length);
  const program: number[][] = [];
  const leftOut: TtlGuard[] = [];
  for (const { prefix, guard } of needed) {
    const entry = encodeEntry(version, prefix, guard.minTtl);
    if (program.length + entry.length < maxInstructions) program.push(...entry);
    else leftOut.push(guard);
  }
  program.push([code.answer, 0, 0, pass]);
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, [operation, whenTrue, whenFalse, value]] of program.entries()) {
    view.setUint16(index * 8, operation, true);
    view.setUint8(index * 8 + 2, whenTrue);
    view.setUint8(index * 8 + 3, whenFalse);
    view.setUint32(index * 8 + 4, value >>> 0, true);
  }
  return { program: bytes, leftOut };
}

function isWider({ prefix }: { readonly prefix: Prefix }, inner: Prefix): boolean {
  return prefix.length < inner.length && prefix.contains(inner);
}

/** Instructions as [code, jump when true, jump when false, value]; falls through to the next entry for other senders. */
function encodeEntry(version: 4 | 6, prefix: Prefix, minTtl: number): number[][] {
  const { source, words, ttl } = layout[version];
  const sender = [prefix.w0, prefix.w1, prefix.w2, prefix.w3];
  const compare: number[][] = [];
  const jumps: number[][] = [];
  for (let index = 0; index < words; index++) {
    const mask = wordMask(prefix.length, index);
    if (mask === 0) break;
    compare.push([code.loadWord, 0, 0, networkHeader + source + index * 4]);
    if (mask !== -1) compare.push([code.and, 0, 0, mask]);
    const jump = [code.jumpEqual, 0, 0, sender[index]];
    jumps.push(jump);
    compare.push(jump);
  }
  const verdict: number[][] = [
    [code.loadByte, 0, 0, networkHeader + ttl],
    [code.jumpGreaterOrEqual, 0, 1, minTtl],
    [code.answer, 0, 0, pass],
    [code.answer, 0, 0, 0],
  ];
  const entry = [...compare, ...verdict];
  // Another sender: over the rest of this entry.
  for (const jump of jumps) jump[2] = entry.length - entry.indexOf(jump) - 1;
  return entry;
}
