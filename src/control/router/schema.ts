// The shape of router.yaml, said once: types of the file, checks at run time (ajv) and the published JSON
// Schema (deploy/router.schema.json) all come from here. A `description` is what a fault says was
// expected. Neighbors and policies have files of their own. What a single field cannot show (names that must exist, duplicates) is
// checked in meaning.ts.

import Type from 'typebox';
import { Neighbor, PeerGroup } from './neighbor-schema.ts';
import { AsPathList, CommunityList, Policy, PrefixList } from './policy-schema.ts';
import { Asn, Families, flag, GracefulRestart, PolicyRef, PrefixText, strict, Uint32, whole } from './schema-parts.ts';

const Endpoint = Type.String({
  format: 'endpoint',
  description: 'an address and port, such as 127.0.0.1:9880 or [::1]:9880',
});

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

const Aggregate = Type.Union(
  [
    PrefixText,
    Type.Object(
      {
        prefix: PrefixText,
        summaryOnly: flag('the more specific routes are not announced'),
        policy: Type.Optional(PolicyRef),
      },
      strict,
    ),
  ],
  { description: 'a prefix such as 203.0.113.0/24, or {prefix, summaryOnly, policy}' },
);

const KernelSource = Type.Union([Type.Literal('connected'), Type.Literal('static'), Type.Literal('kernel')], {
  description: 'connected, static or kernel',
});

const Redistribution = Type.Union(
  [
    KernelSource,
    Type.Object(
      {
        source: KernelSource,
        families: Type.Optional(Families),
        policy: Type.Optional(PolicyRef),
      },
      strict,
    ),
  ],
  { description: 'connected, static, kernel, or {source, families, policy}' },
);

const MaxPaths = Type.Union(
  [whole(1, 256), Type.Object({ ebgp: Type.Optional(whole(1, 256)), ibgp: Type.Optional(whole(1, 256)) }, strict)],
  { description: '1 to 256, or {ebgp, ibgp}' },
);

const Fib = Type.Union(
  [
    Type.Literal('none'),
    Type.Literal('kernel'),
    Type.Object(
      {
        mode: Type.Literal('kernel', { description: 'kernel' }),
        table: Type.Optional(whole(1, 4_294_967_295, ', a routing table of the kernel')),
        metric: Type.Optional(Uint32),
        advertiseInstalledOnly: flag('a route is announced only when the kernel has it'),
        blackholes: flag('routes with the BLACKHOLE community drop their packets here, RFC 7999'),
      },
      strict,
    ),
  ],
  { description: 'none, kernel, or {mode: kernel, table, metric, advertiseInstalledOnly, blackholes}' },
);

const BestPath = Type.Object(
  {
    multipathRelax: flag('different AS paths of one length are multipath too'),
    preferOldest: flag('keep an older external best path, RFC 5004'),
    compareMedAlways: flag('compare MED between different neighboring ASes'),
    linkBandwidth: flag('split traffic by link bandwidth'),
  },
  { ...strict, description: 'multipathRelax, preferOldest, compareMedAlways, linkBandwidth' },
);

const Confederation = Type.Object(
  {
    identifier: Asn,
    members: Type.Array(Asn, { uniqueItems: true, description: 'a list of the other member AS numbers, each once' }),
  },
  { ...strict, description: 'identifier (the AS number that the world sees) and members' },
);

const RestartDefaults = Type.Object(
  {
    ...GracefulRestart,
    longLivedStaleSec: Type.Optional(whole(0, 16_777_215, ' seconds (RFC 9494)')),
    selectionDeferralSec: Type.Optional(whole(0, 3600, " seconds to wait for restarting neighbors' End-of-RIB")),
  },
  {
    ...strict,
    description:
      'for all neighbors: mode, restartTimeSec, stalePathSec, notification, longLivedStaleSec; and selectionDeferralSec',
  },
);

const ShortText = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: '^[^\\u0000-\\u001f\\u007f]*$',
  description: 'one line of 1 to 64 octets',
});

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
    hostname: Type.Optional(ShortText),
    domainName: Type.Optional(ShortText),
    softwareVersion: Type.Optional(ShortText),
    clusterId: Type.Optional(
      Type.String({ format: 'router-id', description: 'a cluster ID such as 198.51.100.1, not 0.0.0.0' }),
    ),
    confederation: Type.Optional(Confederation),
    bestPath: Type.Optional(BestPath),
    maxPaths: Type.Optional(MaxPaths),
    fib: Type.Optional(Fib),
    redistribute: Type.Optional(
      Type.Array(Redistribution, { description: "a list of the kernel's routes to announce" }),
    ),
    aggregates: Type.Optional(Type.Array(Aggregate, { description: 'a list of prefixes to announce in summary' })),
    gracefulRestart: Type.Optional(RestartDefaults),
    gracefulShutdown: flag('announce everything with GRACEFUL_SHUTDOWN, RFC 8326'),
    peerGroups: Type.Optional(Type.Array(PeerGroup, { description: 'a list of groups' })),
    neighbors: Type.Optional(Type.Array(Neighbor, { description: 'a list of neighbors' })),
    networks: Type.Optional(Type.Array(Network, { description: 'a list of prefixes to announce' })),
    prefixLists: Type.Optional(Type.Array(PrefixList, { description: 'a list of named lists of prefixes' })),
    asPathLists: Type.Optional(Type.Array(AsPathList, { description: 'a list of named lists of expressions' })),
    communityLists: Type.Optional(Type.Array(CommunityList, { description: 'a list of named lists of communities' })),
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
export type RouterFields = Type.Static<typeof Router>;

/** The published schema: everything above, with the names that tools look for. */
export function renderJsonSchema(): string {
  const document = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of waggle router',
    ...routerFileSchema,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
