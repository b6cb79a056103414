// hot: what a family's RIB counts of each peer's routes, and how old they are. Each path carries the number of the
// session (or refresh) that it was last announced in; comparing it with two numbers of the peer tells whether the path
// is current, stale but kept (RFC 4724 §4.2, RFC 7313 §4, RFC 9494 §4.2), or only waits for being swept. So a million
// routes become stale by changing one number. Who removes what is swept: sweeps.ts.

import { growUint32, growUint8, nextCapacity } from '../net/columns.ts';
import type { PathTable } from './path-table.ts';
import type { PeerIndex } from './types.ts';

/** Age of a path. */
export const Age = { Current: 0, Stale: 1, Doomed: 2 } as const;
export type Age = (typeof Age)[keyof typeof Age];

/** The largest number of a session; with it the numbers begin anew. */
const LAST_EPOCH = 255;
const NO_LIMIT = 0xffff_ffff;

export class PeerRoutes {
  // Columns by PeerIndex.
  /** Routes in the Adj-RIB-In, whatever the import policy says of them, swept or not. */
  received: Uint32Array;
  accepted: Uint32Array;
  stale: Uint32Array;
  /** Routes of earlier sessions that are still to be removed. */
  doomed: Uint32Array;
  /** Announcements that the limit refused. */
  refused: Uint32Array;
  /** Announcements that were refused because the peer has too many paths for the prefix. */
  crowded: Uint32Array;
  /** Number of the present session, 2..255. */
  epochs: Uint8Array;
  /** Paths with this number or a later one are kept; earlier ones are doomed. */
  keptFrom: Uint8Array;
  /** Peers whose stale paths are long-lived ones. */
  longLivedPeers: number;
  private isLongLived: Uint8Array;
  private limits: Uint32Array;
  private readonly paths: PathTable;

  constructor(paths: PathTable) {
    this.paths = paths;
    this.received = new Uint32Array(16);
    this.accepted = new Uint32Array(16);
    this.stale = new Uint32Array(16);
    this.doomed = new Uint32Array(16);
    this.refused = new Uint32Array(16);
    this.crowded = new Uint32Array(16);
    this.epochs = new Uint8Array(16).fill(2);
    this.keptFrom = new Uint8Array(16).fill(2);
    this.longLivedPeers = 0;
    this.isLongLived = new Uint8Array(16);
    this.limits = new Uint32Array(16).fill(NO_LIMIT);
  }

  /** Makes room for a peer. */
  ensure(peer: PeerIndex): void {
    const before = this.epochs.length;
    if (peer < before) return;
    const capacity = nextCapacity(before, peer + 1);
    this.received = growUint32(this.received, capacity);
    this.accepted = growUint32(this.accepted, capacity);
    this.stale = growUint32(this.stale, capacity);
    this.doomed = growUint32(this.doomed, capacity);
    this.refused = growUint32(this.refused, capacity);
    this.crowded = growUint32(this.crowded, capacity);
    this.epochs = growUint8(this.epochs, capacity).fill(2, before);
    this.keptFrom = growUint8(this.keptFrom, capacity).fill(2, before);
    this.isLongLived = growUint8(this.isLongLived, capacity);
    this.limits = growUint32(this.limits, capacity).fill(NO_LIMIT, before);
  }

  ageOf(path: number): Age {
    const epoch = this.paths.epochs[path];
    const peer = this.paths.peers[path];
    if (epoch === this.epochs[peer]) return Age.Current;
    return epoch >= this.keptFrom[peer] ? Age.Stale : Age.Doomed;
  }

  /** RFC 9494 §4.2: kept although the peer has been away for longer than its restart may take. */
  isLongLivedStale(path: number): boolean {
    return this.isLongLived[this.paths.peers[path]] === 1 && this.ageOf(path) === Age.Stale;
  }

  /** Nothing of the peer is kept any more: what is there waits for being swept. */
  doomAll(peer: PeerIndex): void {
    this.advance(peer);
    this.keptFrom[peer] = this.epochs[peer];
    this.doomed[peer] = this.received[peer];
    this.stale[peer] = 0;
    this.setLongLived(peer, 0);
  }

  /** What is current becomes stale, like what is stale already, and is kept. */
  keepCurrent(peer: PeerIndex): void {
    this.advance(peer);
    if (this.stale[peer] === 0) {
      // Whatever was stale before came back.
      this.keptFrom[peer] = this.epochs[peer] - 1;
      this.setLongLived(peer, 0);
    }
    this.stale[peer] = this.received[peer] - this.doomed[peer];
  }

  /** What is stale is kept no longer. */
  doomStale(peer: PeerIndex): void {
    this.keptFrom[peer] = this.epochs[peer];
    this.doomed[peer] += this.stale[peer];
    this.stale[peer] = 0;
    this.setLongLived(peer, 0);
  }

  markLongLived(peer: PeerIndex): void {
    this.setLongLived(peer, 1);
  }

  /** A path is about to be announced again or removed: it no longer counts by its age. */
  forgetAge(path: number): void {
    const age = this.ageOf(path);
    if (age === Age.Stale) this.stale[this.paths.peers[path]]--;
    else if (age === Age.Doomed) this.doomed[this.paths.peers[path]]--;
  }

  /** Absent: no limit. Counts what is current; routes that are there already stay. */
  setLimit(peer: PeerIndex, limit: number | undefined): void {
    this.limits[peer] = limit ?? NO_LIMIT;
  }

  isFull(peer: PeerIndex): boolean {
    return this.announced(peer) >= this.limits[peer];
  }

  /** Routes of the present session, or since BoRR: a peer that restarts has not announced twice what is kept of it. */
  announced(peer: PeerIndex): number {
    return this.received[peer] - this.doomed[peer] - this.stale[peer];
  }

  private setLongLived(peer: PeerIndex, value: 0 | 1): void {
    this.longLivedPeers += value - this.isLongLived[peer];
    this.isLongLived[peer] = value;
  }

  /** The numbers of sessions have an end: a pass over two columns (a few ms a million paths) begins them anew. */
  private advance(peer: PeerIndex): void {
    if (this.epochs[peer] === LAST_EPOCH) {
      const { epochs, peers, pathLimit } = this.paths;
      const current = this.epochs[peer];
      const keptFrom = this.keptFrom[peer];
      for (let path = 1; path < pathLimit; path++) {
        if (peers[path] === peer) epochs[path] = epochs[path] === current ? 2 : epochs[path] >= keptFrom ? 1 : 0;
      }
      this.keptFrom[peer] = keptFrom === current ? 2 : 1;
      this.epochs[peer] = 2;
    }
    this.epochs[peer]++;
  }
}
