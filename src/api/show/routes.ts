// The show commands about routes: the table of a family, one prefix, and a neighbor's received, accepted and advertised routes.
// Each answer opens one view at the speaker when its renderer is read; how rows look is in route-table.ts and adj-table.ts.

import { parseAddress } from '#bgp/net/address.ts';
import { type Family, familyByName, ipv4Unicast, ipv6Unicast } from '#bgp/net/family.ts';
import { parsePrefix } from '#bgp/net/prefix.ts';
import type { InstanceView, NeighborView, RouteQuery } from '#bgp/views.ts';
import { stringifyJson } from '../escape.ts';
import { badArgument } from '../problem.ts';
import { writeJsonAdjTable, writeTextAdjTable } from './adj-table.ts';
import type { ShowAnswer, ShowContext, ShowRequest } from './command.ts';
import { listHostNames } from './hostnames.ts';
import { findInstance, findNeighbor, noInstanceText } from './instance.ts';
import { findFamily } from './neighbor-state.ts';
import { describePrefix, readPrefixDetail } from './prefix-detail.ts';
import { renderPrefix } from './prefix-detail-text.ts';
import { findRequestedFamily } from './requested-family.ts';
import { type RouteTableNames, writeJsonTable, writeTextTable } from './route-table.ts';
import { RouteView } from './route-view.ts';
import { asPathFilter, communityFilter, type RowFilter } from './row-filter.ts';

const noInstance: ShowAnswer = { json: () => '{}\n', text: () => noInstanceText };

function checkPrefix(asked: string, family: Family): string {
  const parsed = parsePrefix(asked) ?? parseAddress(asked);
  if (parsed === undefined || parsed.version !== family.version) {
    throw badArgument(`${asked} is not an ${family.title} prefix or address`);
  }
  return parsed.toString();
}

async function openView(context: ShowContext, family: Family, query: RouteQuery): Promise<RouteView> {
  return new RouteView(await context.speaker.routes(query), family);
}

function listNames(context: ShowContext, instance: InstanceView, totalPaths: number | undefined): RouteTableNames {
  return { hostNames: listHostNames(instance.neighbors), ownHostName: context.nodeName, totalPaths };
}

/** What FRR calls total: every path of the table, also where only some of its prefixes are shown. */
function countPaths(instance: InstanceView, family: Family): number {
  return instance.families.find((view) => view.family === family.name)?.paths ?? 0;
}

/** Where no family is named: that of the prefix asked for, and IPv4 for the table. */
function familyOf(request: ShowRequest): Family {
  const isIpv6 = request.prefix?.includes(':') === true;
  return findRequestedFamily(request) ?? (isIpv6 ? ipv6Unicast : ipv4Unicast);
}

/** `show bgp [ipv4|ipv6 unicast] [PREFIX [longer-prefixes]]` */
export async function answerTable(context: ShowContext, request: ShowRequest): Promise<ShowAnswer> {
  const instance = await findInstance(context, request);
  const family = familyOf(request);
  const prefix = request.prefix === undefined ? undefined : checkPrefix(request.prefix, family);
  if (instance === undefined) return noInstance;
  if (prefix !== undefined && !request.hasWord('longer-prefixes'))
    return answerPrefix(context, instance, family, prefix);
  const query: RouteQuery = {
    instance: instance.instance,
    family: family.name,
    table: 'loc-rib',
    ...(prefix === undefined ? {} : { prefix, isLongerPrefixes: true }),
  };
  const names = listNames(context, instance, prefix === undefined ? undefined : countPaths(instance, family));
  const view = await openView(context, family, query);
  return {
    json: () => (out) => writeJsonTable(out, view, names),
    text: () => (out) => writeTextTable(out, view, names),
    close: () => view.close(),
  };
}

async function answerPrefix(
  context: ShowContext,
  instance: InstanceView,
  family: Family,
  prefix: string,
): Promise<ShowAnswer> {
  const detail = await readPrefixDetail(context, instance, family, prefix);
  return {
    json: () => `${stringifyJson(detail === undefined ? {} : describePrefix(detail), 2)}\n`,
    text: () => (detail === undefined ? '% Network not in table\n' : renderPrefix(detail)),
  };
}

/** Without one: any community of the kind. */
function filterOf({ hasWord, community, largeCommunity, expression }: ShowRequest): RowFilter {
  const isExact = hasWord('exact-match');
  if (community !== undefined) return communityFilter('standard', community, isExact);
  if (largeCommunity !== undefined) return communityFilter('large', largeCommunity, isExact);
  if (hasWord('community')) return communityFilter('standard', '*:*');
  if (hasWord('large-community')) return communityFilter('large', '*:*:*');
  return asPathFilter(expression ?? '');
}

/** `show bgp [ipv4|ipv6 unicast] community|large-community|as-path …`; without a family's name IPv4. */
export async function answerFiltered(context: ShowContext, request: ShowRequest): Promise<ShowAnswer> {
  const filter = filterOf(request);
  const instance = await findInstance(context, request);
  const family = findRequestedFamily(request) ?? ipv4Unicast;
  if (instance === undefined) return noInstance;
  const names = { ...listNames(context, instance, countPaths(instance, family)), filter };
  const view = await openView(context, family, { instance: instance.instance, family: family.name, table: 'loc-rib' });
  return {
    json: () => (out) => writeJsonTable(out, view, names),
    text: () => (out) => writeTextTable(out, view, names),
    close: () => view.close(),
  };
}

/** Without a family's name: that of the neighbor's address if the session carries it, else the first it is configured for. */
function chooseFamily(neighbor: NeighborView, requested: Family | undefined): Family {
  if (requested !== undefined) {
    if (findFamily(neighbor, requested.name)?.isShown === true) return requested;
    throw badArgument(`neighbor ${neighbor.address} is not configured for ${requested.title}`);
  }
  const version = parseAddress(neighbor.address.split('%')[0])?.version;
  const configured = neighbor.families.flatMap((view) => {
    const family = familyByName(view.family);
    return view.isShown && family !== undefined ? [family] : [];
  });
  const chosen = configured.find((family) => family.version === version) ?? configured[0];
  if (chosen === undefined) throw badArgument(`neighbor ${neighbor.address} is configured for no family`);
  return chosen;
}

/** `show bgp [ipv4|ipv6 unicast] neighbors ADDRESS advertised-routes|received-routes|routes` */
export async function answerNeighborRoutes(context: ShowContext, request: ShowRequest): Promise<ShowAnswer> {
  const instance = await findInstance(context, request);
  const neighbor = findNeighbor(instance, request.neighbor ?? '');
  if (instance === undefined) return noInstance;
  const family = chooseFamily(neighbor, findRequestedFamily(request));
  const about = { instance: instance.instance, family: family.name, neighbor: neighbor.address };
  if (request.hasWord('routes')) {
    const view = await openView(context, family, { ...about, table: 'accepted' });
    const names = listNames(context, instance, countPaths(instance, family));
    return {
      json: () => (out) => writeJsonTable(out, view, names),
      text: () => (out) => writeTextTable(out, view, names),
      close: () => view.close(),
    };
  }
  const table = request.hasWord('advertised-routes') ? 'advertised' : 'received';
  const view = await openView(context, family, { ...about, table });
  return {
    json: () => (out) => writeJsonAdjTable(out, view, table),
    text: () => (out) => writeTextAdjTable(out, view, table),
    close: () => view.close(),
  };
}
