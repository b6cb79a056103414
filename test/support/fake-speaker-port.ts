// A SpeakerPort whose views are given by the test: neighbors and routes as plain values, handed out in batches of columns as the
// real one does, with the encoded attribute sets that each names. Remembers what it was asked to change and which views are open.

import { Address, parseAddress } from '#bgp/net/address.ts';
import { type Family, familyByName } from '#bgp/net/family.ts';
import { parsePrefix } from '#bgp/net/prefix.ts';
import type {
  DebugKind,
  InstanceView,
  MemoryView,
  NeighborView,
  PathPeerView,
  PolicyDecisionView,
  RouteBatch,
  RouteQuery,
  UpdateGroupView,
} from '#bgp/views.ts';
import { encodePathAttributes, type PathAttributes } from '#bgp/wire/attributes.ts';
import type {
  ClearKind,
  ConfigureOutcome,
  ExplainQuery,
  FibRouteView,
  InstanceFibView,
  RouteStream,
  SpeakerFigures,
  SpeakerPort,
} from '#speaker/port.ts';

export interface FakeRoute {
  readonly prefix: string;
  /** Number in {@link FakeTables.peers}; 0 is the speaker. */
  readonly peer: number;
  readonly attributes: PathAttributes;
  readonly flags: number;
  readonly reason: number;
  readonly receivedWallSec: number;
  readonly version: number;
}

export interface FakeTables {
  readonly tableVersion: (query: RouteQuery) => number;
  readonly peers: readonly PathPeerView[];
  /** Routes in order of prefixes for what is asked, before the prefix filter; undefined: none. */
  readonly routes: (query: RouteQuery) => Iterable<FakeRoute> | undefined;
}

const noTables: FakeTables = { tableVersion: () => 0, peers: [], routes: () => undefined };

export class FakeSpeakerPort implements SpeakerPort {
  instanceViews: InstanceView[] = [];
  tables: FakeTables = noTables;
  batchSize = 1000;
  openViews = 0;
  batchesRead = 0;
  readonly cleared: (readonly [neighbor: string | undefined, kind: ClearKind])[] = [];
  readonly shutdowns: (readonly [neighbor: string, isShutdown: boolean, message: string | undefined])[] = [];
  readonly drains: (readonly [neighbor: string | undefined, isDraining: boolean])[] = [];
  readonly debugs: (readonly [neighbor: string, kinds: readonly DebugKind[]])[] = [];
  groupViews: UpdateGroupView[] = [];
  memoryViews: MemoryView[] = [];
  /** Thrown by the next call of instances(), for tests of faults. */
  fault: Error | undefined;

  async instances(): Promise<readonly InstanceView[]> {
    if (this.fault !== undefined) throw this.fault;
    return this.instanceViews;
  }

  async routes(query: RouteQuery): Promise<RouteStream> {
    const family = familyByName(query.family);
    const instance = this.instanceViews.find((view) => view.instance === query.instance);
    if (family === undefined || instance === undefined)
      throw new Error(`the test knows no ${query.instance} ${query.family}`);
    this.openViews++;
    let isOpen = true;
    const close = (): void => {
      if (isOpen) this.openViews--;
      isOpen = false;
    };
    const chosen = filterRoutes(this.tables.routes(query) ?? [], query);
    return {
      head: {
        asn: instance.asn,
        routerId: instance.routerId,
        tableVersion: this.tables.tableVersion(query),
        peers: this.tables.peers,
        maxRoutes: 0,
      },
      batches: this.#makeBatches(chosen, family, close),
      close,
    };
  }

  async *#makeBatches(routes: Iterable<FakeRoute>, family: Family, close: () => void): AsyncGenerator<RouteBatch> {
    let rows: FakeRoute[] = [];
    const flush = (): RouteBatch => {
      this.batchesRead++;
      const batch = packBatch(rows, family);
      rows = [];
      return batch;
    };
    for (const route of routes) {
      rows.push(route);
      if (rows.length === this.batchSize) yield flush();
    }
    if (rows.length > 0) yield flush();
    close();
  }

  async clear(neighbor: string | undefined, kind: ClearKind): Promise<readonly string[]> {
    this.cleared.push([neighbor, kind]);
    return this.#listNeighbors()
      .map((view) => view.address)
      .filter((address) => neighbor === undefined || address === neighbor);
  }

  async shutdown(neighbor: string, isShutdown: boolean, message: string | undefined): Promise<boolean> {
    this.shutdowns.push([neighbor, isShutdown, message]);
    return this.#listNeighbors().some((view) => view.address === neighbor);
  }

  async drain(neighbor: string | undefined, isDraining: boolean): Promise<boolean> {
    this.drains.push([neighbor, isDraining]);
    return neighbor === undefined || this.#listNeighbors().some((view) => view.address === neighbor);
  }

  async debug(neighbor: string, kinds: readonly DebugKind[]): Promise<boolean> {
    this.debugs.push([neighbor, kinds]);
    return this.#listNeighbors().some((view) => view.address === neighbor);
  }

  async updateGroups(): Promise<readonly UpdateGroupView[]> {
    return this.groupViews;
  }

  async memory(): Promise<readonly MemoryView[]> {
    return this.memoryViews;
  }

  decisions: PolicyDecisionView[] = [];

  async explain(query: ExplainQuery): Promise<readonly PolicyDecisionView[]> {
    return this.decisions.filter(({ prefix }) => prefix === query.prefix);
  }

  async begin(): Promise<void> {
    // Nothing restarts.
  }

  async sourcesSynchronised(): Promise<void> {
    // Nothing waits.
  }

  #listNeighbors(): NeighborView[] {
    return this.instanceViews.flatMap((instance) => [...instance.neighbors]);
  }

  async figures(): Promise<SpeakerFigures> {
    if (this.fault !== undefined) throw this.fault;
    return {
      eventLoopDelaySec: { p50: 0.001, p99: 0.002, max: 0.003 },
      heapUsedBytes: 10,
      arrayBufferBytes: 20,
      openViews: this.openViews,
    };
  }

  fibViews: InstanceFibView[] = [];
  fibRoutes: Record<string, FibRouteView> = {};

  async fibs(): Promise<readonly InstanceFibView[]> {
    return this.fibViews;
  }

  async fibRoute({ prefix }: ExplainQuery): Promise<FibRouteView | undefined> {
    return this.fibRoutes[prefix];
  }

  async configure(): Promise<ConfigureOutcome> {
    return {
      neighborsAdded: [],
      neighborsRemoved: [],
      neighborsUpdated: [],
      neighborsReset: [],
      networksAdded: 0,
      networksRemoved: 0,
      problems: [],
    };
  }

  onEvent(): void {
    // No events happen here.
  }

  async stop(): Promise<void> {
    // Nothing runs.
  }
}

function* filterRoutes(routes: Iterable<FakeRoute>, query: RouteQuery): Generator<FakeRoute> {
  if (query.prefix === undefined) {
    yield* routes;
    return;
  }
  const within = parsePrefix(query.prefix);
  const address = parseAddress(query.prefix);
  const all = [...routes].map((route) => ({ route, prefix: parsePrefix(route.prefix) }));
  let wanted = within;
  if (address !== undefined) {
    const holding = all.flatMap(({ prefix }) => (prefix?.containsAddress(address) === true ? [prefix] : []));
    wanted = holding.toSorted((a, b) => b.length - a.length)[0];
  }
  for (const { route, prefix } of all) {
    if (wanted === undefined || prefix === undefined) continue;
    if (query.isLongerPrefixes === true ? wanted.contains(prefix) : wanted.equals(prefix)) yield route;
  }
}

function packBatch(rows: readonly FakeRoute[], family: Family): RouteBatch {
  const words = new Int32Array(rows.length * family.words);
  const attributes = new Uint32Array(rows.length);
  const sets = new Map<PathAttributes, number>();
  const blocks: Uint8Array[] = [];
  rows.forEach((row, index) => {
    const slash = row.prefix.indexOf('/');
    const address = parseAddress(row.prefix.slice(0, slash)) ?? new Address(4, 0, 0, 0, 0);
    words.set([address.w0, address.w1, address.w2, address.w3].slice(0, family.words), index * family.words);
    const set = sets.get(row.attributes) ?? blocks.push(encodePathAttributes(row.attributes)) - 1;
    sets.set(row.attributes, set);
    attributes[index] = set;
  });
  let end = 0;
  return {
    count: rows.length,
    prefixWords: words,
    prefixLengths: Uint8Array.from(rows, (row) => Number(row.prefix.slice(row.prefix.indexOf('/') + 1))),
    peers: Uint16Array.from(rows, (row) => row.peer),
    attributes,
    flags: Uint16Array.from(rows, (row) => row.flags),
    weights: Uint16Array.from(rows, (row) => (row.peer === 0 ? 32_768 : 0)),
    pathIds: new Uint32Array(rows.length),
    reasons: Uint8Array.from(rows, (row) => row.reason),
    receivedWallSec: Uint32Array.from(rows, (row) => row.receivedWallSec),
    versions: Uint32Array.from(rows, (row) => row.version),
    setEnds: Uint32Array.from(blocks, (block) => (end += block.length)),
    setBytes: Buffer.concat(blocks),
  };
}
