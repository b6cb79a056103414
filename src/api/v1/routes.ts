// `GET /v1/bgp/routes` in Cilium's shape (definition BgpRoute), streamed: one object a prefix (and neighbor) with its paths.
// The same as a table is routes-text.ts.

import { type Family, familyByName } from '#bgp/net/family.ts';
import { attributesOfRow, type InstanceView, PathFlag, type RouteBatch, type RouteQuery } from '#bgp/views.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { badArgument, noSuchNeighbor } from '../problem.ts';
import { type ApiRoute, queryParameter, readQueryParameter, type RouteContext } from '../route.ts';
import { faultTeller } from '../server-faults.ts';
import { PrefixRows, RouteView } from '../show/route-view.ts';
import { chooseFormat, contentTypes } from '../show-route.ts';
import type { SliceWriter } from '../slice-writer.ts';
import { sendSlices } from '../slices.ts';
import { encodeNlri, splitAttributes } from './path-attributes.ts';
import { splitFamily } from './peers.ts';
import { renderRoutesHead, writeRoutesText } from './routes-text.ts';
import { routeSchema } from './schemas.ts';

const tables = { 'loc-rib': 'loc-rib', 'adj-rib-in': 'received', 'adj-rib-out': 'advertised' } as const;
type TableType = keyof typeof tables;

interface Source {
  readonly routerAsn: number;
  readonly neighbor: string | undefined;
  readonly query: RouteQuery;
}

function isTableType(text: string | undefined): text is TableType {
  return text !== undefined && text in tables;
}

function readTable(request: FastifyRequest): TableType {
  const text = readQueryParameter(request, 'table_type');
  if (isTableType(text)) return text;
  throw badArgument(`table_type is ${JSON.stringify(text ?? '')}; expected ${Object.keys(tables).join(', ')}`);
}

function readFamily(request: FastifyRequest): Family {
  const name = `${readQueryParameter(request, 'afi') ?? ''}-${readQueryParameter(request, 'safi') ?? ''}`;
  const family = familyByName(name.toLowerCase());
  if (family === undefined) throw badArgument(`no such family: ${name}; expected afi ipv4 or ipv6 and safi unicast`);
  return family;
}

/** undefined: every instance. */
export function readRouterAsn(request: FastifyRequest): number | undefined {
  const text = readQueryParameter(request, 'router_asn');
  if (text === undefined) return undefined;
  if (!/^\d{1,10}$/.test(text) || Number(text) > 0xffff_ffff) {
    throw badArgument(`router_asn is ${JSON.stringify(text)}; expected an AS number, 0..4294967295`);
  }
  return Number(text);
}

function listSources(
  instances: readonly InstanceView[],
  table: TableType,
  family: Family,
  neighbor: string | undefined,
): Source[] {
  const about = (instance: InstanceView) => ({ instance: instance.instance, family: family.name });
  if (table === 'loc-rib') {
    return instances.map((instance) => ({
      routerAsn: instance.asn,
      neighbor: undefined,
      query: { ...about(instance), table: 'loc-rib' },
    }));
  }
  return instances.flatMap((instance) =>
    instance.neighbors
      .filter((view) => neighbor === undefined || view.address === neighbor)
      .filter((view) => view.families.some((entry) => entry.family === family.name && entry.isShown))
      .map((view) => ({
        routerAsn: instance.asn,
        neighbor: view.address,
        query: { ...about(instance), table: tables[table], neighbor: view.address },
      })),
  );
}

async function handleRoutes(context: RouteContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const table = readTable(request);
  const family = readFamily(request);
  const routerAsn = readRouterAsn(request);
  const neighbor = readQueryParameter(request, 'neighbor');
  const all = await context.deps.speaker.instances();
  const instances = all.filter((instance) => routerAsn === undefined || instance.asn === routerAsn);
  if (neighbor !== undefined && routerAsn === undefined && all.length > 1) {
    throw badArgument('several instances run: neighbor needs router_asn too');
  }
  const sources = listSources(instances, table, family, table === 'loc-rib' ? undefined : neighbor);
  if (neighbor !== undefined && table !== 'loc-rib' && sources.length === 0) throw noSuchNeighbor(neighbor);
  const format = chooseFormat(readQueryParameter(request, 'format'), request.headers.accept);
  const leave = context.streams.enter();
  void reply.type(contentTypes[format]).header('vary', 'accept').header('cache-control', 'no-store');
  const write = format === 'json' ? writeRoutes : writeText;
  try {
    return await sendSlices(reply, (out) => write(out, context, family, sources), leave, faultTeller(context, request));
  } catch (error) {
    leave();
    throw error;
  }
}

/** Cilium's table. */
async function writeText(
  out: SliceWriter,
  context: RouteContext,
  family: Family,
  sources: readonly Source[],
): Promise<void> {
  const nowSec = Math.floor(context.deps.wallMs() / 1000);
  const node = context.nodeName;
  const hasPeer = sources.some((source) => source.neighbor !== undefined);
  await out.writeText(renderRoutesHead(family, hasPeer, node));
  for (const { routerAsn, neighbor, query } of sources) {
    const view = new RouteView(await context.deps.speaker.routes(query), family);
    await writeRoutesText(out, view, { node, routerAsn, neighbor }, nowSec);
  }
}

async function writeRoutes(
  out: SliceWriter,
  context: RouteContext,
  family: Family,
  sources: readonly Source[],
): Promise<void> {
  const nowSec = Math.floor(context.deps.wallMs() / 1000);
  let separator = '';
  await out.writeText('[');
  for (const source of sources) {
    const view = new RouteView(await context.deps.speaker.routes(source.query), family);
    const routes = await writeSource(out, view, source, nowSec, separator);
    if (routes > 0) separator = ',\n';
  }
  await out.writeText(']\n');
}

/** Routes of one view, comma-separated; answers how many. */
async function writeSource(
  out: SliceWriter,
  view: RouteView,
  source: Source,
  nowSec: number,
  separator: string,
): Promise<number> {
  const neighbor = source.neighbor === undefined ? '' : `"neighbor":"${source.neighbor}",`;
  const rows = new PrefixRows(view.family);
  for await (const batch of view.batches()) {
    for (let index = 0; index < batch.count; index++) {
      let text = ',';
      if (rows.advance(batch, index)) {
        const prefix = view.prefixText(batch, index);
        const before = rows.prefixes === 1 ? separator : ']},\n';
        text = `${before}{"router-asn":${source.routerAsn},${neighbor}"prefix":"${prefix}","paths":[`;
      }
      await out.writeText(text + renderPath(view.family, batch, index, nowSec));
    }
  }
  if (rows.prefixes > 0) await out.writeText(']}');
  return rows.prefixes;
}

function renderPath(family: Family, batch: RouteBatch, index: number, nowSec: number): string {
  const nlri = encodeNlri(batch.prefixWords, index * family.words, batch.prefixLengths[index]);
  const attributes = splitAttributes(attributesOfRow(batch, index), nlri).map(
    (bytes) => `{"base64":"${Buffer.from(bytes).toString('base64')}"}`,
  );
  const { afi, safi } = splitFamily(family.name);
  const ageSec = Math.max(0, nowSec - batch.receivedWallSec[index]);
  const best = (batch.flags[index] & PathFlag.Best) !== 0;
  return `{"family":{"afi":"${afi}","safi":"${safi}"},"nlri":{"base64":"${Buffer.from(nlri).toString('base64')}"},"path-attributes":[${attributes.join(',')}],"age-nanoseconds":${ageSec}${ageSec === 0 ? '' : '000000000'},"best":${best},"stale":false}`;
}

export const routesRoute: ApiRoute = {
  method: 'GET',
  path: '/v1/bgp/routes',
  summary: "Routes of a table, in Cilium's shape",
  parameters: [
    { ...queryParameter('table_type', 'the table', Object.keys(tables)), isRequired: true },
    { ...queryParameter('afi', 'address family', ['ipv4', 'ipv6']), isRequired: true },
    { ...queryParameter('safi', 'subsequent address family', ['unicast']), isRequired: true },
    queryParameter('router_asn', 'AS number of one instance; all of them without it'),
    queryParameter('neighbor', 'address of a neighbor, for adj-rib-in and adj-rib-out'),
    queryParameter('format', "json (default) or text, Cilium's table", ['json', 'text']),
  ],
  answer: { type: 'array', items: routeSchema },
  isChange: false,
  handle: handleRoutes,
};
