// What the agent says of itself in `waggle status`: a line for what is in force, and one for each problem.

import type { StatusEntry } from '#api/status.ts';
import type { StoreFault } from '#kube/port.ts';
import type { ReconcilerState } from './bgp-reconciler.ts';
import type { OpenedStore } from './open-store.ts';

/** A directory full of faults is told in part. */
const MAX_PROBLEMS = 50;

type Source = Pick<OpenedStore, 'component' | 'name'>;

/** Before every object is known: nothing is configured, and why. */
export function describeWait(faults: readonly StoreFault[], { component, name }: Source): StatusEntry[] {
  const why = faults.map(({ where, message }) => `${where}: ${message}`);
  return (why.length === 0 ? [`waiting for the objects of ${name}`] : why).map((message) => ({
    component,
    state: 'error',
    message,
  }));
}

export function describeAgent(state: ReconcilerState, nodeName: string, { component, name }: Source): StatusEntry[] {
  const entries: StatusEntry[] = [];
  const told = state.problems.slice(0, MAX_PROBLEMS);
  for (const { component: of, state: how, text } of told) entries.push({ component: of, state: how, message: text });
  const rest = state.problems.length - MAX_PROBLEMS;
  if (rest > 0) entries.push({ component, state: 'error', message: `and ${count(rest, 'more problem')}` });
  entries.sort((a, b) => Number(a.state === 'warning') - Number(b.state === 'warning'));
  const wrong = new Set(entries.filter((entry) => entry.state === 'error').map((entry) => entry.component));
  // What is in error is not also well, however much of it works.
  const add = (of: string, message: string): void => {
    if (!wrong.has(of)) entries.push({ component: of, state: 'ok', message });
  };
  add(component, `${count(state.objects, 'object')} from ${name}`);
  if (state.isNodeKnown) {
    const cidrs = state.podCidrs.length === 0 ? 'no PodCIDR' : `PodCIDRs ${state.podCidrs.join(', ')}`;
    add('node', `${nodeName}, ${cidrs}`);
  }
  if (state.policy === undefined) {
    if (state.isNodeKnown) add('policy', `no CiliumBGPPeeringPolicy selects node ${nodeName}`);
  } else {
    const neighbors = state.configured.reduce((sum, instance) => sum + instance.neighbors.length, 0);
    const routers = count(state.configured.length, 'virtual router');
    add(`policy ${state.policy}`, `in force: ${routers}, ${count(neighbors, 'neighbor')}`);
  }
  return entries;
}

/** Whoever stored a policy relies on it: nothing is said only where there is none. */
export function describePolicies(stored: number): StatusEntry[] {
  return stored === 0 ? [] : [{ component: 'policies', state: 'warning', message: `${stored} stored, none enforced` }];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
