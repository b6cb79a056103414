// A Secret of the store → what the control room reads of it.

import type { SecretSource } from '#control/bgp/secrets.ts';
import type { Manifests } from '#kube/kinds.ts';

export function readSecret({
  metadata,
  data = {},
  stringData = {},
}: Pick<Manifests['Secret'], 'data' | 'stringData'> & {
  readonly metadata: { readonly name: string; readonly namespace?: string };
}): SecretSource {
  return { namespace: metadata.namespace ?? 'default', name: metadata.name, data, stringData };
}
