// What a node has received from a neighbor, in one shape, whichever speaker runs there. A route that leads back through the
// reader's own AS is left out everywhere: the protocol allows it to be sent, and nobody takes it (RFC 4271 §9.1.2).
import { asArray, asRecord, at, readNumber, readString } from '../json.ts';
import type { LabPaths } from '../paths.ts';
import { isIpv6, type NodeKind } from '../topology.ts';
import { getJsonFromWaggle, readFrom, readJsonFrom } from './lab-reader.ts';
import { readPathAttributes } from './path-attributes.ts';
import { communityList, type Route } from './route.ts';

export type Family = 'ipv4' | 'ipv6';

export type Question = {
  readonly node: string;
  readonly kind: NodeKind;
  readonly family: Family;
  /** Address of the neighbor, as the reading node knows it. */
  readonly neighbor: string;
};

export async function readReceived(lab: LabPaths, question: Question): Promise<readonly Route[]> {
  switch (question.kind) {
    case 'frr':
      return await readFrr(lab, question);
    case 'bird':
      return parseBird(
        await readFrom(lab, question.node, ['birdc', 'show', 'route', 'protocol', 'waggle', 'all']),
        question,
      );
    case 'gobgp':
      return await readGobgp(lab, question);
    case 'exabgp':
      return parseExabgp(await readFrom(lab, question.node, ['cat', '/run/exabgp/reports.jsonl']), question);
    case 'openbgpd':
      return await readOpenbgpd(lab, question);
    case 'waggle-agent':
    case 'waggle-router':
      return await readWaggle(lab, question);
    case 'host':
    case 'management':
      return [];
  }
}

/** `show bgp … json detail`: for each prefix a head without an AS path, then its paths. */
async function readFrr(lab: LabPaths, { node, family, neighbor }: Question): Promise<readonly Route[]> {
  const table = await readJsonFrom(lab, node, ['vtysh', '-c', `show bgp ${family} unicast json detail`]);
  return Object.entries(asRecord(at(table, 'routes'))).flatMap(([prefix, entries]) =>
    asArray(entries)
      .filter((path) => readString(path, 'peer', 'peerId') === neighbor)
      .map((path) => routeFromFrrPath(prefix, path)),
  );
}

/** A path as FRR and Waggle print it in detail. */
export function routeFromFrrPath(prefix: string, path: unknown): Route {
  const hops = asArray(at(path, 'nexthops'));
  const hop = hops.find((each) => readString(each, 'scope') !== 'link-local');
  return {
    prefix,
    nextHop: readString(hop, 'ip') ?? '',
    asPath: asPathOf(readString(path, 'aspath', 'string') ?? ''),
    communities: communityList(readString(path, 'community', 'string')),
    largeCommunities: communityList(readString(path, 'largeCommunity', 'string')),
  };
}

/** FRR writes `Local` where the AS path is empty. */
function asPathOf(text: string): string {
  return text === 'Local' ? '' : text;
}

async function readWaggle(lab: LabPaths, { node, neighbor, family }: Question): Promise<readonly Route[]> {
  return await readWaggleTable(lab, { node, neighbor, family }, 'adj-rib-in');
}

/** One neighbor's Adj-RIB-In or Adj-RIB-Out, with attributes as octets. */
export async function readWaggleTable(
  lab: LabPaths,
  { node, neighbor, family }: Omit<Question, 'kind'>,
  table: 'adj-rib-in' | 'adj-rib-out',
): Promise<readonly Route[]> {
  const summary = await getJsonFromWaggle(lab, node, '/show/bgp/summary');
  const asn = readNumber(summary, `${family}Unicast`, 'as') ?? 0;
  const query = new URLSearchParams({
    table_type: table,
    afi: family,
    safi: 'unicast',
    router_asn: String(asn),
    neighbor,
  });
  const routes = await getJsonFromWaggle(lab, node, `/v1/bgp/routes?${query.toString()}`);
  return asArray(routes).flatMap((route) =>
    asArray(at(route, 'paths')).map((path) => ({
      prefix: readString(route, 'prefix') ?? '',
      ...readPathAttributes(
        asArray(at(path, 'path-attributes')).map((entry) => Buffer.from(readString(entry, 'base64') ?? '', 'base64')),
      ),
    })),
  );
}

/** Prefix, next hop and AS path as a row of `advertised-routes` or `received-routes` shows them; it shows no communities. */
export function summarizeRow(prefix: string, row: unknown): string {
  const nextHop = readString(row, 'nextHop') ?? readString(row, 'nextHopGlobal') ?? '';
  return `${prefix} via ${nextHop} path "${asPathOf(readString(row, 'path') ?? '')}"`;
}

/** `birdc show route all`: a line with the prefix, then its attributes indented. */
export function parseBird(text: string, { family }: Pick<Question, 'family'>): readonly Route[] {
  const routes: Route[] = [];
  for (const block of text.split(/\n(?=[0-9a-f])/)) {
    const prefix = /^([0-9a-f:.]+\/\d+)\s/.exec(block)?.[1];
    if (prefix === undefined || isIpv6(prefix) !== (family === 'ipv6')) continue;
    const attribute = (name: string): string =>
      new RegExp(`^\\tBGP\\.${name}: ?(.*)$`, 'm').exec(block)?.[1].trim() ?? '';
    const tuples = (name: string): readonly string[] =>
      [...attribute(name).matchAll(/\(([^)]*)\)/g)].map((found) => found[1].replace(/,\s*/g, ':')).toSorted();
    routes.push({
      prefix,
      nextHop: attribute('next_hop').split(' ')[0],
      asPath: attribute('as_path'),
      communities: tuples('community'),
      largeCommunities: tuples('large_community'),
    });
  }
  return routes;
}

/** Path attributes by their type codes of RFC 4271, 1997, 4760 and 8092. */
async function readGobgp(lab: LabPaths, { node, family, neighbor }: Question): Promise<readonly Route[]> {
  const table = await readJsonFrom(lab, node, ['gobgp', '-j', 'neighbor', neighbor, 'adj-in', '-a', family]);
  return Object.entries(asRecord(table)).flatMap(([prefix, paths]) =>
    asArray(paths).map((path): Route => {
      const attributes = asArray(at(path, 'attrs'));
      const attribute = (type: number): unknown => attributes.find((each) => readNumber(each, 'type') === type);
      const segments = asArray(at(attribute(2), 'as_paths'));
      const communities = asArray(at(attribute(8), 'communities')).map((value) => Number(value));
      return {
        prefix,
        nextHop: readString(attribute(3), 'nexthop') ?? readString(attribute(14), 'nexthop') ?? '',
        asPath: segments.flatMap((segment) => asArray(at(segment, 'asns'))).join(' '),
        communities: communities.map((value) => `${value >>> 16}:${value & 0xffff}`).toSorted(),
        largeCommunities: asArray(at(attribute(32), 'value'))
          .map((each) => ['ASN', 'LocalData1', 'LocalData2'].map((key) => readNumber(each, key)).join(':'))
          .toSorted(),
      };
    }),
  );
}

/** ExaBGP only reports: replay what it said since the session was last up. */
export function parseExabgp(text: string, { family }: Pick<Question, 'family'>): readonly Route[] {
  const routes = new Map<string, Route>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const report: unknown = JSON.parse(line);
    if (readString(report, 'type') === 'state' && readString(report, 'neighbor', 'state') === 'down') routes.clear();
    const update = at(report, 'neighbor', 'message', 'update');
    for (const entry of asArray(at(update, 'withdraw', `${family} unicast`))) {
      routes.delete(readString(entry, 'nlri') ?? '');
    }
    const attributes = at(update, 'attribute');
    const joined = (name: string): readonly string[] =>
      asArray(at(attributes, name))
        .map((parts) => asArray(parts).join(':'))
        .toSorted();
    for (const [nextHop, entries] of Object.entries(asRecord(at(update, 'announce', `${family} unicast`)))) {
      // RFC 2545 §3: the second of two next hops is the link-local one.
      if (nextHop.startsWith('fe80:')) continue;
      for (const entry of asArray(entries)) {
        const prefix = readString(entry, 'nlri') ?? '';
        routes.set(prefix, {
          prefix,
          nextHop,
          asPath: asArray(at(attributes, 'as-path')).join(' '),
          communities: joined('community'),
          largeCommunities: joined('large-community'),
        });
      }
    }
  }
  return [...routes.values()];
}

async function readOpenbgpd(lab: LabPaths, { node, neighbor, family }: Question): Promise<readonly Route[]> {
  const command = ['bgpctl', '-j', 'show', 'rib', 'neighbor', neighbor, 'in', 'detail'];
  const table = await readJsonFrom(lab, node, command);
  return asArray(at(table, 'rib'))
    .map((entry): Route => ({
      prefix: readString(entry, 'prefix') ?? '',
      nextHop: readString(entry, 'exit_nexthop') ?? '',
      asPath: readString(entry, 'aspath') ?? '',
      communities: asArray(at(entry, 'communities')).map(String).toSorted(),
      largeCommunities: asArray(at(entry, 'large_communities')).map(String).toSorted(),
    }))
    .filter((route) => isIpv6(route.prefix) === (family === 'ipv6'));
}
