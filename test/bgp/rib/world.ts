// A RIB with peers and members for tests: attributes by plain values, members that remember what they were
// sent. No socket, no clock.

import { Address, parseAddress } from '#bgp/net/address.ts';
import { asn } from '#bgp/net/asn.ts';
import { type Family, ipv4Unicast } from '#bgp/net/family.ts';
import type { PeerKind } from '#bgp/net/peer-kind.ts';
import { parsePrefix, Prefix } from '#bgp/net/prefix.ts';
import { policyOf } from '#bgp/policy/policy.ts';
import type { NextHopResolver } from '#bgp/ports.ts';
import { plainGroupOptions } from '#bgp/rib/group-options.ts';
import { PathFlag } from '#bgp/rib/code-points.ts';
import { NextHops } from '#bgp/rib/next-hops.ts';
import { RibPeers } from '#bgp/rib/peers.ts';
import { Rib, type RibDeps } from '#bgp/rib/rib.ts';
import { type GroupMember, type PeerIndex, type UpdateGroupOptions, WorkState } from '#bgp/rib/types.ts';
import { type AttrSetId, AttributeSets } from '#bgp/wire/attribute-sets.ts';
import { emptyAttributes, encodePathAttributes, type PathAttributes, SegmentType } from '#bgp/wire/attributes.ts';
import type { ModelAttributes } from './model-route.ts';
import { readUpdate, splitMessages, type UpdateText } from './update-text.ts';

export const LOCAL_ASN = 65_000;
export const acceptAll = policyOf('accept', 'ebgp', new Map());
export const rejectAll = policyOf('reject', 'ebgp', new Map());

export const ebgpOptions: UpdateGroupOptions = {
  ...plainGroupOptions,
  localAsn: LOCAL_ASN,
  shownAsn: LOCAL_ASN,
  prepend: [LOCAL_ASN],
  nextHop: new Address(4, 0x0a0000fe, 0, 0, 0),
  exportPolicy: acceptAll,
};
export const ibgpOptions: UpdateGroupOptions = { ...ebgpOptions, kind: 'ibgp', prepend: [] };

export function prefixOf(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new RangeError(text);
  return prefix;
}

export interface Route extends Partial<Omit<PathAttributes, 'asPath' | 'nextHop'>> {
  /** One AS_SEQUENCE. */
  readonly asPath?: readonly number[];
  /** Any segments, in the place of `asPath`. */
  readonly segments?: PathAttributes['asPath'];
  readonly nextHop?: string;
  /** RFC 7911, or where a route of peer 0 began. */
  readonly pathId?: number;
}

export class RecordingMember implements GroupMember {
  readonly peer: PeerIndex;
  /** What the peer believes: text of the attributes by prefix. */
  readonly routes = new Map<string, string>();
  readonly chunks: Uint8Array[] = [];
  queued = 0;
  updates = 0;
  announcements = 0;
  withdrawals = 0;
  endsOfRib = 0;
  /** Marks of refreshes with the announcements seen before them. */
  readonly marks: string[] = [];
  onEndOfRib: () => void = () => undefined;

  /** What came with each route of `routes`, also what its text does not tell. */
  readonly details = new Map<string, UpdateText>();
  private readonly options: UpdateGroupOptions;
  private hasMarks = false;

  constructor(peer: PeerIndex, options: UpdateGroupOptions) {
    this.peer = peer;
    this.options = options;
  }

  /** The update that announced a prefix and the attributes as values. */
  route(prefix: string): (UpdateText & { readonly values: ModelAttributes }) | undefined {
    const update = this.details.get(prefix);
    return update === undefined ? undefined : { ...update, values: JSON.parse(update.attributes) };
  }

  send(bytes: Uint8Array, updates: number): void {
    this.chunks.push(bytes);
    this.updates += updates;
    for (const message of splitMessages(bytes, this.options.maxMessageLength)) {
      const update = readUpdate(message, this.options.isFourOctetAs, this.options.addPathLimit !== undefined);
      for (const prefix of update.withdrawn) this.routes.delete(prefix);
      for (const prefix of update.withdrawn) this.details.delete(prefix);
      for (const prefix of update.announced) this.routes.set(prefix, update.attributes);
      for (const prefix of update.announced) this.details.set(prefix, update);
      this.announcements += update.announced.length;
      this.withdrawals += update.withdrawn.length;
    }
  }

  queuedBytes(): number {
    return this.queued;
  }

  endOfRibSent(): void {
    this.endsOfRib++;
    this.onEndOfRib();
  }

  refreshBegins(hasMarks: boolean): void {
    this.hasMarks = hasMarks;
    if (hasMarks) this.marks.push(`begin ${this.announcements}`);
  }

  refreshEnded(): void {
    if (this.hasMarks) this.marks.push(`end ${this.announcements}`);
  }
}

export interface WorldDeps extends Pick<RibDeps, 'fib' | 'routeRejected'> {
  readonly resolve?: NextHopResolver['resolve'];
}

export interface SeenPath {
  readonly peer: number;
  readonly flags: number;
  readonly reason: number;
  readonly pathId: number;
  readonly weight: number;
}

export interface AddedPeer {
  readonly kind?: PeerKind;
  readonly isIbgp?: boolean;
  readonly asn?: number;
  readonly routerId?: number;
  readonly address?: string;
  readonly isReflectorClient?: boolean;
  readonly isRouteServerClient?: boolean;
}

export class World {
  readonly attributes = new AttributeSets();
  readonly peers = new RibPeers();
  readonly nextHops: NextHops;
  readonly rib: Rib;
  readonly metrics = new Map<string, number>();
  readonly unreachable = new Set<string>();
  /** Interface by next hop. */
  readonly links = new Map<string, string>();
  /** Prefix and peers of each route that no message could carry. */
  readonly notSent: (string | PeerIndex)[][] = [];
  private hosts = 0;

  constructor(family: Family = ipv4Unicast, viewBytes?: number, deps: WorldDeps = {}) {
    const { resolve, ...ribDeps } = deps;
    this.nextHops = new NextHops(this.attributes, {
      resolve:
        resolve ??
        ((address) => ({
          isReachable: !this.unreachable.has(address.toString()),
          metric: this.metrics.get(address.toString()) ?? 0,
          interfaceName: this.links.get(address.toString()),
        })),
    });
    const limits = viewBytes === undefined ? {} : { viewBytes };
    this.rib = new Rib(family, {
      attributes: this.attributes,
      peers: this.peers,
      nextHops: this.nextHops,
      notSent: {
        isListening: () => true,
        notSent: (_, peers, prefix) => void this.notSent.push([prefix.toString(), ...peers]),
      },
      ...limits,
      ...ribDeps,
    });
  }

  addPeer(options: AddedPeer = {}): PeerIndex {
    this.hosts++;
    const address = parseAddress(options.address ?? `10.0.0.${this.hosts}`);
    if (address === undefined) throw new RangeError(options.address);
    const kind = options.kind ?? (options.isIbgp === true ? 'ibgp' : 'ebgp');
    const peer = this.peers.add({
      address,
      kind,
      asn: options.asn ?? (kind === 'ibgp' ? LOCAL_ASN : 64_500),
      routerId: options.routerId ?? this.hosts,
      isReflectorClient: options.isReflectorClient ?? false,
      isRouteServerClient: options.isRouteServerClient ?? false,
    });
    this.rib.setImportPolicy(peer, acceptAll);
    return peer;
  }

  join(peer: PeerIndex, options: UpdateGroupOptions = ebgpOptions): RecordingMember {
    const member = new RecordingMember(peer, options);
    this.rib.groups.join(member, options);
    return member;
  }

  intern(route: Route): AttrSetId {
    const asns = (route.asPath ?? [64_500]).map(asn);
    const bytes = encodePathAttributes({
      ...emptyAttributes,
      ...route,
      asPath: route.segments ?? (asns.length === 0 ? [] : [{ type: SegmentType.Sequence, asns }]),
      nextHop: route.nextHop === 'none' ? undefined : parseAddress(route.nextHop ?? '10.0.0.1'),
    });
    return this.attributes.intern(bytes, 0, bytes.length);
  }

  /** False when the peer's limit refused it. */
  announce(peer: PeerIndex, text: string, route: Route = {}, isAsLoop = false): boolean {
    const { w0, w1, w2, w3, length } = prefixOf(text);
    const attr = this.intern(route);
    const flags = isAsLoop ? PathFlag.AsLoop : 0;
    const pathId = route.pathId ?? 0;
    const isTaken = this.rib.announce(peer, pathId, w0, w1, w2, w3, length, attr, flags, 1_700_000_000);
    this.attributes.release(attr);
    return isTaken;
  }

  withdraw(peer: PeerIndex, text: string, pathId = 0): boolean {
    const { w0, w1, w2, w3, length } = prefixOf(text);
    return this.rib.withdraw(peer, pathId, w0, w1, w2, w3, length);
  }

  settle(budget?: number): WorkState {
    for (let slices = 0; slices < 1_000_000; slices++) {
      const state = this.rib.work(budget);
      if (state !== WorkState.More) return state;
    }
    throw new RangeError('work does not come to an end');
  }

  /** The paths of a prefix in the Loc-RIB, best first. */
  paths(text: string): SeenPath[] {
    const view = this.rib.openView({
      table: 'loc-rib',
      peer: 0,
      prefix: prefixOf(text),
      isLongerPrefixes: false,
      address: undefined,
    });
    const found: SeenPath[] = [];
    while (!view.isDone) {
      const batch = view.next();
      for (let row = 0; batch !== undefined && row < batch.count; row++) {
        const { peers, flags, reasons, pathIds, weights } = batch;
        found.push({
          peer: peers[row],
          flags: flags[row],
          reason: reasons[row],
          pathId: pathIds[row],
          weight: weights[row],
        });
      }
    }
    return found;
  }
}
