// Reads the path attributes of a route from the octets that Waggle's `/v1/bgp/routes` gives, so that the checks do not rely on Waggle's
// own rendering: next hop, AS path, communities (RFC 4271 §4.3, 4760 §3, 1997, 8092). AS numbers have four octets.
import type { Route } from './route.ts';

type PathAttributes = Omit<Route, 'prefix'>;

const Type = { AsPath: 2, NextHop: 3, Communities: 8, MpReach: 14, LargeCommunities: 32 } as const;
const extendedLength = 0x10;
const asSet = 1;

/** Each entry is one attribute with its header. */
export function readPathAttributes(entries: readonly Uint8Array[]): PathAttributes {
  let route: PathAttributes = { nextHop: '', asPath: '', communities: [], largeCommunities: [] };
  for (const entry of entries) {
    const value = entry.subarray((entry[0] & extendedLength) === 0 ? 3 : 4);
    switch (entry[1]) {
      case Type.AsPath:
        route = { ...route, asPath: readAsPath(value) };
        break;
      case Type.NextHop:
        route = { ...route, nextHop: value.join('.') };
        break;
      case Type.MpReach:
        // AFI, SAFI, length, next hop; of two next hops the first is the global one (RFC 2545 §3).
        route = { ...route, nextHop: formatIpv6(value.subarray(4, 20)) };
        break;
      case Type.Communities:
        route = { ...route, communities: readWords(value, 16).map((pair) => pair.join(':')) };
        break;
      case Type.LargeCommunities:
        route = { ...route, largeCommunities: readWords(value, 32).map((triple) => triple.join(':')) };
        break;
      default:
        break;
    }
  }
  return { ...route, communities: route.communities.toSorted(), largeCommunities: route.largeCommunities.toSorted() };
}

function readAsPath(value: Uint8Array): string {
  const view = viewOf(value);
  const words: string[] = [];
  for (let offset = 0; offset + 2 <= value.length;) {
    const [type, count] = [value[offset], value[offset + 1]];
    const asns = Array.from({ length: count }, (_, index) => view.getUint32(offset + 2 + index * 4));
    words.push(type === asSet ? `{${asns.join(',')}}` : asns.join(' '));
    offset += 2 + count * 4;
  }
  return words.join(' ');
}

/** Pairs of 16-bit or triples of 32-bit numbers. */
function readWords(value: Uint8Array, bits: 16 | 32): readonly (readonly number[])[] {
  const view = viewOf(value);
  const [words, octets] = bits === 16 ? [2, 2] : [3, 4];
  const size = words * octets;
  return Array.from({ length: Math.floor(value.length / size) }, (_, index) =>
    Array.from({ length: words }, (__, word) => {
      const at = index * size + word * octets;
      return bits === 16 ? view.getUint16(at) : view.getUint32(at);
    }),
  );
}

function formatIpv6(octets: Uint8Array): string {
  const view = viewOf(octets);
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(index * 2).toString(16));
  // A URL's host is written as RFC 5952 asks.
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
