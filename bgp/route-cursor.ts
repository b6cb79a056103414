// Answers a RouteQuery: finds what it names, opens a consistent view of the RIB and hands out its
// batches one by one. The texts of a query come from people, so each fault says what would be right.

import { parseAddress } from './net/address.ts';
import { familyByName } from './net/family.ts';
import { parsePrefix } from './net/prefix.ts';
import { formatRouterId, routerId as routerIdOf } from './net/router-id.ts';
import type { RibPeers } from './rib/peers.ts';
import type { Rib } from './rib/rib.ts';
import type { RouteView, ViewQuery } from './rib/route-view.ts';
import type { RouteBatch, RouteQuery, RouteViewHead } from './views.ts';

export class QueryError extends Error {
  readonly code: 'unknown-neighbor' | 'bad-prefix' | 'unknown-family';

  constructor(code: QueryError['code'], message: string) {
    super(message);
    this.name = 'QueryError';
    this.code = code;
  }
}

export interface RouteCursorDeps {
  readonly asn: number;
  readonly routerId: number;
  readonly ribs: readonly Rib[];
  readonly peers: RibPeers;
  readonly peerOf: (address: string) => number | undefined;
}

/** Routes a slice of a view looks at. */
const SLICE_ROUTES = 1024;

export class RouteCursor {
  readonly head: RouteViewHead;
  private readonly view: RouteView;

  constructor(head: RouteViewHead, view: RouteView) {
    this.head = head;
    this.view = view;
  }

  get isDone(): boolean {
    return this.view.isDone;
  }

  /** The next batch; undefined when this slice found nothing: ask again unless isDone. */
  next(): RouteBatch | undefined {
    return this.view.next(SLICE_ROUTES);
  }

  /** Harmless when already closed. */
  close(): void {
    this.view.close();
  }
}

/** Throws QueryError, or the RIB's ViewError when too many views are open. */
export function openRouteCursor(query: RouteQuery, deps: RouteCursorDeps): RouteCursor {
  const family = familyByName(query.family);
  if (family === undefined) {
    throw new QueryError('unknown-family', `no such family: ${query.family}; expected ipv4-unicast or ipv6-unicast`);
  }
  const rib = deps.ribs[family.index];
  const peer = query.table === 'loc-rib' ? 0 : peerOf(query.neighbor, deps);
  const view = rib.openView({ table: query.table, peer, ...readTarget(query) });
  return new RouteCursor(
    {
      asn: deps.asn,
      routerId: formatRouterId(routerIdOf(deps.routerId)),
      tableVersion: view.tableVersion,
      peers: deps.peers.entries().map(({ index, address, asn, routerId, kind }) => ({
        number: index,
        address: address.toString(),
        remoteAsn: asn,
        routerId: formatRouterId(routerIdOf(routerId)),
        isIbgp: kind === 'ibgp',
      })),
      maxRoutes: view.maxRoutes,
    },
    view,
  );
}

function peerOf(address: string, deps: RouteCursorDeps): number {
  const peer = deps.peerOf(address);
  if (peer === undefined) throw new QueryError('unknown-neighbor', `no such neighbor: ${address}`);
  return peer;
}

function readTarget(query: RouteQuery): Pick<ViewQuery, 'prefix' | 'address' | 'isLongerPrefixes'> {
  const { prefix: text, isLongerPrefixes = false } = query;
  if (text === undefined) return { prefix: undefined, address: undefined, isLongerPrefixes: false };
  const version = query.family === 'ipv4-unicast' ? 4 : 6;
  const prefix = parsePrefix(text);
  if (prefix?.version === version) return { prefix, address: undefined, isLongerPrefixes };
  const address = parseAddress(text);
  if (address?.version === version && !isLongerPrefixes) return { prefix: undefined, address, isLongerPrefixes };
  const wanted = version === 4 ? '192.0.2.0/24 or 192.0.2.1' : '2001:db8::/32 or 2001:db8::1';
  throw new QueryError('bad-prefix', `not a prefix or address of ${query.family}: ${text}; expected e.g. ${wanted}`);
}
