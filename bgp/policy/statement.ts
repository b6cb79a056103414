// One statement of a policy, compiled: what a route must be like, and what is changed about it. Its conditions are of three kinds: on
// the prefix, on the source, on the attributes (attribute-condition.ts), because only the last are worth remembering per attribute set.

import type { RouteSource, StatementConfig } from '../config.ts';
import { parseAddress } from '../net/address.ts';
import { families, familyByName } from '../net/family.ts';
import type { AttributeChanges } from '../wire/attribute-changes.ts';
import { type AttributeCondition, compileCondition } from './attribute-condition.ts';
import { compileChanges } from './changes.ts';
import { PolicyError } from './policy-error.ts';
import { PrefixSet } from './prefix-set.ts';

export interface Statement {
  readonly config: StatementConfig;
  /** Bit by family index. */
  readonly familyIndexes: number;
  readonly prefixes: PrefixSet | undefined;
  /** Where the route came from matters. */
  readonly isSourceBound: boolean;
  readonly routeSources: ReadonlySet<RouteSource> | undefined;
  /** Addresses as prefixes of full length. */
  readonly neighbors: PrefixSet | undefined;
  readonly condition: AttributeCondition | undefined;
  readonly changes: AttributeChanges;
}

const sourceNames: readonly RouteSource[] = ['network', 'aggregate', 'redistributed', 'ibgp', 'ebgp', 'confederation'];

/** `where` is the path of the statement, for PolicyError. */
export function compileStatement(config: StatementConfig, where: string): Statement {
  const { match } = config;
  if (config.action !== 'accept' && config.action !== 'reject' && config.action !== 'next') {
    throw new PolicyError(`${where}.action`, config.action, 'accept, reject or next');
  }
  for (const [index, source] of (match.sources ?? []).entries()) {
    if (!sourceNames.includes(source)) {
      throw new PolicyError(`${where}.match.sources[${index}]`, source, `one of ${sourceNames.join(', ')}`);
    }
  }
  const neighbors = match.neighbors === undefined ? undefined : addressSet(match.neighbors, `${where}.match.neighbors`);
  return {
    config,
    familyIndexes: familyBits(config, where),
    prefixes: match.prefixes === undefined ? undefined : new PrefixSet(match.prefixes, `${where}.match.prefixes`),
    isSourceBound: match.sources !== undefined || neighbors !== undefined,
    routeSources: match.sources === undefined ? undefined : new Set(match.sources),
    neighbors,
    condition: compileCondition(match, `${where}.match`),
    changes: compileChanges(config, `${where}.set`),
  };
}

function familyBits({ match }: StatementConfig, where: string): number {
  if (match.families === undefined) return -1;
  let bits = 0;
  for (const [index, name] of match.families.entries()) {
    const family = familyByName(name);
    if (family === undefined) {
      const known = families.map((row) => row.name).join(' or ');
      throw new PolicyError(`${where}.match.families[${index}]`, name, known);
    }
    bits |= 1 << family.index;
  }
  return bits;
}

function addressSet(texts: readonly string[], where: string): PrefixSet {
  const matches = texts.map((text, index) => {
    // A link-local address is a neighbor's whatever its interface is called.
    const address = parseAddress(text.replace(/%.*$/, ''));
    if (address === undefined) throw new PolicyError(`${where}[${index}]`, text, "a neighbor's IP address");
    const length = address.version === 4 ? 32 : 128;
    return { prefix: `${address.toString()}/${length}`, minLength: length, maxLength: length };
  });
  return new PrefixSet(matches, where);
}
