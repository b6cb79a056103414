// The kinds whose objects are looked after, in the version in which they are stored: of ours, those with a row in the table of what is
// acted on, and the network policies of Kubernetes itself.

import { ciliumKinds } from '#kube/crds/index.ts';
import { coverages } from '#kube/notices/table.ts';
import type { NoticedKind } from './plan-notices.ts';

const told: readonly string[] = ['nothing', 'policy', 'fields'];

const own: readonly NoticedKind[] = ciliumKinds.flatMap(({ spec: { group, names, versions } }) => {
  const coverage = coverages[`${group}/${names.plural}`];
  const stored = versions.find(({ storage }) => storage);
  if (stored === undefined || !told.includes(coverage.type)) return [];
  const { plural, kind } = names;
  const isPolicy = coverage.type === 'policy';
  return [{ group, version: stored.name, plural, kind, isPolicy, hasValidCondition: isPolicy }];
});

export const noticedKinds: readonly NoticedKind[] = [
  ...own,
  {
    group: 'networking.k8s.io',
    version: 'v1',
    plural: 'networkpolicies',
    kind: 'NetworkPolicy',
    isPolicy: true,
    // It has had no status since Kubernetes 1.28: an Event has to do.
    hasValidCondition: false,
  },
];
