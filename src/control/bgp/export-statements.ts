// What a neighbor of a peering policy gets to hear: the node's PodCIDRs, with the communities and the
// preference of its advertisedPathAttributes. Everything else is rejected by the policy around these.

import type { StatementConfig } from '#bgp/config.ts';
import type { FieldPath } from '../yaml/document.ts';
import { matchesSelector, type Labels } from '../kubernetes/label-selector.ts';
import { parseLargeCommunity, parseStandardCommunity, wellKnownCommunities } from './communities.ts';
import type { ProblemList } from './object-problem.ts';
import type { PathAttributesSpec } from './peering-policy-types.ts';

type LargeCommunity = readonly [number, number, number];

/** Several path attributes of one prefix add up: the union of the communities, the highest preference (Cilium 1.18). */
export function buildStatements(
  attributesList: readonly PathAttributesSpec[],
  podCidrs: readonly string[],
  nodeLabels: Labels,
  report: { readonly problems: ProblemList; readonly object: string; readonly path: FieldPath },
): StatementConfig[] {
  const standard = new Set<number>();
  const large = new Map<string, LargeCommunity>();
  let localPreference: number | undefined;
  for (const [index, attributes] of attributesList.entries()) {
    const path = [...report.path, 'advertisedPathAttributes', index];
    if (attributes.selectorType !== 'PodCIDR') {
      report.problems.add(
        'unsupported',
        report.object,
        [...path, 'selectorType'],
        attributes.selectorType,
        'not supported yet; expected PodCIDR',
      );
      continue;
    }
    // Read even when they do not apply here, so that a wrong one is found on every node.
    const communities = readCommunities(attributes, { ...report, path });
    if (attributes.selector !== undefined && !matchesSelector(attributes.selector, nodeLabels)) continue;
    for (const community of communities.standard) standard.add(community);
    for (const community of communities.large) large.set(community.join(':'), community);
    if (attributes.localPreference !== undefined) {
      localPreference = Math.max(localPreference ?? 0, attributes.localPreference);
    }
  }
  if (podCidrs.length === 0) return [];
  return [
    {
      name: 'PodCIDR',
      match: {
        prefixes: podCidrs.map((prefix) => {
          const length = Number(prefix.slice(prefix.indexOf('/') + 1));
          return { prefix, minLength: length, maxLength: length };
        }),
      },
      set: {
        ...(standard.size > 0 ? { addCommunities: [...standard].toSorted((a, b) => a - b) } : {}),
        ...(large.size > 0 ? { addLargeCommunities: [...large.values()].toSorted(compareLarge) } : {}),
        ...(localPreference === undefined ? {} : { localPreference }),
      },
      action: 'accept',
    },
  ];
}

function compareLarge(a: LargeCommunity, b: LargeCommunity): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

function readCommunities(
  attributes: PathAttributesSpec,
  report: { readonly problems: ProblemList; readonly object: string; readonly path: FieldPath },
): { readonly standard: readonly number[]; readonly large: readonly LargeCommunity[] } {
  const { standard = [], wellKnown = [], large = [] } = attributes.communities ?? {};
  const result: { standard: number[]; large: LargeCommunity[] } = { standard: [], large: [] };
  const refuse = (field: string, index: number, value: string, message: string): void => {
    report.problems.add('invalid', report.object, [...report.path, 'communities', field, index], value, message);
  };
  for (const [index, text] of standard.entries()) {
    const community = parseStandardCommunity(text);
    if (community !== undefined) result.standard.push(community);
    else
      refuse('standard', index, text, 'expected two numbers up to 65535, such as 65000:100, or one up to 4294967295');
  }
  for (const [index, name] of wellKnown.entries()) {
    if (Object.hasOwn(wellKnownCommunities, name)) result.standard.push(wellKnownCommunities[name]);
    else refuse('wellKnown', index, name, `expected one of ${Object.keys(wellKnownCommunities).join(', ')}`);
  }
  for (const [index, text] of large.entries()) {
    const community = parseLargeCommunity(text);
    if (community !== undefined) result.large.push(community);
    else refuse('large', index, text, 'expected three numbers up to 4294967295, such as 65000:1:2');
  }
  return result;
}
