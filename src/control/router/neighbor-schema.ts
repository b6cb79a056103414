// The shape of neighbors and peer groups in router.yaml. A group has the fields that neighbors may have in common; a neighbor's own
// win (peer-groups.ts). What contradicts what is said in neighbor-meaning.ts.

import Type from 'typebox';
import { Asn, Families, flag, GracefulRestart, Name, PolicyRef, PrefixText, strict, whole } from './schema-parts.ts';

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
    delayOpenSec: Type.Optional(whole(0, 240, " seconds to wait for the neighbor's OPEN")),
    sendHoldSec: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 65_535,
        description: '0 (off), or more seconds than holdTimeSec, at most 65535 (RFC 9687)',
      }),
    ),
  },
  { ...strict, description: 'timers: holdTimeSec, keepaliveSec, connectRetrySec, delayOpenSec, sendHoldSec' },
);

const Ttl = Type.Integer({ minimum: 1, maximum: 255, description: 'a TTL, 1 to 255' });

const NextHopMode = Type.Union(
  [Type.Literal('default'), Type.Literal('self'), Type.Literal('self-all'), Type.Literal('unchanged')],
  { description: 'default, self, self-all (reflected routes too) or unchanged' },
);

const AddPath = Type.Object(
  {
    receive: flag('take several paths a prefix'),
    send: Type.Optional(
      Type.Union([Type.Literal('all'), Type.Literal('none'), whole(1, 255)], {
        description: 'all, none, or how many paths a prefix to send, 1 to 255',
      }),
    ),
  },
  { ...strict, description: 'receive, send' },
);

const PrefixLimit = Type.Integer({ minimum: 1, maximum: 4_294_967_295, description: 'a limit, 1 to 4294967295' });

const MaxPrefixes = Type.Union(
  [
    PrefixLimit,
    Type.Object(
      {
        limit: PrefixLimit,
        warningPercent: Type.Optional(whole(1, 100, ' percent of the limit')),
        action: Type.Optional(
          Type.Union(
            [Type.Literal('warn'), Type.Literal('discard'), Type.Literal('restart'), Type.Literal('shutdown')],
            { description: 'warn, discard, restart or shutdown' },
          ),
        ),
        restartSec: Type.Optional(whole(1, 65_535, ' seconds, with the action restart')),
      },
      strict,
    ),
  ],
  { description: 'a limit, 1 to 4294967295, or {limit, warningPercent, action, restartSec}' },
);

const DefaultOriginate = Type.Union([Type.Boolean(), Type.Object({ policy: PolicyRef }, strict)], {
  description: 'true, false or {policy}',
});

/** What may be said for each family apart as well. */
const family = {
  import: Type.Optional(PolicyRef),
  export: Type.Optional(PolicyRef),
  nextHop: Type.Optional(NextHopMode),
  addPath: Type.Optional(AddPath),
  maxPrefixes: Type.Optional(MaxPrefixes),
  defaultOriginate: Type.Optional(DefaultOriginate),
};

const FamilyOptions = Type.Object(family, {
  ...strict,
  description: 'import, export, nextHop, addPath, maxPrefixes, defaultOriginate',
});

const common = {
  remoteAsn: Type.Optional(
    Type.Union([Asn, Type.Literal('external'), Type.Literal('internal'), Type.Literal('any')], {
      description: 'an AS number (1 to 4294967295), external, internal or any',
    }),
  ),
  port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, description: 'a TCP port, 1 to 65535' })),
  description: Type.Optional(
    Type.String({
      maxLength: 255,
      pattern: '^[^\\u0000-\\u001f\\u007f]*$',
      description: 'one line of text, at most 255 characters',
    }),
  ),
  passive: flag('wait for the neighbor to connect'),
  families: Type.Optional(Families),
  ...family,
  familyOptions: Type.Optional(
    Type.Object(
      { 'ipv4-unicast': Type.Optional(FamilyOptions), 'ipv6-unicast': Type.Optional(FamilyOptions) },
      { ...strict, description: 'a map of ipv4-unicast and ipv6-unicast to what is special about the family' },
    ),
  ),
  nextHopSelf: flag('announce our own address as next hop'),
  ttl: Type.Optional(Ttl),
  multihop: Type.Optional(
    Type.Union([Type.Boolean(), Ttl], {
      description:
        'true (TTL 255), false, or the TTL, 1 to 255, for an external neighbor that is not on a connected subnet',
    }),
  ),
  ttlSecurity: Type.Optional(
    Type.Union([Type.Boolean(), whole(1, 254)], {
      description: 'true (1 hop), false, or the most hops that the neighbor is away, 1 to 254',
    }),
  ),
  sourceAddress: Type.Optional(
    Type.String({ format: 'neighbor', description: "an address of this machine, of the neighbor's family" }),
  ),
  interface: Type.Optional(
    Type.String({ pattern: '^[^\\s/:]{1,15}$', description: 'the name of an interface, at most 15 characters' }),
  ),
  password: Type.Optional(
    Type.String({ minLength: 1, description: 'a password of 1 to 80 octets, quoted where YAML would read a number' }),
  ),
  passwordFile: Type.Optional(
    Type.String({ minLength: 1, maxLength: 4096, description: 'the path of a file that holds the password alone' }),
  ),
  timers: Type.Optional(Timers),
  shutdown: Type.Optional(
    Type.Union(
      [
        Type.Boolean(),
        Type.Object(
          {
            message: Type.String({
              minLength: 1,
              maxLength: 255,
              pattern: '^[^\\u0000-\\u001f\\u007f]*$',
              description: 'one line of text, at most 255 octets (RFC 9003)',
            }),
          },
          strict,
        ),
      ],
      { description: 'true (administratively down), false or {message}' },
    ),
  ),
  dampPeerOscillations: flag('wait longer after each failure'),
  role: Type.Optional(
    Type.Union(
      [
        Type.Literal('provider'),
        Type.Literal('rs-server'),
        Type.Literal('rs-client'),
        Type.Literal('customer'),
        Type.Literal('peer'),
      ],
      { description: 'what we are to the neighbor: provider, customer, peer, rs-server or rs-client (RFC 9234)' },
    ),
  ),
  roleStrict: flag('refuse a neighbor that sends no role'),
  gracefulRestart: Type.Optional(
    Type.Object(GracefulRestart, { ...strict, description: 'mode, restartTimeSec, stalePathSec, notification' }),
  ),
  longLivedStaleSec: Type.Optional(whole(0, 16_777_215, ' seconds (RFC 9494)')),
  extendedMessages: flag('offer messages of up to 65535 octets, RFC 8654'),
  extendedNextHop: flag('offer IPv6 next hops for IPv4 routes, RFC 8950'),
  routeReflectorClient: flag('the neighbor is our client, RFC 4456'),
  routeServerClient: flag('pass AS path, next hop and MED unchanged, RFC 7947'),
  localAsn: Type.Optional(
    Type.Union(
      [
        Asn,
        Type.Object(
          {
            asn: Asn,
            noPrepend: flag('received paths do not get the number'),
            replaceAsn: flag('our own number is not sent'),
          },
          strict,
        ),
      ],
      { description: 'an AS number, 1 to 4294967295, or {asn, noPrepend, replaceAsn}' },
    ),
  ),
  allowAsIn: Type.Optional(whole(0, 10, ' times our own AS number may stand in a received path')),
  asOverride: flag("write our AS number in place of the neighbor's"),
  removePrivateAsn: Type.Optional(
    Type.Union([Type.Boolean(), Type.Literal('remove'), Type.Literal('replace')], {
      description: 'true (as remove), false, remove or replace',
    }),
  ),
  enforceFirstAsn: flag("the first number of a received path must be the neighbor's"),
  acceptAsSets: flag('take routes whose path has an AS_SET or AS_CONFED_SET, RFC 9774'),
  aigp: flag('take and send the accumulated IGP metric, RFC 7311'),
  gracefulShutdown: flag('announce everything with GRACEFUL_SHUTDOWN, RFC 8326'),
};

export const Neighbor = Type.Object(
  {
    address: Type.Optional(
      Type.String({
        format: 'neighbor',
        description: 'an IPv4 or IPv6 address; link-local ones with their interface, such as fe80::1%eth0',
      }),
    ),
    prefix: Type.Optional(PrefixText),
    limit: Type.Optional(whole(1, 65_000, ' neighbors at a time')),
    peerGroup: Type.Optional(Type.String({ minLength: 1, description: 'the name of a group under router.peerGroups' })),
    ...common,
  },
  { ...strict, description: 'a neighbor with at least address (or prefix) and remoteAsn' },
);

export const PeerGroup = Type.Object(
  { name: Name, ...common },
  { ...strict, description: 'a group: name, and what its neighbors have in common' },
);

export type NeighborFields = Type.Static<typeof Neighbor>;
export type PeerGroupFields = Type.Static<typeof PeerGroup>;
export type FamilyFields = Type.Static<typeof FamilyOptions>;
/** What groups may hold, and what is left of a neighbor beside its name. */
export type CommonFields = Omit<NeighborFields, 'address' | 'prefix' | 'limit' | 'peerGroup'>;
