// hot: an Adj-RIB-Out with several routes a prefix, told apart by path identifiers (RFC 7911): entries in columns, a linked list a
// prefix. The identifier is the number of the path in the RIB, so that it stays while the path lives; a number that is used again for
// another path of the same prefix replaces what its last owner announced.

import { growUint16, growUint32, nextCapacity } from '../net/columns.ts';
import { attrSetId } from '../wire/attribute-sets.ts';
import { AdjRibOut, type RibOutOwner } from './adj-rib-out.ts';
import { PathFlag } from './code-points.ts';
import type { RibCore } from './core.ts';
import { EVERYONE, everyoneBut, only } from './packer.ts';
import type { RouteRows } from './route-rows.ts';
import type { PeerIndex } from './types.ts';

/** The identifier of the default route that exists for the peer alone; paths have smaller numbers. */
const DEFAULT_ROUTE_ID = 0xffff_ffff;

export class PathRibOut extends AdjRibOut {
  private firsts: Uint32Array;
  // By entry; 0 is none.
  private outAttributes: Uint32Array;
  private pathIds: Uint32Array;
  private nexts: Uint32Array;
  private outPeers: Uint16Array;
  private entryLimit: number;
  private freeHead: number;
  private readonly source: PathRibOut | undefined;
  // scratch: what is to be advertised of one prefix
  private wantedIds: Uint32Array;
  private wantedAttributes: Uint32Array;
  private wantedPeers: Uint16Array;
  private wantedCount: number;
  /** scratch: by path, its place among what is wanted plus one. */
  private places: Uint32Array;

  constructor(core: RibCore, source?: PathRibOut) {
    super(core);
    this.firsts = new Uint32Array(source?.firsts.length ?? 1024);
    this.outAttributes = new Uint32Array(256);
    this.pathIds = new Uint32Array(256);
    this.nexts = new Uint32Array(256);
    this.outPeers = new Uint16Array(256);
    this.entryLimit = 1;
    this.freeHead = 0;
    this.source = source;
    this.wantedIds = new Uint32Array(16);
    this.wantedAttributes = new Uint32Array(16);
    this.wantedPeers = new Uint16Array(16);
    this.wantedCount = 0;
    this.places = new Uint32Array(0);
  }

  get bytes(): number {
    return this.firsts.byteLength + this.outAttributes.byteLength * 3 + this.outPeers.byteLength;
  }

  get limit(): number {
    return this.firsts.length;
  }

  update(slot: number, owner: RibOutOwner): void {
    if (slot >= this.firsts.length) {
      this.firsts = growUint32(this.firsts, nextCapacity(this.firsts.length, slot + 1));
    }
    this.inherit(slot);
    this.collect(slot, owner);
    let hasChanged = false;
    for (let entry = this.firsts[slot]; entry !== 0;) {
      const next = this.nexts[entry];
      const pathId = this.pathIds[entry];
      const place =
        pathId === DEFAULT_ROUTE_ID ? this.wantedCount : pathId < this.places.length ? this.places[pathId] : 0;
      const isWanted = place !== 0 && this.wantedIds[place - 1] === pathId;
      if (!isWanted || !this.isSame(entry, place - 1)) {
        if (!hasChanged) this.beforeChange(slot, owner);
        hasChanged = true;
        if (isWanted) this.replace(slot, entry, place - 1, owner);
        else this.remove(slot, entry, owner);
      } else if (owner.isResending) this.tell(slot, entry, owner);
      if (isWanted) this.takeOut(place - 1);
      entry = next;
    }
    for (let index = 0; index < this.wantedCount; index++) {
      const pathId = this.wantedIds[index];
      if (pathId === 0) continue;
      if (!hasChanged) this.beforeChange(slot, owner);
      hasChanged = true;
      this.append(slot, index, owner);
      if (pathId < this.places.length) this.places[pathId] = 0;
    }
  }

  dump(slot: number, owner: RibOutOwner): void {
    if (!this.has(slot)) return;
    for (let entry = this.firsts[slot]; entry !== 0; entry = this.nexts[entry]) this.tell(slot, entry, owner);
  }

  read(slot: number, member: PeerIndex, rows: RouteRows): void {
    if (!this.has(slot)) return;
    const { paths, peers } = this.core;
    for (let entry = this.firsts[slot]; entry !== 0; entry = this.nexts[entry]) {
      const peer = this.outPeers[entry];
      if (peer === member && peer !== 0) continue;
      const pathId = this.pathIds[entry];
      const isPath = pathId < paths.pathLimit && paths.prefixOf[pathId] === slot;
      const origin = peer === 0 ? PathFlag.Local : peers.isIbgp[peer] === 1 ? PathFlag.Internal : 0;
      const best = paths.best[slot] === pathId || !isPath ? PathFlag.Best : 0;
      const receivedSec = isPath ? paths.receivedSec[pathId] : 0;
      rows.add(peer, this.outAttributes[entry], PathFlag.Valid | origin | best, 0, receivedSec);
    }
  }

  protected makeHeir(): PathRibOut {
    return new PathRibOut(this.core, this);
  }

  protected hasOwn(slot: number): boolean {
    return slot < this.firsts.length && this.firsts[slot] !== 0;
  }

  protected copySlot(slot: number): void {
    const { source } = this;
    if (source === undefined) return;
    for (let from = source.firsts[slot]; from !== 0; from = source.nexts[from]) {
      const attr = source.outAttributes[from];
      this.core.attributes.retain(attrSetId(attr));
      this.link(slot, source.pathIds[from], attr, source.outPeers[from]);
    }
  }

  protected dropSlot(slot: number): void {
    for (let entry = this.firsts[slot]; entry !== 0; entry = this.nexts[entry]) {
      this.core.reclaimer.release(this.outAttributes[entry]);
    }
    this.firsts[slot] = 0;
  }

  /** What the members are to have of a prefix, with a reference to each set. */
  private collect(slot: number, owner: RibOutOwner): void {
    const { paths, ranking } = this.core;
    const { exporter } = owner;
    this.wantedCount = 0;
    if (exporter.isDefaultRoute(slot)) {
      const attr = exporter.exportDefaultRoute();
      if (attr !== 0) this.want(DEFAULT_ROUTE_ID, attr, 0);
      return;
    }
    if (this.places.length < paths.pathLimit) {
      this.places = new Uint32Array(nextCapacity(this.places.length, paths.pathLimit));
    }
    const count = ranking.rank(slot, owner.options.addPathLimit ?? 0);
    for (let index = 0; index < count; index++) {
      const path = ranking.ranked[index];
      const attr = exporter.export(path, slot);
      if (attr !== 0) this.want(path, attr, paths.peers[path]);
      else if (exporter.takeTooLarge()) owner.tellNotSent(slot, paths.peers[path]);
    }
  }

  private want(pathId: number, attr: number, peer: PeerIndex): void {
    const index = this.wantedCount++;
    if (index >= this.wantedIds.length) {
      this.wantedIds = growUint32(this.wantedIds, index * 2);
      this.wantedAttributes = growUint32(this.wantedAttributes, index * 2);
      this.wantedPeers = growUint16(this.wantedPeers, index * 2);
    }
    this.core.attributes.retain(attrSetId(attr));
    this.wantedIds[index] = pathId;
    this.wantedAttributes[index] = attr;
    this.wantedPeers[index] = peer;
    if (pathId !== DEFAULT_ROUTE_ID) this.places[pathId] = index + 1;
  }

  /** It is there already: nothing is left to be done about it. */
  private takeOut(index: number): void {
    const pathId = this.wantedIds[index];
    this.core.attributes.release(attrSetId(this.wantedAttributes[index]));
    this.wantedIds[index] = 0;
    if (pathId < this.places.length) this.places[pathId] = 0;
  }

  private isSame(entry: number, index: number): boolean {
    return (
      this.outAttributes[entry] === this.wantedAttributes[index] && this.outPeers[entry] === this.wantedPeers[index]
    );
  }

  private tell(slot: number, entry: number, owner: RibOutOwner): void {
    const peer = this.outPeers[entry];
    const target = owner.has(peer) ? everyoneBut(peer) : EVERYONE;
    this.core.packer.announce(slot, this.outAttributes[entry], target, this.pathIds[entry]);
  }

  private beforeChange(slot: number, owner: RibOutOwner): void {
    owner.beforeOutChange(slot);
    this.bequeath(slot);
  }

  private replace(slot: number, entry: number, index: number, owner: RibOutOwner): void {
    const { attributes, packer, reclaimer } = this.core;
    const pathId = this.pathIds[entry];
    const oldAttr = this.outAttributes[entry];
    const oldPeer = this.outPeers[entry];
    const newAttr = this.wantedAttributes[index];
    const newPeer = this.wantedPeers[index];
    attributes.retain(attrSetId(newAttr));
    this.outAttributes[entry] = newAttr;
    this.outPeers[entry] = newPeer;
    this.countRoute(oldPeer, -1);
    this.countRoute(newPeer, 1);
    const isNewMember = owner.has(newPeer);
    const isForAll = newAttr !== oldAttr || owner.isResending;
    if (isForAll) packer.announce(slot, newAttr, isNewMember ? everyoneBut(newPeer) : EVERYONE, pathId);
    else if (owner.has(oldPeer)) packer.announce(slot, newAttr, only(oldPeer), pathId);
    if (isNewMember && oldPeer !== newPeer) packer.withdraw(slot, only(newPeer), pathId);
    reclaimer.release(oldAttr);
  }

  private remove(slot: number, entry: number, owner: RibOutOwner): void {
    const { packer, reclaimer } = this.core;
    const peer = this.outPeers[entry];
    packer.withdraw(slot, owner.has(peer) ? everyoneBut(peer) : EVERYONE, this.pathIds[entry]);
    this.countRoute(peer, -1);
    reclaimer.release(this.outAttributes[entry]);
    this.unlink(slot, entry);
  }

  private append(slot: number, index: number, owner: RibOutOwner): void {
    const peer = this.wantedPeers[index];
    const attr = this.wantedAttributes[index];
    this.link(slot, this.wantedIds[index], attr, peer);
    this.countRoute(peer, 1);
    this.core.packer.announce(slot, attr, owner.has(peer) ? everyoneBut(peer) : EVERYONE, this.wantedIds[index]);
  }

  private link(slot: number, pathId: number, attr: number, peer: PeerIndex): void {
    let entry = this.freeHead;
    if (entry !== 0) this.freeHead = this.nexts[entry];
    else {
      entry = this.entryLimit++;
      if (entry >= this.nexts.length) this.growEntries();
    }
    this.outAttributes[entry] = attr;
    this.pathIds[entry] = pathId;
    this.outPeers[entry] = peer;
    this.nexts[entry] = this.firsts[slot];
    this.firsts[slot] = entry;
  }

  private unlink(slot: number, entry: number): void {
    if (this.firsts[slot] === entry) this.firsts[slot] = this.nexts[entry];
    else {
      let before = this.firsts[slot];
      while (this.nexts[before] !== entry) before = this.nexts[before];
      this.nexts[before] = this.nexts[entry];
    }
    this.nexts[entry] = this.freeHead;
    this.freeHead = entry;
  }

  private growEntries(): void {
    const capacity = nextCapacity(this.nexts.length, this.entryLimit);
    this.outAttributes = growUint32(this.outAttributes, capacity);
    this.pathIds = growUint32(this.pathIds, capacity);
    this.nexts = growUint32(this.nexts, capacity);
    this.outPeers = growUint16(this.outPeers, capacity);
  }
}
