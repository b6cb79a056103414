// `GET /v1/bgp/route-policies` in Cilium's shape (definition BgpRoutePolicy), out of the configuration that runs: each policy once
// for each direction in which neighbors use it, with those neighbors. Built-in policies (accept, reject, RFC 8212) have no statements
// and are not listed, as upstream lists only what was configured.

import { formatCommunity } from '#bgp/wire/attribute-text.ts';
import type { NeighborConfig, PolicyConfig, PolicyRef, SpeakerConfig, StatementConfig } from '#bgp/config.ts';
import type { FastifyRequest } from 'fastify';
import { type ApiRoute, queryParameter, type RouteContext } from '../route.ts';
import { splitFamily } from './peers.ts';
import { readRouterAsn } from './routes.ts';
import { policySchema } from './schemas.ts';

function isPolicy(ref: PolicyRef, policy: PolicyConfig): boolean {
  return typeof ref === 'object' && ref.policy === policy.name;
}

const actions = { accept: 'accept', reject: 'reject', next: 'none' } as const;

function describeStatement(statement: StatementConfig, neighbors: readonly string[]): object {
  const { match, set } = statement;
  return {
    'match-neighbors': { type: 'any', neighbors },
    ...(match.families === undefined ? {} : { 'match-families': match.families.map(splitFamily) }),
    ...(match.prefixes === undefined
      ? {}
      : {
          'match-prefixes': {
            type: 'any',
            prefixes: match.prefixes.map((prefix) => ({
              cidr: prefix.prefix,
              'prefix-len-min': prefix.minLength,
              'prefix-len-max': prefix.maxLength,
            })),
          },
        }),
    'route-action': actions[statement.action],
    ...(set.addCommunities === undefined ? {} : { 'add-communities': set.addCommunities.map(formatCommunity) }),
    ...(set.addLargeCommunities === undefined
      ? {}
      : { 'add-large-communities': set.addLargeCommunities.map((value) => value.join(':')) }),
    ...(set.localPreference === undefined ? {} : { 'set-local-preference': set.localPreference }),
  };
}

function describeUses(
  config: SpeakerConfig,
  policy: PolicyConfig,
  type: 'import' | 'export',
  refOf: (neighbor: NeighborConfig) => PolicyRef,
): object[] {
  const neighbors = config.neighbors
    .filter((neighbor) => isPolicy(refOf(neighbor), policy))
    .map((neighbor) => neighbor.address);
  if (neighbors.length === 0) return [];
  const last = {
    'match-neighbors': { type: 'any', neighbors },
    'route-action': policy.otherwise,
  };
  const statements = [...policy.statements.map((statement) => describeStatement(statement, neighbors)), last];
  return [{ 'router-asn': config.asn, name: policy.name, type, statements }];
}

export function describePolicies(configs: readonly SpeakerConfig[]): object[] {
  return configs.flatMap((config) =>
    config.policies.flatMap((policy) => [
      ...describeUses(config, policy, 'import', (neighbor) => neighbor.importPolicy),
      ...describeUses(config, policy, 'export', (neighbor) => neighbor.exportPolicy),
    ]),
  );
}

async function handlePolicies(context: RouteContext, request: FastifyRequest): Promise<object> {
  const asn = readRouterAsn(request);
  return describePolicies(context.deps.configured().filter((config) => asn === undefined || config.asn === asn));
}

export const routePoliciesRoute: ApiRoute = {
  method: 'GET',
  path: '/v1/bgp/route-policies',
  summary: "Route policies, in Cilium's shape",
  parameters: [queryParameter('router_asn', 'AS number of one instance; all of them without it')],
  answer: { type: 'array', items: policySchema },
  isChange: false,
  handle: handlePolicies,
};
