// Routes for tests of policies, written as people write them.

import type { PolicyConfig, StatementConfig } from '#bgp/config.ts';
import { parseAddress } from '#bgp/net/address.ts';
import { asn } from '#bgp/net/asn.ts';
import { ipv4Unicast, ipv6Unicast } from '#bgp/net/family.ts';
import type { PeerKind } from '#bgp/net/peer-kind.ts';
import { parsePrefix } from '#bgp/net/prefix.ts';
import type { PolicySources } from '#bgp/policy/policy-sources.ts';
import { Policy, type Verdict } from '#bgp/policy/policy.ts';
import type { AttributeSets, AttrSetId } from '#bgp/wire/attribute-sets.ts';
import { emptyAttributes, encodePathAttributes, type PathAttributes, SegmentType } from '#bgp/wire/attributes.ts';

/** Peers by number: 1 is external, 2 internal, 3 of the confederation, 4 internal by a link-local address. */
export const peers: readonly { readonly kind: PeerKind; readonly address: string }[] = [
  { kind: 'ebgp', address: '0.0.0.0' },
  { kind: 'ebgp', address: '192.0.2.1' },
  { kind: 'ibgp', address: '2001:db8::2' },
  { kind: 'confederation', address: '192.0.2.3' },
  { kind: 'ibgp', address: 'fe80::4' },
];

export const sources: PolicySources = {
  get: (peer) => {
    const address = parseAddress(peers[peer].address);
    if (address === undefined) throw new RangeError(peers[peer].address);
    return { kind: peers[peer].kind, address };
  },
};

export function statement(over: Partial<StatementConfig>): StatementConfig {
  return { name: 'one', match: {}, set: {}, action: 'accept', ...over };
}

export function policyWith(statements: StatementConfig[], otherwise: PolicyConfig['otherwise'] = 'reject'): Policy {
  return Policy.compile({ name: 'test', statements, otherwise }, sources);
}

export function intern(sets: AttributeSets, over: Partial<PathAttributes>): AttrSetId {
  const block = encodePathAttributes({ ...emptyAttributes, ...over });
  return sets.intern(block, 0, block.length);
}

/** `65001 {1,2} (3 4) [5,6]` as segments. */
export function path(text: string): PathAttributes['asPath'] {
  const segments = text.match(/\{[\d,]+\}|\([\d ]+\)|\[[\d,]+\]|\d+(?: \d+)*/g) ?? [];
  return segments.map((segment) => {
    const type =
      segment[0] === '{'
        ? SegmentType.Set
        : segment[0] === '('
          ? SegmentType.ConfedSequence
          : segment[0] === '['
            ? SegmentType.ConfedSet
            : SegmentType.Sequence;
    return { type, asns: (segment.match(/\d+/g) ?? []).map((number) => asn(Number(number))) };
  });
}

export function judgeRoute(
  policy: Policy,
  sets: AttributeSets,
  text: string,
  attr: AttrSetId,
  source: number,
): Verdict {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new RangeError(text);
  const { w0, w1, w2, w3, length, version } = prefix;
  return policy.evaluate(version === 4 ? ipv4Unicast : ipv6Unicast, w0, w1, w2, w3, length, sets, attr, source);
}
