// fast-check values of path attributes, as a peer inside of the AS could send them.

import fc from 'fast-check';

import { Address } from '#bgp/net/address.ts';
import { asn } from '#bgp/net/asn.ts';
import { routerId } from '#bgp/net/router-id.ts';
import {
  type AsPathSegment,
  type PathAttributes,
  Origin,
  SegmentType,
  aigpOf,
  emptyAttributes,
} from '#bgp/wire/attributes.ts';

const word = fc.nat({ max: 0xffff_ffff });
const asNumber = fc.oneof(fc.integer({ min: 1, max: 65535 }), fc.integer({ min: 1, max: 0xffff_ffff })).map(asn);

/** Sequences and sets; adjoining sequences would be joined on the way through a two-octet session. */
const asPath: fc.Arbitrary<readonly AsPathSegment[]> = fc
  .array(fc.tuple(fc.boolean(), fc.array(asNumber, { minLength: 1, maxLength: 20 })), { maxLength: 4 })
  .map((segments) => segments.map(([isSet, asns]) => ({ type: isSet ? SegmentType.Set : SegmentType.Sequence, asns })))
  .map((segments) =>
    segments.filter(
      (segment, index) => segment.type === SegmentType.Set || segments[index - 1]?.type !== SegmentType.Sequence,
    ),
  );

const nextHop: fc.Arbitrary<Pick<PathAttributes, 'nextHop' | 'linkLocalNextHop'>> = fc.oneof(
  fc
    .nat({ max: 0xff_ffff })
    .map((low) => ({ nextHop: new Address(4, 0x0a00_0000 | low, 0, 0, 0), linkLocalNextHop: undefined })),
  fc.tuple(word, word, fc.boolean()).map(([low, host, hasLinkLocal]) => ({
    nextHop: new Address(6, 0x2001_0db8, 0, low, 1),
    linkLocalNextHop: hasLinkLocal ? new Address(6, 0xfe80_0000, 0, 0, host) : undefined,
  })),
  fc.constant({ nextHop: undefined, linkLocalNextHop: undefined }),
);

const unknown = fc
  .uniqueArray(
    fc.integer({ min: 33, max: 254 }).filter((code) => code !== 35),
    { maxLength: 3 },
  )
  .chain((codes) =>
    fc.tuple(
      ...codes
        .toSorted((a, b) => a - b)
        .map((code) =>
          fc
            .tuple(fc.constantFrom(0xc0, 0xe0), fc.uint8Array({ maxLength: 300, size: 'max' }))
            .map(([flags, value]) => ({ flags: value.length > 255 ? flags | 0x10 : flags, code, value })),
        ),
    ),
  );

export const pathAttributes: fc.Arbitrary<PathAttributes> = fc
  .record({
    origin: fc.constantFrom(Origin.Igp, Origin.Egp, Origin.Incomplete),
    asPath,
    hop: nextHop,
    med: fc.option(word, { nil: undefined }),
    localPref: word,
    isAtomicAggregate: fc.boolean(),
    aggregator: fc.option(fc.record({ asn: asNumber, address: word.map(routerId) }), { nil: undefined }),
    communities: fc.array(word, { maxLength: 80 }),
    extendedCommunities: fc.array(fc.uint8Array({ minLength: 8, maxLength: 8 }), { maxLength: 5 }),
    largeCommunities: fc.uniqueArray(fc.tuple(word, word, word), { maxLength: 30, selector: String }),
    ipv6ExtendedCommunities: fc.array(fc.uint8Array({ minLength: 20, maxLength: 20 }), { maxLength: 3 }),
    aigp: fc.option(
      fc
        .tuple(fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_fffen }), fc.boolean())
        .map(([metric, hasOther]) => Uint8Array.of(...aigpOf(metric), ...(hasOther ? [9, 0, 4, 7] : []))),
      { nil: undefined },
    ),
    otc: fc.option(asNumber, { nil: undefined }),
    originatorId: fc.option(word.map(routerId), { nil: undefined }),
    clusterList: fc.array(word.map(routerId), { maxLength: 4 }),
    isPartial: fc.boolean(),
    unknown,
  })
  .map(({ hop, isPartial, ...rest }) => ({
    ...emptyAttributes,
    ...rest,
    ...hop,
    partial: isPartial && rest.communities.length > 0 ? [8] : [],
  }));

/** The same with `first` as the leftmost AS, as an external peer must send it. */
export function withFirstAsn(attributes: PathAttributes, first: number): PathAttributes {
  const [head, ...tail] = attributes.asPath;
  const asns = head?.type === SegmentType.Sequence ? [asn(first), ...head.asns] : [asn(first)];
  const rest = head?.type === SegmentType.Sequence ? tail : attributes.asPath;
  return { ...attributes, asPath: [{ type: SegmentType.Sequence, asns }, ...rest] };
}
