// The table that every device gets: unique IPv4 prefixes, about six to an attribute set, with lengths, AS paths, MEDs and
// communities like the Internet's, all from one seed. Values only, in typed arrays; encode.ts turns them into UPDATEs and
// verify.ts into what the receiver must see.

import { deviceAsn, generatorPlan, receiverPlan, watcherPlan } from './plan.ts';
import { Random } from './random.ts';

/** Routes are ordered by set: set s owns the routes firstRoute[s] … firstRoute[s + 1] - 1. */
export interface Workload {
  readonly routeCount: number;
  readonly setCount: number;
  readonly address: Uint32Array;
  readonly length: Uint8Array;
  readonly firstRoute: Uint32Array;
  readonly origin: Uint8Array;
  /** -1: no MED. */
  readonly med: Float64Array;
  readonly firstHop: Uint32Array;
  readonly hops: Uint32Array;
  readonly firstCommunity: Uint32Array;
  readonly communities: Uint32Array;
}

const meanSetSize = 6;
const maxSetSize = 60;
const maxHops = 7;
const maxCommunities = 8;

/** Shares of the prefix lengths in per mille, rounded from public full tables. */
const lengthShares: readonly (readonly [number, number])[] = [
  [24, 600],
  [23, 100],
  [22, 120],
  [21, 52],
  [20, 45],
  [19, 28],
  [18, 15],
  [17, 9],
  [16, 18],
  [15, 4],
  [14, 4],
  [13, 2],
  [12, 2],
  [11, 1],
];

/** Never announced between networks (RFC 6890 and multicast): [first, last]. */
const martians: readonly (readonly [number, number])[] = [
  [0x00000000, 0x00ffffff],
  [0x0a000000, 0x0affffff],
  [0x64400000, 0x647fffff],
  [0x7f000000, 0x7fffffff],
  [0xa9fe0000, 0xa9feffff],
  [0xac100000, 0xac1fffff],
  [0xc0000000, 0xc00002ff],
  [0xc0586300, 0xc05863ff],
  [0xc0a80000, 0xc0a8ffff],
  [0xc6120000, 0xc613ffff],
  [0xc6336400, 0xc63364ff],
  [0xcb007100, 0xcb0071ff],
  [0xe0000000, 0xffffffff],
];

const drawnLengths = lengthShares.flatMap(([length, share]) => Array<number>(share).fill(length));

export function buildWorkload(routeCount: number, seed: number): Workload {
  const random = new Random(seed);
  const pool = asnPool(random);
  const maxSets = routeCount;
  const address = new Uint32Array(routeCount);
  const length = new Uint8Array(routeCount);
  const firstRoute = new Uint32Array(maxSets + 1);
  const origin = new Uint8Array(maxSets);
  const med = new Float64Array(maxSets);
  const firstHop = new Uint32Array(maxSets + 1);
  const hops = new Uint32Array(maxSets * maxHops);
  const firstCommunity = new Uint32Array(maxSets + 1);
  const communities = new Uint32Array(maxSets * maxCommunities);
  const taken = new Set<number>();

  let route = 0;
  let set = 0;
  let hop = 0;
  let community = 0;
  while (route < routeCount) {
    firstRoute[set] = route;
    firstHop[set] = hop;
    firstCommunity[set] = community;

    const kind = random.below(100);
    origin[set] = kind < 85 ? 0 : kind < 98 ? 2 : 1;
    med[set] = random.below(100) < 30 ? random.skewedBelow(100_000) : -1;

    const firstOfPath = hop;
    const hopCount = 3 + Math.min(random.below(3) + random.below(3), maxHops - 3);
    hops[hop++] = generatorPlan.asn;
    while (hop < firstOfPath + hopCount) {
      // One hop in twenty is a prepend, as operators do.
      hops[hop] = random.below(20) === 0 ? hops[hop - 1] : pool[random.skewedBelow(pool.length)];
      hop += 1;
    }

    const communityCount = random.below(maxCommunities + 1);
    for (let index = 0; index < communityCount; index += 1) {
      const author = hops[firstOfPath + random.below(hopCount)] & 0xffff;
      // Well-known values (65535:*) have meanings such as no-export and would never reach the receiver.
      communities[community++] = (((author === 0xffff ? 1 : author) << 16) | random.skewedBelow(5000)) >>> 0;
    }

    const size = Math.min(1 + Math.floor(-Math.log(1 - random.next()) * (meanSetSize - 0.5)), maxSetSize);
    const end = Math.min(route + size, routeCount);
    let previous = -1;
    let previousLength = 24;
    while (route < end) {
      // A network's prefixes are often neighbours.
      const isNeighbour = previous >= 0 && random.below(2) === 0;
      const bits = isNeighbour ? previousLength : drawnLengths[random.below(drawnLengths.length)];
      const span = 2 ** (32 - bits);
      const start = isNeighbour ? previous + span : Math.floor(random.below(0x1_0000_0000) / span) * span;
      previous = -1;
      if (isMartian(start, span)) continue;
      // 2^32 addresses and 32 lengths fit a double exactly.
      const key = start * 64 + bits;
      if (taken.has(key)) continue;
      taken.add(key);
      address[route] = start;
      length[route] = bits;
      route += 1;
      previous = start;
      previousLength = bits;
    }
    set += 1;
  }
  firstRoute[set] = route;
  firstHop[set] = hop;
  firstCommunity[set] = community;
  return {
    routeCount,
    setCount: set,
    address,
    length,
    firstRoute: firstRoute.slice(0, set + 1),
    origin: origin.slice(0, set),
    med: med.slice(0, set),
    firstHop: firstHop.slice(0, set + 1),
    hops: hops.slice(0, hop),
    firstCommunity: firstCommunity.slice(0, set + 1),
    communities: communities.slice(0, community),
  };
}

function isMartian(start: number, span: number): boolean {
  const last = start + span - 1;
  for (const [from, to] of martians) {
    if (start <= to && last >= from) return true;
  }
  return false;
}

/** AS numbers of both sizes, without private, reserved and our own ones. */
function asnPool(random: Random): Uint32Array {
  const own = new Set([deviceAsn, generatorPlan.asn, receiverPlan.asn, watcherPlan.asn]);
  const pool = new Uint32Array(70_000);
  let count = 0;
  while (count < pool.length) {
    const asn = random.below(5) < 3 ? 1 + random.below(64_000) : 131_072 + random.below(270_000);
    if (asn === 23_456 || own.has(asn)) continue;
    pool[count++] = asn;
  }
  return pool;
}
