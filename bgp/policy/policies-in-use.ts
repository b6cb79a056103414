// The policies that somebody evaluates, each once however many use it: those that hear when an attribute set is freed. One that comes
// into use knows nothing of sets, since it has heard of none.

import type { AttrSetId } from '../wire/attribute-sets.ts';
import type { Policy } from './policy.ts';

export class PoliciesInUse {
  private readonly users = new Map<Policy, number>();
  private list: readonly Policy[] = [];

  /** Somebody evaluates another policy from now on; undefined: none. */
  replace(before: Policy | undefined, after: Policy | undefined): void {
    if (before === after) return;
    const hasBegun = after !== undefined && this.count(after, 1) === 1;
    if (hasBegun) after.forgetAll();
    const hasEnded = before !== undefined && this.count(before, -1) === 0;
    if (hasBegun || hasEnded) this.list = [...this.users.keys()];
  }

  /** An attribute set was freed: its number will mean another one. */
  forget(attr: AttrSetId): void {
    const { list } = this;
    for (let index = 0; index < list.length; index++) list[index].forget(attr);
  }

  private count(policy: Policy, by: 1 | -1): number {
    const users = (this.users.get(policy) ?? 0) + by;
    if (users === 0) this.users.delete(policy);
    else this.users.set(policy, users);
    return users;
  }
}
