// What a policy adds to a route, in the words of attribute-changes.ts.

import type { Policy } from '../policy/policy.ts';
import { type AttributeChanges, noChanges } from '../wire/attribute-changes.ts';

type Additions = Policy['additions'][number];

export function changesOf(additions: Additions | undefined): AttributeChanges {
  if (additions === undefined) return noChanges;
  const { communities, largeCommunities, localPreference } = additions;
  return {
    ...noChanges,
    localPreference,
    communities: { isReplaced: false, remove: [], add: communities.map((word) => [word]) },
    largeCommunities: { isReplaced: false, remove: [], add: largeCommunities },
  };
}
