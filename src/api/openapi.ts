// `GET /openapi.json`: OpenAPI 3.1 made from the table of routes; `/show/*` is written out, one path for each form that the show
// tree's patterns allow (the forms with `instance NAME` are told in the description, not repeated).

import type { ApiRoute, RouteParameter } from './route.ts';
import { expandPattern } from './show/pattern.ts';
import { showCommands } from './show/tree.ts';

const problem = {
  description: 'Problem document (RFC 9457)',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

const argumentWords: Readonly<Record<string, string>> = {
  ADDRESS: 'a neighbor: an IPv4 or IPv6 address',
  PREFIX: 'an address, or a prefix: its slash may stand as it is or as %2F',
  COMMUNITY: 'a community such as 64500:100, 64500:* or no-export',
  LARGECOMMUNITY: 'a large community such as 64500:1:2',
  EXPRESSION: 'an expression over the AS path such as ^65001_, percent-encoded',
};

function describeParameter(parameter: RouteParameter): object {
  return {
    name: parameter.name,
    in: parameter.in,
    description: parameter.description,
    required: parameter.isRequired,
    schema: { type: 'string', ...(parameter.values === undefined ? {} : { enum: parameter.values }) },
  };
}

/** Fastify's `:address` is OpenAPI's `{address}`. */
export function toTemplate(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}');
}

function describeBody(schema: object): string {
  const properties: unknown = 'properties' in schema ? schema.properties : {};
  const names = typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
  return `JSON, sent with the header content-type: application/json; may be left out. Fields: ${names.join(', ')}.`;
}

function describeRoute(route: ApiRoute): object {
  return {
    summary: route.summary,
    ...(route.isChange ? { description: 'Over the unix socket only.' } : {}),
    parameters: route.parameters.map(describeParameter),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            description: describeBody(route.body),
            required: false,
            content: { 'application/json': { schema: route.body } },
          },
        }),
    responses: {
      200: { description: 'Answer', content: { 'application/json': { schema: route.answer } } },
      default: problem,
    },
  };
}

function describeShowPaths(): Record<string, object> {
  const paths: Record<string, object> = {};
  for (const command of showCommands) {
    for (const words of expandPattern(command.pattern)) {
      if (words.includes('NAME')) continue;
      const segments = words.map((word) => (word in argumentWords ? `{${word.toLowerCase()}}` : word));
      paths[`/show/${segments.join('/')}`] ??= { get: describeShow(words, command.help) };
    }
  }
  return paths;
}

function describeShow(words: readonly string[], help: string): object {
  const parameters: RouteParameter[] = words
    .filter((word) => word in argumentWords)
    .map((word) => ({ name: word.toLowerCase(), in: 'path', description: argumentWords[word], isRequired: true }));
  parameters.push({
    name: 'format',
    in: 'query',
    description: 'text, or Accept: text/plain, gives the table',
    isRequired: false,
    values: ['json', 'text'],
  });
  return {
    summary: help,
    description: `\`show ${words.join(' ')}\`. Where several BGP instances run, \`instance/NAME\` follows \`bgp\`. Words may be cut short while unique.`,
    parameters: parameters.map(describeParameter),
    responses: {
      200: {
        description: "FRR's JSON, or its table",
        content: { 'application/json': { schema: { type: 'object' } }, 'text/plain': { schema: { type: 'string' } } },
      },
      default: problem,
    },
  };
}

const problemSchema = {
  type: 'object',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string' },
    suggestions: { type: 'array', items: { type: 'string' } },
    bgpNoSuchNeighbor: { type: 'boolean' },
  },
  required: ['type', 'title', 'status', 'detail'],
};

export function describeApi(routes: readonly ApiRoute[], version: string): object {
  const paths: Record<string, object> = {};
  for (const route of routes) {
    if (route.path === '/show/*') continue;
    const path = toTemplate(route.path);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describeRoute(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Waggle',
      version,
      description: 'HEAD is answered wherever GET is. A query parameter that is not listed is refused with 400.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths: { ...paths, ...describeShowPaths() },
    components: { schemas: { Problem: problemSchema } },
  };
}
