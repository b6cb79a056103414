// What several parts of router.yaml's schema are made of: numbers, names, prefixes. A `description` is what a fault says was expected.

import Type from 'typebox';

export const strict = { additionalProperties: false };

export const Asn = Type.Integer({ minimum: 1, maximum: 4_294_967_295, description: 'an AS number, 1 to 4294967295' });

export const Uint32 = Type.Integer({ minimum: 0, maximum: 4_294_967_295, description: '0 to 4294967295' });

const FamilyName = Type.Union([Type.Literal('ipv4-unicast'), Type.Literal('ipv6-unicast')], {
  description: 'ipv4-unicast or ipv6-unicast',
});

export const Families = Type.Array(FamilyName, {
  minItems: 1,
  uniqueItems: true,
  description: 'a list of ipv4-unicast and ipv6-unicast, at least one, each once',
});

export const PrefixText = Type.String({
  format: 'prefix',
  description: 'a prefix without host bits, such as 203.0.113.0/24 or 2001:db8::/32',
});

export const Name = Type.String({
  pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,62}$',
  description: 'a name: a letter, then up to 62 letters, digits, dots, dashes or underscores',
});

export const PolicyRef = Type.String({
  minLength: 1,
  description: 'accept, reject, or the name of a policy under router.policies',
});

export const flag = (meaning: string) => Type.Optional(Type.Boolean({ description: `true (${meaning}) or false` }));

export const whole = (minimum: number, maximum: number, of = '') =>
  Type.Integer({ minimum, maximum, description: `${minimum} to ${maximum}${of}` });

export const Origin = Type.Union([Type.Literal('igp'), Type.Literal('egp'), Type.Literal('incomplete')], {
  description: 'igp, egp or incomplete',
});

export const GracefulRestart = {
  mode: Type.Optional(
    Type.Union([Type.Literal('off'), Type.Literal('helper'), Type.Literal('full')], {
      description: "off, helper (keep a restarting neighbor's routes) or full (also ask the neighbor to keep ours)",
    }),
  ),
  restartTimeSec: Type.Optional(whole(1, 4095, ' seconds that the neighbor shall wait for us')),
  stalePathSec: Type.Optional(whole(1, 4095, ' seconds that stale routes are kept once the session is back')),
  notification: flag('NOTIFICATION messages are survived too, RFC 8538'),
};
