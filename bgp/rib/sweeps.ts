// hot: what is due for many paths at once (a session ended, a policy changed, next hops moved), done by one cursor that
// goes round over all path slots, a slice at a time. A job is done once the cursor has come back to where it began, so
// however often peers come and go, nobody's job has to wait for another's, and none begins from the start again.

import { growUint8, nextCapacity } from '../net/columns.ts';
import { Age, type PeerRoutes } from './peer-routes.ts';
import type { PathTable } from './path-table.ts';
import type { PeerIndex } from './types.ts';

export const Due = {
  /** Removes paths of earlier sessions. */
  Remove: 1,
  /** Runs the import policy again. */
  ImportPolicy: 2,
  /** RFC 9494 §4.2: stale paths become long-lived ones, or go. */
  LongLived: 4,
  /** For all peers: the prefix is decided again if the path's next hop changed. */
  NextHops: 8,
  /** For all peers: the prefix is decided again. */
  Decide: 16,
  /** The peer has another router ID: its paths are decided and told anew. */
  Source: 32,
} as const;
export type Due = (typeof Due)[keyof typeof Due];

const OF_ALL_PEERS = Due.NextHops | Due.Decide;

/** What the sweeps call for a path that is due. */
export interface SweepActions {
  remove(path: number): void;
  reevaluate(path: number): void;
  becomeLongLived(path: number): void;
  checkNextHop(path: number): void;
  decideAgain(path: number): void;
  renewSource(path: number): void;
}

interface Job {
  readonly due: Due;
  readonly peer: PeerIndex;
  /** The cursor is back where the job began when it has wrapped and reached this slot. */
  stop: number;
  hasWrapped: boolean;
}

/** Passing a path by takes a fraction of the time that changing it does. */
const CHANGE_COST = 4;

export class Sweeps {
  private readonly paths: PathTable;
  private readonly routes: PeerRoutes;
  private readonly actions: SweepActions;
  private jobs: Job[];
  private cursor: number;
  /** Bits of {@link Due} by PeerIndex, and those for all peers. */
  private dues: Uint8Array;
  private dueForAll: number;

  constructor(paths: PathTable, routes: PeerRoutes, actions: SweepActions) {
    this.paths = paths;
    this.routes = routes;
    this.actions = actions;
    this.jobs = [];
    this.cursor = 1;
    this.dues = new Uint8Array(16);
    this.dueForAll = 0;
  }

  get isIdle(): boolean {
    return this.jobs.length === 0;
  }

  isDue(due: Due, peer: PeerIndex): boolean {
    return this.jobs.some((job) => job.due === due && job.peer === peer);
  }

  /** One of the same kind that is under way goes on for another whole round: what it has passed may have changed. */
  add(due: Due, peer: PeerIndex): void {
    const known = this.jobs.find((job) => job.due === due && job.peer === peer);
    if (known !== undefined) {
      known.stop = this.cursor;
      known.hasWrapped = false;
      return;
    }
    this.jobs.push({ due, peer, stop: this.cursor, hasWrapped: false });
    if ((due & OF_ALL_PEERS) !== 0) {
      this.dueForAll |= due;
      return;
    }
    if (peer >= this.dues.length) this.dues = growUint8(this.dues, nextCapacity(this.dues.length, peer + 1));
    this.dues[peer] |= due;
  }

  work(budget: number): void {
    let left = budget;
    while (left > 0 && this.jobs.length > 0) {
      const { pathLimit } = this.paths;
      if (this.cursor >= pathLimit) {
        this.cursor = 1;
        for (let index = 0; index < this.jobs.length; index++) this.jobs[index].hasWrapped = true;
      }
      let end = pathLimit;
      for (let index = 0; index < this.jobs.length; index++) {
        const { hasWrapped, stop } = this.jobs[index];
        if (hasWrapped && stop < end) end = stop;
      }
      left = this.walk(end, left);
      this.finish();
    }
  }

  /** Moves the cursor up to `end`; answers what is left of the budget. */
  private walk(end: number, budget: number): number {
    const { actions, dueForAll, dues, paths, routes } = this;
    let left = budget;
    let path = this.cursor;
    for (; path < end && left > 0; path++) {
      left--;
      if (paths.prefixOf[path] === 0) continue;
      if ((dueForAll & Due.NextHops) !== 0) actions.checkNextHop(path);
      if ((dueForAll & Due.Decide) !== 0) actions.decideAgain(path);
      const peer = paths.peers[path];
      const due = peer < dues.length ? dues[peer] : 0;
      if (due === 0) continue;
      left -= CHANGE_COST - 1;
      const age = routes.ageOf(path);
      if ((due & Due.Remove) !== 0 && age === Age.Doomed) {
        actions.remove(path);
        continue;
      }
      if ((due & Due.LongLived) !== 0 && routes.isLongLivedStale(path)) actions.becomeLongLived(path);
      if ((due & Due.Source) !== 0 && paths.prefixOf[path] !== 0) actions.renewSource(path);
      // It may have gone.
      if ((due & Due.ImportPolicy) !== 0 && paths.prefixOf[path] !== 0) actions.reevaluate(path);
    }
    this.cursor = path;
    return left;
  }

  private finish(): void {
    const { cursor, jobs, routes } = this;
    const isDone = (job: Job): boolean =>
      (job.hasWrapped && cursor >= job.stop) || (job.due === Due.Remove && routes.doomed[job.peer] === 0);
    let hasDone = false;
    for (let index = 0; index < jobs.length; index++) {
      const job = jobs[index];
      if (!isDone(job)) continue;
      hasDone = true;
      if ((job.due & OF_ALL_PEERS) !== 0) this.dueForAll &= ~job.due;
      else this.dues[job.peer] &= ~job.due;
    }
    if (hasDone) this.jobs = jobs.filter((job) => !isDone(job));
  }
}
