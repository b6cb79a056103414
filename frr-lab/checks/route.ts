// One shape for a route, whichever daemon printed it, and the comparison of two tables.

export type Route = {
  readonly prefix: string;
  readonly nextHop: string;
  /** AS numbers with single blanks; sets in braces as the daemons print them; empty for a route of the own AS. */
  readonly asPath: string;
  /** Sorted. */
  readonly communities: readonly string[];
  readonly largeCommunities: readonly string[];
};

export type RouteTable = ReadonlyMap<string, Route>;

const comparedFields = ['nextHop', 'asPath', 'communities', 'largeCommunities'] as const;

export function tableOf(routes: readonly Route[]): RouteTable {
  return new Map(routes.map((route) => [route.prefix, route]));
}

/** As `summarizeRow` writes what a show table prints. */
export function summarizeRoute(route: Route): string {
  return `${route.prefix} via ${route.nextHop} path "${route.asPath}"`;
}

/** What is different between what should be in a table and what is; empty when they are equal. */
export function differences(expected: RouteTable, seen: RouteTable, where: string): readonly string[] {
  const wrong: string[] = [];
  for (const [prefix, route] of expected) {
    const other = seen.get(prefix);
    if (other === undefined) {
      wrong.push(`${where} lacks ${prefix}`);
      continue;
    }
    for (const field of comparedFields) {
      const [want, have] = [String(route[field]), String(other[field])];
      if (want !== have) wrong.push(`${where} has ${prefix} with ${field} "${have}" instead of "${want}"`);
    }
  }
  for (const prefix of seen.keys()) {
    if (!expected.has(prefix)) wrong.push(`${where} also has ${prefix}`);
  }
  return wrong;
}

/** Splits what a daemon prints as a list of communities, and sorts it. */
export function communityList(text: string | undefined): readonly string[] {
  return (text ?? '').split(/\s+/).filter(Boolean).toSorted();
}
