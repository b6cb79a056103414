// What somebody is told who may not do what he asked for. Upstream's words: people search for them.

import { ApiError, qualify } from '#kube/api/api-error.ts';
import type { Identity } from './identity.ts';
import type { Action } from './rbac.ts';

export function forbidden({ user }: Identity, action: Action): ApiError {
  const who = `User ${JSON.stringify(user)}`;
  if (action.type === 'path') {
    return new ApiError('Forbidden', `forbidden: ${who} cannot ${action.verb} path ${JSON.stringify(action.path)}`, {});
  }
  const { verb, group, plural, subresource, namespace, name } = action;
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const what = qualify(group, plural) + (name === undefined ? '' : ` ${JSON.stringify(name)}`);
  return new ApiError(
    'Forbidden',
    `${what} is forbidden: ${who} cannot ${verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(group)} ${where}`,
    { ...(name === undefined ? {} : { name }), ...(group === '' ? {} : { group }), kind: plural },
  );
}
