// Random histories of events played into the real RIB and into the slow model (model.ts). After an event
// everything that can be seen must agree: best paths and reasons, counts, what each member was told by the
// UPDATE bytes that it was sent. In every other history work is cut into tiny slices with events in between.
// The long run is play-histories.ts.

import { parseAddress } from '#bgp/net/address.ts';
import { asn } from '#bgp/net/asn.ts';
import type { Policy } from '#bgp/policy/policy.ts';
import { DecisionReason, PathFlag } from '#bgp/rib/code-points.ts';
import { plainGroupOptions } from '#bgp/rib/group-options.ts';
import { NextHops } from '#bgp/rib/next-hops.ts';
import { RibPeers } from '#bgp/rib/peers.ts';
import { Rib } from '#bgp/rib/rib.ts';
import type { ViewTable } from '#bgp/rib/route-view.ts';
import { type UpdateGroupOptions, WorkState } from '#bgp/rib/types.ts';
import { routerId } from '#bgp/net/router-id.ts';
import { attributesOfRow } from '#bgp/views.ts';
import { AttributeSets } from '#bgp/wire/attribute-sets.ts';
import {
  decodePathAttributes,
  emptyAttributes,
  encodePathAttributes,
  Origin,
  SegmentType,
} from '#bgp/wire/attributes.ts';
import { randomFrom } from '#support/seed.ts';
import { acceptAll, addressOf, type Face, faces, makePolicies, prefixOf, textOf } from './faces.ts';
import { Receiver } from './receiver.ts';
import { address } from './update-text.ts';
import { listText, rowText, same } from './compare.ts';
import { Model, type ModelPeer } from './model.ts';
import { describe, type ModelAttributes, type ModelPolicy, noAttributes } from './model-route.ts';

const LOCAL_ASN = 65_000;
const CLUSTER_ID = 99;
const NOW_SEC = 1_700_000_000;
/** What these histories leave to those of whole speakers (../whole). */
const plainPeer = { asn: 0, isRouteServerClient: false, role: undefined } as const;
const STALLED_BYTES = 64 << 20;

export class History {
  readonly log: string[] = [];
  private readonly random: () => number;
  private readonly face: Face;
  private readonly isSliced: boolean;
  private readonly model = new Model({ localAsn: LOCAL_ASN, clusterId: CLUSTER_ID, confederation: undefined });
  private readonly attributes = new AttributeSets();
  private readonly ribPeers = new RibPeers();
  private readonly nextHops: NextHops;
  private readonly rib: Rib;
  private readonly receivers = new Map<ModelPeer, Receiver>();
  private readonly options = new Map<ModelPeer, UpdateGroupOptions>();
  private readonly policies: { real: Policy; model: ModelPolicy }[];

  constructor(seed: number) {
    this.random = randomFrom(seed);
    this.face = faces[this.below(faces.length)];
    this.isSliced = this.chance(0.5);
    const { version } = this.face;
    this.nextHops = new NextHops(this.attributes, {
      resolve: ({ version: family, w0, w1, w2, w3 }) => {
        const bytes = new Uint8Array(
          [w0, w1, w2, w3].flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]),
        );
        const text = address(bytes, 0, family === 4 ? 4 : 16);
        return {
          isReachable: !this.model.unreachable.has(text),
          metric: this.model.metrics.get(text) ?? 0,
          interfaceName: undefined,
        };
      },
    });
    this.rib = new Rib(this.face.family, {
      attributes: this.attributes,
      peers: this.ribPeers,
      nextHops: this.nextHops,
      hashSeed: seed,
    });
    this.policies = makePolicies(this.face);
    this.model.peers.push({
      ...plainPeer,
      number: 0,
      kind: 'local',
      isClient: false,
      routerId: 0,
      address: -1,
      importPolicy: acceptAll,
      session: undefined,
    });
    const count = 2 + this.below(5);
    for (let index = 0; index < count; index++) {
      const isIbgp = this.chance(0.5);
      const isClient = isIbgp && this.chance(0.5);
      // Peers are numbered in another order than that of their addresses; router ids repeat.
      const host = (index * 7 + 3) % 11;
      const id = 1 + this.below(3);
      const text = version === 4 ? `10.9.2.${host}` : `2001:db8:9:2:0:0:0:${host}`;
      const parsed = parseAddress(text);
      if (parsed === undefined) throw new Error(text);
      const number = this.ribPeers.add({
        address: parsed,
        kind: isIbgp ? 'ibgp' : 'ebgp',
        asn: isIbgp ? LOCAL_ASN : 64_500 + index,
        routerId: id,
        isReflectorClient: isClient,
      });
      const policy = this.policies[this.below(this.policies.length)];
      this.model.peers.push({
        ...plainPeer,
        number,
        kind: isIbgp ? 'ibgp' : 'ebgp',
        isClient,
        routerId: id,
        address: host,
        importPolicy: policy.model,
        session: undefined,
      });
      this.rib.setImportPolicy(number, policy.real);
    }
  }

  /** Plays events; throws with the log when something does not agree. */
  play(events: number): void {
    try {
      for (let event = 0; event < events; event++) {
        const isNews = this.step();
        if (this.isSliced && event < events - 1) {
          for (let slice = this.below(4); slice > 0; slice--) this.rib.work(1 + this.below(3));
          if (this.chance(0.7)) continue;
        }
        const isStrict = isNews && !this.isSliced;
        for (const receiver of this.receivers.values()) receiver.isStrict = isStrict;
        this.settle();
        this.compare();
      }
      this.end();
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${this.log.slice(-30).join('\n')}`, {
        cause: error,
      });
    }
  }

  /** One event; true when it may cause no message that repeats what the receiver has. */
  private step(): boolean {
    const sessions = this.model.peers.filter((peer) => peer.session !== undefined);
    const down = this.model.peers.filter((peer) => peer.session === undefined && peer.number !== 0);
    const roll = this.random();
    if (roll < 0.04 || sessions.length === 0) {
      if (down.length === 0) return true;
      this.up(this.pick(down));
      return false;
    }
    const peer = this.pick(sessions);
    if (roll < 0.055) {
      this.down(peer);
      if (this.chance(0.5)) return true;
      // The session comes back while the routes of the last one are still being removed.
      this.up(peer);
      for (let count = this.below(4); count > 0; count--) this.announce(peer);
      return false;
    }
    if (roll < 0.075) this.changeImport(peer);
    else if (roll < 0.1) this.changeExport(peer);
    else if (roll < 0.12) this.changeNextHops();
    else if (roll < 0.135) {
      this.log.push(`refresh ${peer.number}`);
      this.rib.groups.refresh(peer.number);
      return false;
    } else if (roll < 0.16) {
      this.stall(peer);
      return false;
    } else if (roll < 0.2) this.originate();
    else if (roll < 0.45) this.withdraw(peer);
    else this.announce(peer);
    return true;
  }

  private announce(peer: ModelPeer): void {
    const prefix = this.pick(this.face.prefixes);
    const attributes = this.makeAttributes(peer);
    const isLoop = this.chance(0.05);
    this.log.push(`announce ${peer.number} ${prefix} ${describe(attributes)}${isLoop ? ' loop' : ''}`);
    this.model.announce(peer, prefix, attributes, isLoop);
    this.announceReal(peer.number, prefix, attributes, isLoop);
  }

  private announceReal(peer: number, prefix: string, attributes: ModelAttributes, isLoop: boolean): void {
    const bytes = encodePathAttributes({
      ...emptyAttributes,
      origin: [Origin.Igp, Origin.Egp, Origin.Incomplete][attributes.origin],
      asPath: attributes.asPath.length === 0 ? [] : [{ type: SegmentType.Sequence, asns: attributes.asPath.map(asn) }],
      nextHop: attributes.nextHop === undefined ? undefined : parseAddress(attributes.nextHop),
      med: attributes.med,
      localPref: attributes.localPref,
      communities: attributes.communities,
      originatorId: attributes.originatorId === undefined ? undefined : routerId(attributes.originatorId),
      clusterList: attributes.clusterList.map(routerId),
    });
    const id = this.attributes.intern(bytes, 0, bytes.length);
    const { w0, w1, w2, w3, length } = prefixOf(prefix);
    this.rib.announce(peer, 0, w0, w1, w2, w3, length, id, isLoop ? PathFlag.AsLoop : 0, NOW_SEC);
    this.attributes.release(id);
  }

  private withdraw(peer: ModelPeer): void {
    const prefix = this.pick(this.face.prefixes);
    this.log.push(`withdraw ${peer.number} ${prefix}`);
    const { w0, w1, w2, w3, length } = prefixOf(prefix);
    const was = this.model.withdraw(peer, prefix);
    const isReal = this.rib.withdraw(peer.number, 0, w0, w1, w2, w3, length);
    // A route of an earlier session may still be there: the peer's routes are swept in slices.
    if (was && !isReal) throw new Error(`withdraw of ${prefix} found nothing`);
  }

  private originate(): void {
    const local = this.model.peers[0];
    const prefix = this.pick(this.face.prefixes);
    if (this.chance(0.5)) {
      const attributes: ModelAttributes = {
        ...this.makeAttributes(local),
        nextHop: undefined,
        asPath: [],
        localPref: undefined,
      };
      this.log.push(`originate ${prefix}`);
      this.model.announce(local, prefix, attributes, false);
      this.announceReal(0, prefix, attributes, false);
    } else {
      this.log.push(`stop originating ${prefix}`);
      const { w0, w1, w2, w3, length } = prefixOf(prefix);
      this.model.withdraw(local, prefix);
      this.rib.withdraw(0, 0, w0, w1, w2, w3, length);
    }
  }

  private up(peer: ModelPeer): void {
    const addPathLimit = this.chance(0.3) ? this.below(4) : undefined;
    const receiver = new Receiver(peer.number, this.chance(0.7), addPathLimit !== undefined);
    if (this.chance(0.3)) {
      peer.routerId = 1 + this.below(3);
      this.ribPeers.update(peer.number, { routerId: peer.routerId });
    }
    const policy = this.pick(this.policies);
    const nextHop = this.pick(this.face.ownNextHops);
    const options: UpdateGroupOptions = {
      ...plainGroupOptions,
      kind: isIbgp(peer) ? 'ibgp' : 'ebgp',
      localAsn: LOCAL_ASN,
      shownAsn: LOCAL_ASN,
      prepend: isIbgp(peer) ? [] : [LOCAL_ASN],
      nextHop: addressOf(nextHop),
      nextHopMode: isIbgp(peer) && this.chance(0.3) ? 'self' : 'default',
      isFourOctetAs: receiver.hasFourOctetAsn,
      isReflectorClient: peer.isClient,
      clusterId: CLUSTER_ID,
      addPathLimit,
      exportPolicy: policy.real,
    };
    const isNextHopSelf = options.nextHopMode === 'self';
    peer.session = { exportPolicy: policy.model, nextHop, isNextHopSelf, addPathLimit, isLongLivedAware: false };
    const kind = peer.isClient ? 'client' : isIbgp(peer) ? 'ibgp' : 'ebgp';
    this.log.push(
      `up ${peer.number} ${kind} ${nextHop} policy ${this.policies.indexOf(policy)} paths ${addPathLimit}` +
        ` router id ${peer.routerId}${isNextHopSelf ? ' self' : ''}`,
    );
    this.receivers.set(peer, receiver);
    this.options.set(peer, options);
    this.rib.groups.join(receiver, options);
  }

  private down(peer: ModelPeer): void {
    this.log.push(`down ${peer.number}`);
    peer.session = undefined;
    this.model.removePeer(peer);
    this.receivers.delete(peer);
    this.rib.groups.leave(peer.number);
    this.rib.removePeer(peer.number);
  }

  private changeImport(peer: ModelPeer): void {
    const policy = this.pick(this.policies);
    this.log.push(`import ${peer.number} policy ${this.policies.indexOf(policy)}`);
    peer.importPolicy = policy.model;
    this.rib.setImportPolicy(peer.number, policy.real);
  }

  private changeExport(peer: ModelPeer): void {
    const before = this.options.get(peer);
    if (before === undefined || peer.session === undefined) return;
    const policy = this.pick(this.policies);
    const nextHop = this.chance(0.3) ? this.pick(this.face.ownNextHops) : peer.session.nextHop;
    this.log.push(`export ${peer.number} policy ${this.policies.indexOf(policy)} next hop ${nextHop}`);
    const addPathLimit = before.addPathLimit === undefined ? undefined : this.below(4);
    const options = { ...before, exportPolicy: policy.real, nextHop: addressOf(nextHop), addPathLimit };
    peer.session = { ...peer.session, exportPolicy: policy.model, nextHop, addPathLimit };
    this.options.set(peer, options);
    this.rib.groups.change(peer.number, options);
  }

  private changeNextHops(): void {
    const nextHop = this.pick(this.face.nextHops);
    if (this.chance(0.5)) {
      if (!this.model.unreachable.delete(nextHop)) this.model.unreachable.add(nextHop);
    } else this.model.metrics.set(nextHop, this.below(3) * 10);
    this.log.push(
      `next hop ${nextHop} ${this.model.unreachable.has(nextHop) ? 'unreachable' : this.model.metrics.get(nextHop)}`,
    );
    if (this.nextHops.refresh()) this.rib.nextHopsChanged();
  }

  private stall(peer: ModelPeer): void {
    const receiver = this.receivers.get(peer);
    if (receiver === undefined) return;
    receiver.queued = receiver.queued === 0 ? STALLED_BYTES : 0;
    this.log.push(`${receiver.queued === 0 ? 'drained' : 'stalled'} ${peer.number}`);
  }

  private settle(): void {
    const budget = this.isSliced ? 1 + this.below(5) : 4096;
    for (let slices = 0; slices < 100_000; slices++) {
      if (this.rib.work(budget) !== WorkState.More) return;
    }
    throw new Error('work does not come to an end');
  }

  private compare(): void {
    this.compareLocRib();
    for (const peer of this.model.peers) {
      same(
        `received of ${peer.number}`,
        String(this.rib.received(peer.number)),
        String(this.model.received(peer).length),
      );
      same(
        `accepted of ${peer.number}`,
        String(this.rib.accepted(peer.number)),
        String(this.model.accepted(peer).length),
      );
      const receiver = this.receivers.get(peer);
      if (receiver === undefined) continue;
      if (receiver.fault !== '') throw new Error(`peer ${peer.number}: ${receiver.fault}`);
      if (receiver.queued > 0) continue;
      const expected = this.model.advertised(peer);
      same(`routes of ${peer.number}`, listText(receiver.byPrefix()), listText(expected));
      const count = [...expected.values()].reduce((sum, texts) => sum + texts.length, 0);
      same(`sent to ${peer.number}`, String(this.rib.groups.sent(peer.number)), String(count));
      if (receiver.endsOfRib === 0 || receiver.endsOfRib !== receiver.endsOfRibTold) {
        throw new Error(`peer ${peer.number}: ${receiver.endsOfRib} End-of-RIB sent, ${receiver.endsOfRibTold} told`);
      }
    }
    const peer = this.pick(this.model.peers);
    same('received view', this.viewPrefixes('received', peer), this.model.received(peer).toSorted().join(' '));
    same('accepted view', this.viewPrefixes('accepted', peer), this.model.accepted(peer).toSorted().join(' '));
    const receiver = this.receivers.get(peer);
    if (receiver?.queued === 0) {
      same('advertised view', this.viewPrefixes('advertised', peer), prefixesOf(receiver));
    }
  }

  private compareLocRib(): void {
    const real = new Map<string, string[]>();
    const view = this.rib.openView({
      table: 'loc-rib',
      peer: 0,
      prefix: undefined,
      isLongerPrefixes: false,
      address: undefined,
    });
    let count = 0;
    while (!view.isDone) {
      const batch = view.next();
      if (batch === undefined) continue;
      count += batch.count;
      for (let row = 0; row < batch.count; row++) {
        const words = batch.prefixWords.subarray(row * this.face.family.words, (row + 1) * this.face.family.words);
        const prefix = textOf(this.face, words, batch.prefixLengths[row]);
        const { localPref, communities } = decodePathAttributes(attributesOfRow(batch, row));
        const isBest = (batch.flags[row] & PathFlag.Best) !== 0;
        const rows = real.get(prefix) ?? [];
        rows.push(rowText(batch.peers[row], isBest, reasonNames[batch.reasons[row]], localPref, communities));
        real.set(prefix, rows);
      }
    }
    const { acceptedPrefixCount, acceptedPathCount } = this.rib;
    same('prefixes and paths', `${acceptedPrefixCount} ${acceptedPathCount}`, `${real.size} ${count}`);
    for (const prefix of this.face.prefixes) {
      const expected = this.model
        .locRib(prefix)
        .map(({ path, isBest, reason, attributes }) =>
          rowText(path.peer.number, isBest, reason, attributes.localPref, attributes.communities),
        );
      same(`paths of ${prefix}`, (real.get(prefix) ?? []).toSorted().join('\n'), expected.toSorted().join('\n'));
    }
  }

  private viewPrefixes(table: ViewTable, peer: ModelPeer): string {
    const view = this.rib.openView({
      table,
      peer: peer.number,
      prefix: undefined,
      isLongerPrefixes: false,
      address: undefined,
    });
    const found: string[] = [];
    while (!view.isDone) {
      const batch = view.next(2);
      if (batch === undefined) continue;
      for (let row = 0; row < batch.count; row++) {
        const words = batch.prefixWords.subarray(row * this.face.family.words, (row + 1) * this.face.family.words);
        found.push(textOf(this.face, words, batch.prefixLengths[row]));
      }
    }
    return found.toSorted().join(' ');
  }

  /** At the end everything goes, and nothing may be left behind. */
  private end(): void {
    for (const receiver of this.receivers.values()) {
      receiver.queued = 0;
      receiver.isStrict = false;
    }
    this.settle();
    this.compare();
    for (const peer of this.model.peers) {
      if (peer.session !== undefined) this.down(peer);
      for (const prefix of this.face.prefixes) {
        const { w0, w1, w2, w3, length } = prefixOf(prefix);
        if (peer.number === 0) this.rib.withdraw(0, 0, w0, w1, w2, w3, length);
      }
    }
    this.settle();
    same('what is left', `${this.rib.prefixCount} ${this.rib.pathCount} ${this.attributes.size}`, '0 0 0');
    same('what counts', `${this.rib.acceptedPrefixCount} ${this.rib.acceptedPathCount}`, '0 0');
  }

  private makeAttributes(peer: ModelPeer): ModelAttributes {
    const communities = [NaN, 100, 200, 0xffffff01, 0xffffff02, 0xffffff03];
    const community = this.chance(0.4) ? communities[1 + this.below(5)] : undefined;
    const hops = isIbgp(peer) ? this.below(3) : 1 + this.below(2);
    return {
      ...noAttributes,
      origin: this.chance(0.7) ? 0 : this.below(3),
      asPath: Array.from({ length: hops }, () => 64_500 + this.below(3)),
      nextHop: this.pick(this.face.nextHops),
      med: this.chance(0.5) ? this.below(3) * 5 : undefined,
      localPref: isIbgp(peer) && this.chance(0.3) ? 90 + this.below(3) * 10 : undefined,
      communities: community === undefined ? [] : [community],
      originatorId: isIbgp(peer) && this.chance(0.3) ? 1 + this.below(3) : undefined,
      clusterList:
        isIbgp(peer) && this.chance(0.3) ? Array.from({ length: 1 + this.below(2) }, (_, index) => 7 + index) : [],
    };
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  private chance(share: number): boolean {
    return this.random() < share;
  }

  private pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }
}

function isIbgp({ kind }: ModelPeer): boolean {
  return kind === 'ibgp';
}

function prefixesOf(receiver: Receiver): string {
  return [...receiver.routes.keys()]
    .map((key) => key.replace(/#.*/, ''))
    .toSorted()
    .join(' ');
}

const reasonNames = Object.fromEntries(Object.entries(DecisionReason).map(([name, code]) => [code, name]));

export function playHistories(seed: number, histories: number, events: number): void {
  for (let index = 0; index < histories; index++) {
    try {
      new History(seed + index).play(events);
    } catch (error) {
      throw new Error(`history with seed ${seed + index}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
}
