// The outgoing side of one neighbor: enters and leaves update groups family by family, takes over what decides the octets it is
// sent, and has everything sent again when it is asked to. What is sent is the groups' business (rib/update-group.ts).

import type { Family } from './net/family.ts';
import { families } from './net/family.ts';
import { type MemberContext, memberOptions } from './member-options.ts';
import type { FamilyState } from './peer-view.ts';
import { RefreshTurns } from './refresh-turns.ts';
import type { Rib } from './rib/rib.ts';
import type { GroupMember, PeerIndex } from './rib/types.ts';
import type { Neighbor } from './session/neighbor.ts';
import { encodeEndOfRib } from './wire/end-of-rib.ts';
import { encodeRouteRefresh, RefreshSubtype } from './wire/route-refresh.ts';

export interface PeerOutputDeps {
  readonly index: PeerIndex;
  /** By family index. */
  readonly ribs: readonly Rib[];
  readonly neighbor: Neighbor;
  /** By family index, shared with the rest of the peer. */
  readonly states: readonly FamilyState[];
  /** What the options of a group are made from, as it is now. */
  readonly context: () => MemberContext;
  /** Nothing of the family can be sent. */
  readonly notSent: (family: Family, reason: string) => void;
  /** There is work for a slice. */
  readonly onWork: () => void;
}

export class PeerOutput {
  private readonly deps: PeerOutputDeps;
  private readonly turns: RefreshTurns;

  constructor(deps: PeerOutputDeps) {
    this.deps = deps;
    this.turns = new RefreshTurns((family) => {
      deps.ribs[family.index].groups.refresh(deps.index);
      // The turn may come in the slice of a family behind whose own slice this one's was.
      deps.onWork();
    });
  }

  /** The session has the family: its routes go out, or it is told why none can. */
  join(family: Family): void {
    const { neighbor, states, ribs, notSent } = this.deps;
    const state = states[family.index];
    const options = this.options(family);
    if (options === undefined) return;
    if (typeof options === 'string') {
      state.notSentReason = options;
      notSent(family, options);
      // RFC 4724 §2: a peer that has restarted waits for it although nothing comes before.
      neighbor.send(encodeEndOfRib(family), 1);
      state.hasEndOfRibSent = true;
      return;
    }
    state.isJoined = true;
    state.notSentReason = undefined;
    ribs[family.index].groups.join(this.member(family), options);
  }

  /** After a change of configuration, of policies or of our addresses: only differences are sent. */
  applyOptions(family: Family): void {
    const { index, states, ribs } = this.deps;
    const options = this.options(family);
    if (options === undefined || typeof options === 'string') return;
    if (states[family.index].isJoined) ribs[family.index].groups.change(index, options);
    // The interface has got an address for the next hop.
    else this.join(family);
  }

  /** RFC 2918 §4. */
  sendAgain(family: Family): void {
    if (this.deps.states[family.index].isJoined) this.turns.ask(family);
  }

  /** The session is over. */
  leave(): void {
    const { index, states, ribs } = this.deps;
    for (const family of families) {
      const state = states[family.index];
      if (state.isJoined) ribs[family.index].groups.leave(index);
      state.isJoined = false;
      state.isRefreshing = false;
      state.notSentReason = undefined;
      state.hasEndOfRibSent = false;
    }
    this.turns.forget();
  }

  sendRefresh({ afi, safi }: Family, subtype: number): void {
    this.deps.neighbor.send(encodeRouteRefresh({ afi, safi, subtype }), 0);
  }

  /** undefined without a session; a string says why nothing can be sent. */
  private options(family: Family): ReturnType<typeof memberOptions> | undefined {
    const { negotiated, connectionInfo } = this.deps.neighbor;
    if (negotiated === undefined || connectionInfo === undefined) return undefined;
    return memberOptions(family, negotiated, connectionInfo, this.deps.context());
  }

  private member(family: Family): GroupMember {
    const { index, neighbor } = this.deps;
    const state = this.deps.states[family.index];
    return {
      peer: index,
      hasEndOfRib: state.hasEndOfRibSent,
      send: (bytes, updates) => neighbor.send(bytes, updates),
      queuedBytes: () => neighbor.queuedBytes(),
      endOfRibSent: () => {
        state.hasEndOfRibSent = true;
      },
      refreshBegins: (hasMarks) => {
        state.isRefreshing = hasMarks && neighbor.negotiated?.hasEnhancedRefresh === true;
        if (state.isRefreshing) this.sendRefresh(family, RefreshSubtype.Begin);
      },
      refreshEnded: () => {
        if (state.isRefreshing) this.sendRefresh(family, RefreshSubtype.End);
        state.isRefreshing = false;
        this.turns.ended(family);
      },
    };
  }
}
