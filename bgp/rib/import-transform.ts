// hot: what an import policy changes about a received route: the set as received stays, the one that is
// used is made once per set and way of changing and shared by the peers whose policies say the same.

import type { Family } from '../net/family.ts';
import type { Policy } from '../policy/policy.ts';
import type { AttrSetId, AttributeSets } from '../wire/attribute-sets.ts';
import { plainExport } from '../wire/export-transform.ts';
import { changesOf } from './additions.ts';
import { DerivedSets } from './derived-sets.ts';

export class ImportTransform {
  readonly family: Family;
  private readonly derived: DerivedSets;
  private readonly rowByText: Map<string, number>;
  private readonly rowsByPolicy: WeakMap<Policy, number[]>;

  constructor(family: Family, attributes: AttributeSets) {
    this.family = family;
    this.derived = new DerivedSets(attributes);
    this.rowByText = new Map();
    this.rowsByPolicy = new WeakMap();
  }

  /** Forgets what a burst of routes made it remember; true when nothing is left. */
  clear(budget: number): boolean {
    return this.derived.clear(budget);
  }

  forget(attr: number): void {
    this.derived.forget(attr);
  }

  /** The set to use, 0 when it would be too large. The reference stays here. */
  apply(attr: number, policy: Policy | undefined, additionsIndex: number): AttrSetId {
    return this.derived.derive(this.rowOf(policy, additionsIndex), attr);
  }

  private rowOf(policy: Policy | undefined, additionsIndex: number): number {
    const rows = policy === undefined ? undefined : this.rowsByPolicy.get(policy);
    return rows?.[additionsIndex] ?? this.addRow(policy, additionsIndex);
  }

  private addRow(policy: Policy | undefined, additionsIndex: number): number {
    const additions = policy?.additions[additionsIndex];
    const text = JSON.stringify(additions ?? null);
    const row =
      this.rowByText.get(text) ??
      this.derived.addRow({
        // As towards iBGP: AS path, next hop and MED stay as they are.
        ...plainExport,
        kind: 'ibgp',
        shownAsn: 0,
        prepend: [],
        nextHop: undefined,
        keepsLinkLocal: true,
        aigp: 'keep',
        changes: changesOf(additions),
      });
    this.rowByText.set(text, row);
    if (policy !== undefined) {
      const rows = this.rowsByPolicy.get(policy) ?? [];
      rows[additionsIndex] = row;
      this.rowsByPolicy.set(policy, rows);
    }
    return row;
  }
}
