// hot: an Adj-RIB-Out with one route a prefix: one column of attribute sets and one of sources by prefix slot, because members differ
// only in which routes came from them.

import { firstCapacity, growUint16, growUint32, nextCapacity } from '../net/columns.ts';
import { attrSetId } from '../wire/attribute-sets.ts';
import { AdjRibOut, type RibOutOwner } from './adj-rib-out.ts';
import { PathFlag } from './code-points.ts';
import type { RibCore } from './core.ts';
import { EVERYONE, everyoneBut, only } from './packer.ts';
import type { RouteRows } from './route-rows.ts';
import type { PeerIndex } from './types.ts';

export class PlainRibOut extends AdjRibOut {
  private outAttributes: Uint32Array;
  private outPeers: Uint16Array;
  /** Length of the shorter column. */
  private capacity: number;
  private readonly source: PlainRibOut | undefined;

  constructor(core: RibCore, source?: PlainRibOut) {
    super(core);
    const capacity = source?.outAttributes.length ?? firstCapacity(2);
    this.outAttributes = new Uint32Array(capacity);
    this.outPeers = new Uint16Array(source?.outPeers.length ?? firstCapacity(9));
    this.capacity = Math.min(capacity, this.outPeers.length);
    this.source = source;
  }

  get bytes(): number {
    return this.outAttributes.byteLength + this.outPeers.byteLength;
  }

  get limit(): number {
    return this.capacity;
  }

  update(slot: number, owner: RibOutOwner): void {
    const { paths, attributes, packer, ranking, reclaimer } = this.core;
    if (slot >= this.capacity) this.growColumns(slot);
    this.inherit(slot);
    const oldAttr = this.outAttributes[slot];
    const oldPeer = this.outPeers[slot];
    const { exporter } = owner;
    let newAttr = 0;
    let newPeer = 0;
    if (exporter.isDefaultRoute(slot)) newAttr = exporter.exportDefaultRoute();
    else {
      const path = ranking.best(slot);
      if (path !== 0) {
        newPeer = paths.peers[path];
        newAttr = exporter.export(path, slot);
        if (newAttr === 0 && exporter.takeTooLarge()) owner.tellNotSent(slot, newPeer);
      }
    }
    if (newAttr === oldAttr && (newAttr === 0 || newPeer === oldPeer)) {
      if (owner.isResending) this.dump(slot, owner);
      return;
    }
    owner.beforeOutChange(slot);
    this.bequeath(slot);
    if (newAttr !== oldAttr) {
      if (newAttr !== 0) attributes.retain(attrSetId(newAttr));
      this.outAttributes[slot] = newAttr;
    }
    if (oldAttr !== 0) this.countRoute(oldPeer, -1);
    if (newAttr !== 0) this.countRoute(newPeer, 1);
    this.outPeers[slot] = newPeer;
    const isOldMember = oldAttr !== 0 && owner.has(oldPeer);
    const isNewMember = newAttr !== 0 && owner.has(newPeer);
    if (newAttr === 0) packer.withdraw(slot, isOldMember ? everyoneBut(oldPeer) : EVERYONE);
    else if (newAttr !== oldAttr || owner.isResending)
      packer.announce(slot, newAttr, isNewMember ? everyoneBut(newPeer) : EVERYONE);
    else if (isOldMember) packer.announce(slot, newAttr, only(oldPeer));
    // It had the old route and must not have its own.
    if (isNewMember && oldAttr !== 0 && oldPeer !== newPeer) packer.withdraw(slot, only(newPeer));
    if (oldAttr !== 0 && newAttr !== oldAttr) reclaimer.release(oldAttr);
  }

  dump(slot: number, owner: RibOutOwner): void {
    if (slot >= this.capacity) return;
    this.inherit(slot);
    const attr = this.outAttributes[slot];
    if (attr === 0) return;
    const peer = this.outPeers[slot];
    this.core.packer.announce(slot, attr, owner.has(peer) ? everyoneBut(peer) : EVERYONE);
  }

  read(slot: number, member: PeerIndex, rows: RouteRows): void {
    if (!this.has(slot)) return;
    const { paths, peers } = this.core;
    const peer = this.outPeers[slot];
    if (peer === member && peer !== 0) return;
    let path = paths.best[slot];
    if (paths.peers[path] !== peer) {
      path = paths.first[slot];
      while (path !== 0 && paths.peers[path] !== peer) path = paths.next[path];
    }
    const origin = peer === 0 ? PathFlag.Local : peers.isIbgp[peer] === 1 ? PathFlag.Internal : 0;
    const flags = PathFlag.Valid | PathFlag.Best | origin;
    rows.add(peer, this.outAttributes[slot], flags, 0, path === 0 ? 0 : paths.receivedSec[path]);
  }

  protected makeHeir(): PlainRibOut {
    return new PlainRibOut(this.core, this);
  }

  protected hasOwn(slot: number): boolean {
    return slot < this.capacity && this.outAttributes[slot] !== 0;
  }

  protected copySlot(slot: number): void {
    if (this.source === undefined) return;
    const attr = this.source.outAttributes[slot];
    if (attr === 0) return;
    this.core.attributes.retain(attrSetId(attr));
    this.outAttributes[slot] = attr;
    this.outPeers[slot] = this.source.outPeers[slot];
  }

  protected dropSlot(slot: number): void {
    this.core.reclaimer.release(this.outAttributes[slot]);
    this.outAttributes[slot] = 0;
  }

  private growColumns(slot: number): void {
    if (slot >= this.outAttributes.length) {
      this.outAttributes = growUint32(this.outAttributes, nextCapacity(this.outAttributes.length, slot + 1));
    }
    if (slot >= this.outPeers.length) {
      this.outPeers = growUint16(this.outPeers, nextCapacity(this.outPeers.length, slot + 1));
    }
    this.capacity = Math.min(this.outAttributes.length, this.outPeers.length);
  }
}
