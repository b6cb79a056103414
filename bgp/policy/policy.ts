// hot: route policy compiled from configuration. Every outcome that a policy can have is one shared Verdict, so evaluating a route
// makes no object; what an accepting verdict changes about the route is numbered (`changesIndex`), which lets rib/ cache the
// resulting attributes per number. Conditions look at the route as it came to the policy, not at what earlier statements changed.
// What a statement matches: statement.ts. What it changes: changes.ts. Applying the changes is the business of rib/ and wire/.

import type { PolicyConfig, PolicyRef } from '../config.ts';
import type { Family } from '../net/family.ts';
import { families } from '../net/family.ts';
import type { PeerKind } from '../net/peer-kind.ts';
import { type AttributeChanges, noChanges } from '../wire/attribute-changes.ts';
import type { AttributeSets, AttrSetId } from '../wire/attribute-sets.ts';
import { composeChanges } from './changes.ts';
import { ConditionCache } from './condition-cache.ts';
import { PolicyError } from './policy-error.ts';
import { noSources, type PolicySource, type PolicySources, routeSourceOf } from './policy-sources.ts';
import { compileStatement, type Statement } from './statement.ts';

export interface Verdict {
  readonly isAccepted: boolean;
  /** Index into {@link Policy.changes}; 0 changes nothing. */
  readonly changesIndex: number;
  /** The statement that decided, -1 for the policy's `otherwise`. */
  readonly statement: number;
}

/** What `show` says of a verdict. */
export interface Decision {
  readonly policy: string;
  /** -1: no statement decided, `otherwise` did. */
  readonly statement: number;
  /** undefined for `otherwise`. */
  readonly statementName: string | undefined;
  readonly isAccepted: boolean;
}

/**
 * Most different ways of changing a route. Statements with `next` multiply them, and peers choose which ones match: beyond this a route
 * that would need one more is rejected.
 */
const MAX_CHANGES = 16_384;

export class Policy {
  readonly name: string;
  /** RFC 8212: nobody configured a policy. Accepts or rejects by the kind of the session. */
  readonly isUnset: boolean;
  readonly statementNames: readonly string[];
  /** Equal for policies that treat every route alike because they were written alike. */
  readonly fingerprint: string;
  /** Distinct changes, by {@link Verdict.changesIndex}. Grows while routes are evaluated. */
  readonly changes: AttributeChanges[];
  private readonly statements: readonly Statement[];
  private readonly isOtherwiseAccepted: boolean;
  private readonly sources: PolicySources;
  private readonly conditions: ConditionCache | undefined;
  private readonly changesByText: Map<string, number>;
  /** Outcomes by changes index, then by statement + 1 and acceptance. */
  private readonly verdicts: (Verdict | undefined)[][];
  /** Changes index after a statement was applied: by index before, then statement; -1 where it would be one too many. */
  private readonly successors: (number | undefined)[][];
  private readonly constants: (Verdict | undefined)[];

  private constructor(
    name: string,
    isUnset: boolean,
    statements: readonly Statement[],
    isOtherwiseAccepted: boolean,
    sources: PolicySources,
  ) {
    this.fingerprint = JSON.stringify([isOtherwiseAccepted, statements.map((statement) => statement.config)]);
    this.name = name;
    this.isUnset = isUnset;
    this.statementNames = statements.map((statement) => statement.config.name);
    this.changes = [noChanges];
    this.statements = statements;
    this.isOtherwiseAccepted = isOtherwiseAccepted;
    this.sources = sources;
    const conditions = statements.map((statement) => statement.condition);
    this.conditions = conditions.some((condition) => condition !== undefined)
      ? new ConditionCache(conditions)
      : undefined;
    this.changesByText = new Map([[JSON.stringify(noChanges), 0]]);
    this.verdicts = [[]];
    this.successors = [[]];
    this.constants = families.map((family) => this.constantFor(family));
  }

  /**
   * Throws PolicyError naming the field, its value and what would be right. `sources` tells of neighbors, for statements that ask where
   * a route came from.
   */
  static compile(config: PolicyConfig, sources: PolicySources = noSources): Policy {
    const where = `policies.${config.name}`;
    if (config.otherwise !== 'accept' && config.otherwise !== 'reject') {
      throw new PolicyError(`${where}.otherwise`, config.otherwise, 'accept or reject');
    }
    const statements = config.statements.map((statement, index) =>
      compileStatement(statement, `${where}.statements[${index}]`),
    );
    return new Policy(config.name, false, statements, config.otherwise === 'accept', sources);
  }

  static builtIn(name: 'accept' | 'reject' | 'unset', isAccepting: boolean): Policy {
    return new Policy(name, name === 'unset', [], isAccepting, noSources);
  }

  /** The verdict on every route of a family when it depends on nothing else. */
  constantVerdict(family: Family): Verdict | undefined {
    return this.constants[family.index];
  }

  /** `attr` is retained by the caller while this runs; 0 has no attributes. See {@link forget}. */
  evaluate(
    family: Family,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    length: number,
    attributes: AttributeSets,
    attr: AttrSetId,
    source: PolicySource,
  ): Verdict {
    const constant = this.constants[family.index];
    if (constant !== undefined) return constant;
    const familyBit = 1 << family.index;
    let changesIndex = 0;
    for (let index = 0; index < this.statements.length; index++) {
      const statement = this.statements[index];
      if ((statement.familyIndexes & familyBit) === 0) continue;
      const { prefixes } = statement;
      if (prefixes !== undefined && !prefixes.matches(family.version, w0, w1, w2, w3, length)) continue;
      if (statement.isSourceBound && !this.matchesSource(statement, source)) continue;
      if (statement.condition !== undefined && this.conditions?.holds(index, attributes, attr) !== true) continue;
      const { action } = statement.config;
      if (action === 'reject') return this.verdict(0, index, false);
      changesIndex = this.successor(changesIndex, index);
      if (changesIndex < 0) return this.verdict(0, index, false);
      if (action === 'accept') return this.verdict(changesIndex, index, true);
    }
    return this.otherwise(changesIndex);
  }

  /** An attribute set was freed: its number will mean another one. */
  forget(attr: AttrSetId): void {
    this.conditions?.forget(attr);
  }

  /**
   * Before a policy comes into use: while nobody used it, it heard nothing of sets that were freed, or those of other tables were
   * meant.
   */
  forgetAll(): void {
    this.conditions?.clear();
  }

  describe(verdict: Verdict): Decision {
    const { isAccepted, statement } = verdict;
    return { policy: this.name, statement, statementName: this.statementNames[statement], isAccepted };
  }

  private matchesSource(statement: Statement, source: PolicySource): boolean {
    const { routeSources, neighbors } = statement;
    if (routeSources !== undefined && !routeSources.has(routeSourceOf(source, this.sources))) return false;
    if (neighbors === undefined) return true;
    if (source <= 0) return false;
    const { version, w0, w1, w2, w3 } = this.sources.get(source).address;
    return neighbors.matches(version, w0, w1, w2, w3, version === 4 ? 32 : 128);
  }

  private otherwise(changesIndex: number): Verdict {
    return this.isOtherwiseAccepted ? this.verdict(changesIndex, -1, true) : this.verdict(0, -1, false);
  }

  /** Walks the statements once for a family; undefined as soon as the route would have to be looked at. */
  private constantFor(family: Family): Verdict | undefined {
    let changesIndex = 0;
    for (let index = 0; index < this.statements.length; index++) {
      const statement = this.statements[index];
      if ((statement.familyIndexes & (1 << family.index)) === 0) continue;
      if (statement.prefixes !== undefined || statement.isSourceBound || statement.condition !== undefined) {
        return undefined;
      }
      if (statement.config.action === 'reject') return this.verdict(0, index, false);
      changesIndex = this.successor(changesIndex, index);
      if (statement.config.action === 'accept') return this.verdict(changesIndex, index, true);
    }
    return this.otherwise(changesIndex);
  }

  private verdict(changesIndex: number, statement: number, isAccepted: boolean): Verdict {
    const row = this.verdicts[changesIndex];
    const column = (statement + 1) * 2 + (isAccepted ? 1 : 0);
    return (row[column] ??= { isAccepted, changesIndex, statement });
  }

  /** What is to be changed once statement `index` has been applied on top of `before`; -1 where that is one way too many. */
  private successor(before: number, index: number): number {
    return (this.successors[before][index] ??= this.compose(before, index));
  }

  private compose(before: number, index: number): number {
    const next = composeChanges(this.changes[before], this.statements[index].changes);
    const text = JSON.stringify(next, writeBytes);
    const known = this.changesByText.get(text);
    if (known !== undefined) return known;
    if (this.changes.length >= MAX_CHANGES) return -1;
    const found = this.changes.push(next) - 1;
    this.changesByText.set(text, found);
    this.verdicts.push([]);
    this.successors.push([]);
    return found;
  }
}

const acceptAll = Policy.builtIn('accept', true);
const rejectAll = Policy.builtIn('reject', false);
// RFC 8212 §2: without a policy an eBGP session neither imports nor exports a route.
const unsetExternal = Policy.builtIn('unset', false);
const unsetInternal = Policy.builtIn('unset', true);

/** The policies of a configuration by name. */
type PolicyNames = ReadonlyMap<string, { readonly policy: Policy }>;

/** Finds what a neighbor's policy reference means; throws PolicyError when it names no policy. */
export function policyOf(ref: PolicyRef, kind: PeerKind, policies: PolicyNames): Policy {
  if (ref === 'accept') return acceptAll;
  if (ref === 'reject') return rejectAll;
  // Member ASes of a confederation are under one administration: no boundary in the sense of RFC 8212 §1.
  if (ref === 'unset') return kind === 'ebgp' ? unsetExternal : unsetInternal;
  const policy = policies.get(ref.policy)?.policy;
  if (policy === undefined) {
    const known = [...policies.keys()].join(', ');
    throw new PolicyError('policy', ref.policy, `accept, reject or one of: ${known === '' ? 'none defined' : known}`);
  }
  return policy;
}

/** Fields that are undefined count: two changes are alike when every field is. */
function writeBytes(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? [...value] : value;
}
