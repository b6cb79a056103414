// Tells of routes that are withheld from neighbors because no message can carry them. One event a second for each update group: a
// policy that adds too much may concern a whole table.

import type { SpeakerEvent } from './events.ts';
import type { FamilyName } from './net/family.ts';
import type { Prefix } from './net/prefix.ts';
import type { Clock } from './ports.ts';
import type { NotSentListener, PeerIndex } from './rib/types.ts';

const QUIET_MS = 1000;

export interface NotSentDeps {
  readonly instance: string;
  readonly clock: Clock;
  readonly onEvent: (event: SpeakerEvent) => void;
  /** Addresses of the neighbors with these numbers. */
  readonly addressesOf: (peers: readonly PeerIndex[]) => readonly string[];
}

export class NotSentTeller implements NotSentListener {
  private readonly family: FamilyName;
  private readonly deps: NotSentDeps;
  /** When each update group was last told of; what is older than a second is dropped. */
  private readonly toldMs: Map<number, number>;

  constructor(family: FamilyName, deps: NotSentDeps) {
    this.family = family;
    this.deps = deps;
    this.toldMs = new Map();
  }

  isListening(groupId: number): boolean {
    const told = this.toldMs.get(groupId);
    return told === undefined || this.deps.clock.nowMs() - told >= QUIET_MS;
  }

  notSent(groupId: number, peers: readonly PeerIndex[], prefix: Prefix): void {
    const { instance, clock, onEvent, addressesOf } = this.deps;
    const nowMs = clock.nowMs();
    for (const [group, told] of this.toldMs) if (nowMs - told >= QUIET_MS) this.toldMs.delete(group);
    this.toldMs.set(groupId, nowMs);
    onEvent({
      type: 'route-not-sent',
      instance,
      wallMs: clock.wallMs(),
      neighbors: addressesOf(peers),
      family: this.family,
      prefix: prefix.toString(),
      reason: 'its attributes leave no room for the prefix in a message that the peer takes',
    });
  }
}
