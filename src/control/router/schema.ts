// The shape of router.yaml, said once: types of the file, checks at run time (ajv) and the published JSON
// Schema (deploy/router.schema.json) all come from here. A `description` is what a fault says was
// expected. What a single field cannot show (names that must exist, duplicates) is checked in settings.ts.

import Type from 'typebox';

const strict = { additionalProperties: false };

const Asn = Type.Integer({ minimum: 1, maximum: 4_294_967_295, description: 'an AS number, 1 to 4294967295' });

const Port = Type.Integer({ minimum: 1, maximum: 65_535, description: 'a TCP port, 1 to 65535' });

const Endpoint = Type.String({
  format: 'endpoint',
  description: 'an address and port, such as 127.0.0.1:9880 or [::1]:9880',
});

const Families = Type.Array(
  Type.Union([Type.Literal('ipv4-unicast'), Type.Literal('ipv6-unicast')], {
    description: 'ipv4-unicast or ipv6-unicast',
  }),
  {
    minItems: 1,
    uniqueItems: true,
    description: 'a list of ipv4-unicast and ipv6-unicast, at least one, each once',
  },
);

const PrefixText = Type.String({
  format: 'prefix',
  description: 'a prefix without host bits, such as 203.0.113.0/24 or 2001:db8::/32',
});

const PolicyName = Type.String({
  pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,62}$',
  description: 'a name: a letter, then up to 62 letters, digits, dots, dashes or underscores',
});

const PolicyRef = Type.String({
  minLength: 1,
  description: 'accept, reject, or the name of a policy under router.policies',
});

const Timers = Type.Object(
  {
    holdTimeSec: Type.Optional(
      // RFC 4271 §4.2: zero, or at least three seconds.
      Type.Integer({ minimum: 0, maximum: 65_535, description: '0 (no hold timer) or 3 to 65535 seconds' }),
    ),
    keepaliveSec: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 21_845, description: '1 to 21845 seconds, shorter than holdTimeSec' }),
    ),
    connectRetrySec: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 65_535, description: '1 to 65535 seconds between attempts to connect' }),
    ),
  },
  { ...strict, description: 'timers: holdTimeSec, keepaliveSec, connectRetrySec' },
);

const Ttl = Type.Integer({ minimum: 1, maximum: 255, description: 'a TTL, 1 to 255' });

const Neighbor = Type.Object(
  {
    address: Type.String({
      format: 'neighbor',
      description: 'an IPv4 or IPv6 address; link-local ones with their interface, such as fe80::1%eth0',
    }),
    remoteAsn: Type.Union([Asn, Type.Literal('external'), Type.Literal('internal')], {
      description: 'an AS number (1 to 4294967295), external or internal',
    }),
    port: Type.Optional(Port),
    description: Type.Optional(
      Type.String({
        maxLength: 255,
        pattern: '^[^\\u0000-\\u001f\\u007f]*$',
        description: 'one line of text, at most 255 characters',
      }),
    ),
    passive: Type.Optional(Type.Boolean({ description: 'true (wait for the neighbor to connect) or false' })),
    families: Type.Optional(Families),
    import: Type.Optional(PolicyRef),
    export: Type.Optional(PolicyRef),
    nextHopSelf: Type.Optional(Type.Boolean({ description: 'true (announce our own address as next hop) or false' })),
    ttl: Type.Optional(Ttl),
    multihop: Type.Optional(
      Type.Union([Type.Boolean(), Ttl], {
        description:
          'true (TTL 255), false, or the TTL, 1 to 255, for an external neighbor that is not on a connected subnet',
      }),
    ),
    sourceAddress: Type.Optional(
      Type.String({ format: 'neighbor', description: "an address of this machine, of the neighbor's family" }),
    ),
    timers: Type.Optional(Timers),
    shutdown: Type.Optional(Type.Boolean({ description: 'true (administratively down) or false' })),
  },
  { ...strict, description: 'a neighbor with at least address and remoteAsn' },
);

const Network = Type.Union(
  [
    PrefixText,
    Type.Object(
      {
        prefix: PrefixText,
        origin: Type.Optional(
          Type.Union([Type.Literal('igp'), Type.Literal('incomplete')], { description: 'igp or incomplete' }),
        ),
      },
      strict,
    ),
  ],
  { description: 'a prefix such as 203.0.113.0/24, or {prefix, origin}' },
);

const PrefixLength = Type.Integer({ minimum: 0, maximum: 128, description: 'a prefix length, 0 to 32 or 0 to 128' });

const PrefixMatch = Type.Union(
  [
    PrefixText,
    Type.Object(
      { prefix: PrefixText, minLength: Type.Optional(PrefixLength), maxLength: Type.Optional(PrefixLength) },
      strict,
    ),
  ],
  { description: 'a prefix such as 203.0.113.0/24, or {prefix, minLength, maxLength}' },
);

const Statement = Type.Object(
  {
    name: Type.Optional(PolicyName),
    match: Type.Optional(
      Type.Object(
        {
          families: Type.Optional(Families),
          prefixes: Type.Optional(
            Type.Array(PrefixMatch, { minItems: 1, description: 'a list of prefixes, at least one' }),
          ),
        },
        { ...strict, description: 'conditions: families, prefixes' },
      ),
    ),
    set: Type.Optional(
      Type.Object(
        {
          addCommunities: Type.Optional(
            Type.Array(
              Type.String({
                format: 'community',
                description: 'a community such as 64500:100, or no-export, no-advertise, blackhole, graceful-shutdown',
              }),
              { minItems: 1, description: 'a list of communities, at least one' },
            ),
          ),
          addLargeCommunities: Type.Optional(
            Type.Array(Type.String({ format: 'large-community', description: 'a large community such as 64500:1:2' }), {
              minItems: 1,
              description: 'a list of large communities, at least one',
            }),
          ),
          localPreference: Type.Optional(
            Type.Integer({ minimum: 0, maximum: 4_294_967_295, description: '0 to 4294967295' }),
          ),
        },
        { ...strict, description: 'changes: addCommunities, addLargeCommunities, localPreference' },
      ),
    ),
    action: Type.Union([Type.Literal('accept'), Type.Literal('reject'), Type.Literal('next')], {
      description: 'accept, reject or next',
    }),
  },
  { ...strict, description: 'a statement: match, set, action' },
);

const Policy = Type.Object(
  {
    name: PolicyName,
    statements: Type.Array(Statement, { maxItems: 1000, description: 'a list of statements, at most 1000' }),
    otherwise: Type.Optional(
      Type.Union([Type.Literal('accept'), Type.Literal('reject')], {
        description: 'accept or reject: what happens to a route that no statement decided (reject if not given)',
      }),
    ),
  },
  { ...strict, description: 'a policy: name, statements, otherwise' },
);

const Router = Type.Object(
  {
    asn: Asn,
    routerId: Type.String({ format: 'router-id', description: 'a router ID such as 198.51.100.1, not 0.0.0.0' }),
    listen: Type.Optional(
      Type.Array(
        Type.String({
          format: 'listen',
          description: 'an address, or an address and port, such as 198.51.100.1:179 or [2001:db8::1]:179',
        }),
        { description: 'a list of addresses to listen on; [] for none; every address, port 179, if not given' },
      ),
    ),
    fib: Type.Optional(Type.Literal('none', { description: 'none' })),
    neighbors: Type.Optional(Type.Array(Neighbor, { description: 'a list of neighbors' })),
    networks: Type.Optional(Type.Array(Network, { description: 'a list of prefixes to announce' })),
    policies: Type.Optional(Type.Array(Policy, { description: 'a list of policies' })),
  },
  { ...strict, description: 'the router: asn, routerId, neighbors, networks, …' },
);

export const routerFileSchema = Type.Object(
  {
    router: Router,
    api: Type.Optional(
      Type.Object(
        { listen: Type.Optional(Endpoint) },
        { ...strict, description: 'listen: a loopback address and port' },
      ),
    ),
    prometheus: Type.Optional(
      Type.Object(
        {
          listen: Type.Optional(Endpoint),
          insecure: Type.Optional(
            Type.Boolean({ description: 'true to serve metrics off the machine without TLS, or false' }),
          ),
        },
        { ...strict, description: 'listen, insecure' },
      ),
    ),
    health: Type.Optional(
      Type.Object(
        { listen: Type.Optional(Endpoint) },
        { ...strict, description: 'listen: a loopback address and port' },
      ),
    ),
  },
  { ...strict, description: 'a map with router, and optionally api, prometheus and health' },
);

export type RouterFile = Type.Static<typeof routerFileSchema>;
export type NeighborFields = Type.Static<typeof Neighbor>;
export type PolicyFields = Type.Static<typeof Policy>;
export type StatementFields = Type.Static<typeof Statement>;

/** The published schema: everything above, with the names that tools look for. */
export function renderJsonSchema(): string {
  const document = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of waggle router',
    ...routerFileSchema,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
