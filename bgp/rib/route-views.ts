// The open views of one family's tables: opening within a limit, and telling each of them before what it
// may still have to show changes. What a view does is in route-view.ts.

import type { RibCore } from './core.ts';
import { RouteView, ViewError, type ViewQuery } from './route-view.ts';
import type { UpdateGroup } from './update-group.ts';

const MAX_VIEWS = 8;

export class RouteViews {
  /** Read before every change: zero most of the time. */
  openCount: number;
  private readonly views: RouteView[];

  constructor() {
    this.openCount = 0;
    this.views = [];
  }

  /** Throws ViewError when too many are open. */
  open(
    query: ViewQuery,
    core: RibCore,
    opened: { tableVersion: number; maxRoutes: number; group: UpdateGroup | undefined },
  ): RouteView {
    if (this.openCount >= MAX_VIEWS) {
      throw new ViewError('too-many-views', `${MAX_VIEWS} views of this table are open already; try again later`);
    }
    const view = new RouteView(query, core, { ...opened, mark: core.reclaimer.openMark() }, (closed) => {
      core.reclaimer.closeMark(closed.mark);
      if (closed.group !== undefined) closed.group.openViews--;
      this.views.splice(this.views.indexOf(closed), 1);
      this.openCount = this.views.length;
    });
    if (opened.group !== undefined) opened.group.openViews++;
    this.views.push(view);
    this.openCount = this.views.length;
    return view;
  }

  /** Paths, best path or version of a prefix are about to change. */
  beforePathChange(slot: number, core: RibCore): void {
    while (core.reclaimer.isFull && this.views.length > 0) {
      this.views[0].fail('the table changed too much while it was being shown; ask for fewer routes or try again');
    }
    // Backwards: a view that cannot save takes itself out.
    for (let index = this.views.length - 1; index >= 0; index--) {
      this.views[index].beforeChange(slot);
    }
  }

  /** A group's Adj-RIB-Out is about to change for a prefix. */
  beforeOutChange(group: UpdateGroup, slot: number): void {
    for (let index = this.views.length - 1; index >= 0; index--) {
      if (this.views[index].group === group) this.views[index].beforeChange(slot);
    }
  }
}
