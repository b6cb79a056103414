// The rules of each built-in kind, by its group and kind: defaults and validation beyond what its schema says.

import type { Resource } from '../../api/resource.ts';
import type { KindRules } from '../../registry/kind-rules.ts';
import { BuiltinRules, type KindDetail } from './builtin-rules.ts';
import { configMapDetail, secretDetail } from './config-data.ts';
import { podDetail } from './pod.ts';
import { daemonSetDetail, deploymentDetail, replicaSetDetail, statefulSetDetail } from './workloads.ts';
import { namespaceDetail } from './namespace.ts';
import { serviceDetail } from './service.ts';

const details: ReadonlyMap<string, KindDetail> = new Map([
  ['/Namespace', namespaceDetail],
  ['/ConfigMap', configMapDetail],
  ['/Secret', secretDetail],
  ['/Service', serviceDetail],
  ['/Pod', podDetail],
  ['apps/Deployment', deploymentDetail],
  ['apps/ReplicaSet', replicaSetDetail],
  ['apps/StatefulSet', statefulSetDetail],
  ['apps/DaemonSet', daemonSetDetail],
]);

/** Of a kind that is not named here: its schema and the rules of metadata. `allocate`: what gives addresses to services. */
export function rulesOf(
  { group, kind, schema }: Pick<Resource, 'group' | 'kind' | 'schema'>,
  allocateService?: NonNullable<KindDetail['allocate']>,
): KindRules {
  const detail = details.get(`${group}/${kind}`) ?? {};
  const isService = group === '' && kind === 'Service' && allocateService !== undefined;
  return new BuiltinRules(schema, isService ? { ...detail, allocate: allocateService } : detail);
}
