// Routes of `fib: kernel` in words and sums, as the status and `show` tell them.

import type { FibFamilyView, InstanceFibView } from '#speaker/port.ts';
import type { StatusEntry } from './status.ts';

export type FibFigure = Exclude<keyof FibFamilyView, 'family'>;

/** Of both families. */
export function sumFigure({ families }: InstanceFibView, figure: FibFigure): number {
  return families.reduce((sum, family) => sum + family[figure], 0);
}

/** `table 254, metric 20: 5 routes in the kernel, 1 refused, 2 without a next hop` */
export function describeFib(fib: InstanceFibView): string {
  const parts = [`${sumFigure(fib, 'installed')} routes in the kernel`];
  const add = (figure: FibFigure, words: string): void => {
    const count = sumFigure(fib, figure);
    if (count > 0) parts.push(`${count} ${words}`);
  };
  add('stale', 'of an earlier run');
  add('pending', 'to be written');
  add('failed', 'refused');
  add('unresolved', 'without a next hop');
  return `table ${fib.table}, metric ${fib.metric}: ${parts.join(', ')}`;
}

/** `last refused 203.0.113.0/24 at …: …` */
export function describeLastRefusal({ lastRefusal }: InstanceFibView): string | undefined {
  if (lastRefusal === undefined) return undefined;
  const { prefix, reason, wallMs } = lastRefusal;
  return `last refused ${prefix} at ${new Date(wallMs).toISOString()}: ${reason}`;
}

/** One line an instance; what was refused and is accepted since is no fault. */
export function listFibStatus(fibs: readonly InstanceFibView[]): StatusEntry[] {
  return fibs.map((fib) => {
    const component = fibs.length === 1 ? 'fib' : `fib ${fib.instance}`;
    const refused = sumFigure(fib, 'failed');
    if (refused === 0) return { component, state: 'ok', message: describeFib(fib) };
    const state = sumFigure(fib, 'installed') === 0 ? 'error' : 'warning';
    return { component, state, message: `${describeFib(fib)}; ${describeLastRefusal(fib) ?? ''}` };
  });
}
