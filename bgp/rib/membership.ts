// A member of an update group and how far it has got: its first table with End-of-RIB (RFC 4724 §2), the tables that refreshes asked
// for (RFC 2918, bracketed for RFC 7313). The group sends; here is what is still due to this one.

import type { GroupMember } from './types.ts';

export class Membership {
  readonly member: GroupMember;
  /** Our next hop towards it, where members of its group have different ones. */
  nextHop: Uint8Array | undefined;
  /** The whole Adj-RIB-Out is still to be sent to it: from the group's cursor round to `dumpStart`. */
  isDumping: boolean;
  /** Another refresh was asked for while one was going on. */
  isDumpWantedAgain: boolean;
  private dumpStart: number;
  private hasWrapped: boolean;
  /** The dump answers a refresh. */
  private isRefreshing: boolean;
  private isEndOfRibOut: boolean;
  /** End-of-RIB is due once the queue has got this far; -1: not yet, the first table is still being dumped. */
  private endOfRibAfter: number;
  /** What was known at the beginning is in the queue once the decision process has got this far; -1: it has. */
  private decidedAfter: number;

  constructor(member: GroupMember, nextHop: Uint8Array | undefined) {
    this.member = member;
    this.nextHop = nextHop;
    this.isDumping = false;
    this.isDumpWantedAgain = false;
    this.dumpStart = 0;
    this.hasWrapped = false;
    this.isRefreshing = false;
    this.isEndOfRibOut = member.hasEndOfRib === true;
    this.endOfRibAfter = -1;
    this.decidedAfter = -1;
  }

  /** Its first table is out but for what is queued. */
  get isEndOfRibDue(): boolean {
    return !this.isEndOfRibOut && this.endOfRibAfter >= 0;
  }

  isBusy(isEndOfRibHeld: boolean): boolean {
    return this.isDumping || (this.isEndOfRibDue && !isEndOfRibHeld);
  }

  /** Decisions up to here are awaited before End-of-RIB. */
  expectDecisions(undecidedPushed: number): void {
    if (!this.isEndOfRibOut) this.decidedAfter = undecidedPushed;
  }

  beginRefresh(): void {
    this.isDumpWantedAgain = false;
    this.isRefreshing = true;
    this.member.refreshBegins(this.isEndOfRibOut);
  }

  startDump(cursor: number): void {
    this.isDumping = true;
    this.dumpStart = cursor;
    this.hasWrapped = false;
  }

  /** Whether the group's cursor, which has got to `end`, is where this member began; in this slice only if that was the beginning. */
  isRoundComplete(end: number, hasWrapped: boolean): boolean {
    const isComplete = this.hasWrapped ? end >= this.dumpStart : hasWrapped && this.dumpStart === 1;
    if (hasWrapped) this.hasWrapped = true;
    return isComplete;
  }

  /** Everything of the Adj-RIB-Out was sent to it. */
  endDump(queuePushed: number): void {
    this.isDumping = false;
    if (!this.isEndOfRibOut) this.endOfRibAfter = queuePushed;
    if (!this.isRefreshing) return;
    this.isRefreshing = false;
    this.member.refreshEnded();
  }

  /** Whether everything that was known when the session came up has gone through decision and queue. */
  hasHeardAll(undecidedShifted: number, queueShifted: number, queuePushed: number): boolean {
    if (this.decidedAfter >= 0) {
      if (undecidedShifted < this.decidedAfter) return false;
      this.decidedAfter = -1;
      this.endOfRibAfter = queuePushed;
    }
    return queueShifted >= this.endOfRibAfter;
  }

  endOfRibSent(): void {
    this.isEndOfRibOut = true;
    this.member.endOfRibSent();
  }

  /** It goes into another group, whose queue counts on its own. */
  moveTo(queuePushed: number): void {
    if (this.isEndOfRibDue) this.endOfRibAfter = queuePushed;
  }
}
