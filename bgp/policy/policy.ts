// hot: route policy compiled from configuration. Every outcome that a policy can have is one shared
// Verdict, so evaluating a route makes no object; what an accepting verdict changes about the route is
// numbered (`additionsIndex`), which lets rib/ cache the resulting attributes per number.
// Applying the changes to attributes is the business of rib/ and wire/.

import type { PolicyConfig, PolicyRef, StatementConfig } from '../config.ts';
import type { Family } from '../net/family.ts';
import { families, familyByName } from '../net/family.ts';
import { PolicyError } from './policy-error.ts';
import { PrefixSet } from './prefix-set.ts';

/** What an accepting policy changes about a route. */
export interface Additions {
  readonly communities: readonly number[];
  readonly largeCommunities: readonly (readonly [number, number, number])[];
  readonly localPreference: number | undefined;
}

const nothingAdded: Additions = { communities: [], largeCommunities: [], localPreference: undefined };

export interface Verdict {
  readonly isAccepted: boolean;
  /** Index into {@link Policy.additions}; 0 changes nothing. */
  readonly additionsIndex: number;
  /** The statement that decided, -1 for the policy's `otherwise`. */
  readonly statement: number;
}

interface Statement {
  readonly familyIndexes: number;
  readonly prefixes: PrefixSet | undefined;
  readonly config: StatementConfig;
}

export class Policy {
  readonly name: string;
  /** RFC 8212: nobody configured a policy. Accepts or rejects by the kind of the session. */
  readonly isUnset: boolean;
  readonly statementNames: readonly string[];
  /** Equal for policies that treat every route alike because they were written alike. */
  readonly fingerprint: string;
  /** Distinct changes, by {@link Verdict.additionsIndex}. Grows while routes are evaluated. */
  readonly additions: Additions[];
  private readonly statements: readonly Statement[];
  private readonly isOtherwiseAccepted: boolean;
  /** Outcomes by additions index, then by statement + 1 and acceptance. */
  private readonly verdicts: (Verdict | undefined)[][];
  /** Additions index after a statement was applied: by index before, then statement. */
  private readonly successors: (number | undefined)[][];
  private readonly constants: (Verdict | undefined)[];

  private constructor(name: string, isUnset: boolean, statements: readonly Statement[], isOtherwiseAccepted: boolean) {
    this.fingerprint = JSON.stringify([isOtherwiseAccepted, statements.map((statement) => statement.config)]);
    this.name = name;
    this.isUnset = isUnset;
    this.statementNames = statements.map((statement) => statement.config.name);
    this.additions = [nothingAdded];
    this.statements = statements;
    this.isOtherwiseAccepted = isOtherwiseAccepted;
    this.verdicts = [[]];
    this.successors = [[]];
    this.constants = families.map((family) => this.constantFor(family));
  }

  /** Throws PolicyError naming the field, its value and what would be right. */
  static compile(config: PolicyConfig): Policy {
    const where = `policies.${config.name}`;
    if (config.otherwise !== 'accept' && config.otherwise !== 'reject') {
      throw new PolicyError(`${where}.otherwise`, config.otherwise, 'accept or reject');
    }
    const statements = config.statements.map((statement, index) =>
      compileStatement(statement, `${where}.statements[${index}]`),
    );
    return new Policy(config.name, false, statements, config.otherwise === 'accept');
  }

  static builtIn(name: 'accept' | 'reject' | 'unset', isAccepting: boolean): Policy {
    return new Policy(name, name === 'unset', [], isAccepting);
  }

  /** The verdict on every route of a family when it does not depend on the prefix. */
  constantVerdict(family: Family): Verdict | undefined {
    return this.constants[family.index];
  }

  evaluate(family: Family, w0: number, w1: number, w2: number, w3: number, length: number): Verdict {
    const constant = this.constants[family.index];
    if (constant !== undefined) return constant;
    let additionsIndex = 0;
    for (let index = 0; index < this.statements.length; index++) {
      const statement = this.statements[index];
      if ((statement.familyIndexes & (1 << family.index)) === 0) continue;
      const prefixes = statement.prefixes;
      if (prefixes !== undefined && !prefixes.matches(family.version, w0, w1, w2, w3, length)) continue;
      if (statement.config.action === 'reject') return this.verdict(0, index, false);
      additionsIndex = this.successor(additionsIndex, index);
      if (statement.config.action === 'accept') return this.verdict(additionsIndex, index, true);
    }
    return this.otherwise(additionsIndex);
  }

  private otherwise(additionsIndex: number): Verdict {
    return this.isOtherwiseAccepted ? this.verdict(additionsIndex, -1, true) : this.verdict(0, -1, false);
  }

  /** Walks the statements once for a family; undefined as soon as a prefix would have to be looked at. */
  private constantFor(family: Family): Verdict | undefined {
    let additionsIndex = 0;
    for (let index = 0; index < this.statements.length; index++) {
      const statement = this.statements[index];
      if ((statement.familyIndexes & (1 << family.index)) === 0) continue;
      if (statement.prefixes !== undefined) return undefined;
      if (statement.config.action === 'reject') return this.verdict(0, index, false);
      additionsIndex = this.successor(additionsIndex, index);
      if (statement.config.action === 'accept') return this.verdict(additionsIndex, index, true);
    }
    return this.otherwise(additionsIndex);
  }

  private verdict(additionsIndex: number, statement: number, isAccepted: boolean): Verdict {
    const row = this.verdicts[additionsIndex];
    const column = (statement + 1) * 2 + (isAccepted ? 1 : 0);
    return (row[column] ??= { isAccepted, additionsIndex, statement });
  }

  /** What is to be changed once statement `index` has been applied on top of `before`. */
  private successor(before: number, index: number): number {
    const row = this.successors[before];
    const known = row[index];
    if (known !== undefined) return known;
    const { addCommunities, addLargeCommunities, localPreference } = this.statements[index].config.set;
    const base = this.additions[before];
    const next: Additions = {
      communities: union(base.communities, addCommunities ?? [], String),
      largeCommunities: union(base.largeCommunities, addLargeCommunities ?? [], (value) => value.join(':')),
      localPreference: localPreference ?? base.localPreference,
    };
    const text = JSON.stringify(next);
    let found = this.additions.findIndex((additions) => JSON.stringify(additions) === text);
    if (found < 0) {
      found = this.additions.length;
      this.additions.push(next);
      this.verdicts.push([]);
      this.successors.push([]);
    }
    row[index] = found;
    return found;
  }
}

const acceptAll = Policy.builtIn('accept', true);
const rejectAll = Policy.builtIn('reject', false);
// RFC 8212 §2: without a policy an eBGP session neither imports nor exports a route.
const unsetExternal = Policy.builtIn('unset', false);
const unsetInternal = Policy.builtIn('unset', true);

/** Finds what a neighbor's policy reference means; throws PolicyError when it names no policy. */
export function policyOf(ref: PolicyRef, isIbgp: boolean, policies: ReadonlyMap<string, Policy>): Policy {
  if (ref === 'accept') return acceptAll;
  if (ref === 'reject') return rejectAll;
  if (ref === 'unset') return isIbgp ? unsetInternal : unsetExternal;
  const policy = policies.get(ref.policy);
  if (policy === undefined) {
    const known = [...policies.keys()].join(', ');
    throw new PolicyError('policy', ref.policy, `accept, reject or one of: ${known === '' ? 'none defined' : known}`);
  }
  return policy;
}

function compileStatement(config: StatementConfig, where: string): Statement {
  let familyIndexes = 0;
  for (const [index, name] of (config.match.families ?? []).entries()) {
    const family = familyByName(name);
    if (family === undefined) {
      throw new PolicyError(
        `${where}.match.families[${index}]`,
        name,
        families.map((known) => known.name).join(' or '),
      );
    }
    familyIndexes |= 1 << family.index;
  }
  if (config.match.families === undefined) familyIndexes = -1;
  if (config.action !== 'accept' && config.action !== 'reject' && config.action !== 'next') {
    throw new PolicyError(`${where}.action`, config.action, 'accept, reject or next');
  }
  for (const [index, community] of (config.set.addCommunities ?? []).entries()) {
    checkUint32(community, `${where}.set.addCommunities[${index}]`);
  }
  for (const [index, community] of (config.set.addLargeCommunities ?? []).entries()) {
    for (const part of community) checkUint32(part, `${where}.set.addLargeCommunities[${index}]`);
  }
  if (config.set.localPreference !== undefined) {
    checkUint32(config.set.localPreference, `${where}.set.localPreference`);
  }
  const prefixes =
    config.match.prefixes === undefined ? undefined : new PrefixSet(config.match.prefixes, `${where}.match.prefixes`);
  return { familyIndexes, prefixes, config };
}

function checkUint32(value: number, where: string): void {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new PolicyError(where, value, 'a whole number 0 to 4294967295');
  }
}

function union<T>(base: readonly T[], added: readonly T[], key: (value: T) => string): readonly T[] {
  const seen = new Set(base.map(key));
  const result = [...base];
  for (const value of added) {
    if (seen.has(key(value))) continue;
    seen.add(key(value));
    result.push(value);
  }
  return result;
}
