// JSON Schemas of what /v1/bgp/* answers: Cilium's field names and types, written down once for openapi.json and for the tests.

const integer = { type: 'integer' };
const text = { type: 'string' };
const flag = { type: 'boolean' };
const listOf = (items: object): object => ({ type: 'array', items });
const objectOf = (properties: Readonly<Record<string, object>>): object => ({ type: 'object', properties });

const base64 = objectOf({ base64: { ...text, format: 'byte' } });
const capability = objectOf({ capabilities: { ...text, format: 'byte' } });
const family = objectOf({ afi: text, safi: text });
const matchType = { ...text, enum: ['any', 'all', 'invert'] };

export const peerSchema = objectOf({
  name: text,
  'local-asn': integer,
  'peer-asn': integer,
  'peer-address': text,
  'peer-port': integer,
  'tcp-password-enabled': flag,
  'ebgp-multihop-ttl': integer,
  'session-state': text,
  'uptime-nanoseconds': integer,
  'graceful-restart': objectOf({ enabled: flag, 'restart-time-seconds': integer }),
  families: listOf(objectOf({ afi: text, safi: text, received: integer, accepted: integer, advertised: integer })),
  'connect-retry-time-seconds': integer,
  'configured-hold-time-seconds': integer,
  'applied-hold-time-seconds': integer,
  'configured-keep-alive-time-seconds': integer,
  'applied-keep-alive-time-seconds': integer,
  'local-capabilities': listOf(capability),
  'remote-capabilities': listOf(capability),
});

export const routeSchema = objectOf({
  'router-asn': integer,
  neighbor: text,
  prefix: text,
  paths: listOf(
    objectOf({
      family,
      nlri: base64,
      'path-attributes': listOf(base64),
      'age-nanoseconds': integer,
      best: flag,
      stale: flag,
    }),
  ),
});

export const policySchema = objectOf({
  'router-asn': integer,
  name: text,
  type: { ...text, enum: ['export', 'import'] },
  statements: listOf(
    objectOf({
      'match-neighbors': objectOf({ type: matchType, neighbors: listOf(text) }),
      'match-families': listOf(family),
      'match-prefixes': objectOf({
        type: matchType,
        prefixes: listOf(objectOf({ cidr: text, 'prefix-len-min': integer, 'prefix-len-max': integer })),
      }),
      'route-action': { ...text, enum: ['none', 'accept', 'reject'] },
      'add-communities': listOf(text),
      'add-large-communities': listOf(text),
      'set-local-preference': integer,
      nexthop: objectOf({ self: flag, unchanged: flag }),
    }),
  ),
});
