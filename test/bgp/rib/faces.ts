// What the histories are played with in each family: few prefixes and next hops, so that routes meet; and the
// real objects for the model's texts.

import type { PolicyConfig } from '#bgp/config.ts';
import { type Address, parseAddress } from '#bgp/net/address.ts';
import { type Family, ipv4Unicast, ipv6Unicast } from '#bgp/net/family.ts';
import { parsePrefix, type Prefix } from '#bgp/net/prefix.ts';
import { Policy } from '#bgp/policy/policy.ts';
import type { ModelPolicy } from './model-route.ts';
import { address } from './update-text.ts';

export interface Face {
  readonly version: 4 | 6;
  readonly family: Family;
  readonly prefixes: string[];
  readonly nextHops: string[];
  readonly ownNextHops: string[];
}

export const faces: Face[] = [
  {
    version: 4,
    family: ipv4Unicast,
    prefixes: [
      '0.0.0.0/0',
      '10.0.0.0/8',
      '10.1.0.0/16',
      '10.1.2.0/24',
      '10.1.2.128/25',
      '192.0.2.1/32',
      '198.51.100.0/24',
      '203.0.113.0/24',
    ],
    nextHops: ['10.9.0.1', '10.9.0.2', '10.9.0.3'],
    ownNextHops: ['10.9.0.254', '10.9.1.254'],
  },
  {
    version: 6,
    family: ipv6Unicast,
    prefixes: [
      '0:0:0:0:0:0:0:0/0',
      '2001:db8:0:0:0:0:0:0/32',
      '2001:db8:1:0:0:0:0:0/48',
      '2001:db8:1:0:8000:0:0:0/65',
      '2001:db8:2:0:0:0:0:1/128',
    ],
    nextHops: ['2001:db8:9:0:0:0:0:1', '2001:db8:9:0:0:0:0:2'],
    ownNextHops: ['2001:db8:9:0:0:0:0:fe', '2001:db8:9:1:0:0:0:fe'],
  },
];

export function prefixOf(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`not a prefix: ${text}`);
  return prefix;
}

export function addressOf(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`not an address: ${text}`);
  return parsed;
}

export function textOf(face: Face, words: Int32Array, length: number): string {
  const bytes = new Uint8Array(
    [...words].flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]),
  );
  return `${address(bytes, 0, face.version === 4 ? 4 : 16)}/${length}`;
}

export function policyConfigOf(model: ModelPolicy, name: string): PolicyConfig {
  return {
    name,
    statements: [
      {
        name: 'only',
        match:
          model.prefixes === undefined
            ? {}
            : {
                prefixes: model.prefixes.map((prefix) => {
                  const { length } = prefixOf(prefix);
                  return { prefix, minLength: length, maxLength: length };
                }),
              },
        set: {
          addCommunities: model.addCommunities,
          ...(model.localPreference === undefined ? {} : { localPreference: model.localPreference }),
        },
        action: model.isAccepting ? 'accept' : 'reject',
      },
    ],
    otherwise: model.isOtherwiseAccepting ? 'accept' : 'reject',
  };
}

export function compile(model: ModelPolicy, name: string): Policy {
  return Policy.compile(policyConfigOf(model, name));
}

export const acceptAll: ModelPolicy = {
  prefixes: undefined,
  addCommunities: [],
  localPreference: undefined,
  isAccepting: true,
  isOtherwiseAccepting: false,
};

/** Every policy that a peer may get, real and as the model has it. */
export function makePolicies(face: Face): { real: Policy; model: ModelPolicy }[] {
  const models: ModelPolicy[] = [
    acceptAll,
    acceptAll,
    { ...acceptAll, isAccepting: false },
    { ...acceptAll, addCommunities: [300], localPreference: 200 },
    {
      ...acceptAll,
      prefixes: face.prefixes.slice(1, 4),
      addCommunities: [100, 400],
      isOtherwiseAccepting: true,
    },
    { ...acceptAll, prefixes: face.prefixes.slice(2, 5), isOtherwiseAccepting: false },
    { ...acceptAll, prefixes: face.prefixes.slice(0, 3), isAccepting: false, isOtherwiseAccepting: true },
    {
      ...acceptAll,
      prefixes: face.prefixes.slice(1, 2),
      addCommunities: [0xffffff01],
      isOtherwiseAccepting: true,
    },
  ];
  return models.map((model, index) => ({ model, real: compile(model, `policy${index}`) }));
}
