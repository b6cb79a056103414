// Acting as somebody else: `kubectl --as`. Who asks needs the verb "impersonate" for the user, or service account, and for each group;
// from then on the other's rights are what counts, and his name is what is written down. Kubernetes documentation, "User impersonation".

import { ApiError } from '#kube/api/api-error.ts';
import { forbidden } from './forbidden.ts';
import type { Identity } from './identity.ts';
import { type Action, findPermission, type RbacObjects } from './rbac.ts';

/** Names in lower case, each with all its values. */
export type HeaderValues = Readonly<Record<string, readonly string[] | undefined>>;

const prefix = 'impersonate-';
const accountPrefix = 'system:serviceaccount:';
const anonymous = 'system:anonymous';
const authenticated = 'system:authenticated';
const unauthenticated = 'system:unauthenticated';

/** `who`, when the headers ask for nobody else. Throws ApiError: Forbidden, or BadRequest for headers that cannot be followed. */
export function impersonate(who: Identity, headers: HeaderValues, objects: RbacObjects): Identity {
  const asked = Object.keys(headers).filter((name) => name.startsWith(prefix));
  if (asked.length === 0) return who;
  const unknown = asked.find((name) => name !== 'impersonate-user' && name !== 'impersonate-group');
  if (unknown !== undefined) {
    throw new ApiError('BadRequest', `${unknown}: not supported; Impersonate-User and Impersonate-Group are`);
  }
  const users = headers['impersonate-user'] ?? [];
  const groups = headers['impersonate-group'] ?? [];
  if (users.length !== 1 || users[0] === '') {
    const what = users.length > 1 ? 'more than one user' : `groups [${groups.join(' ')}] without impersonating a user`;
    throw new ApiError('BadRequest', `requested ${what}`);
  }
  const [user] = users;
  const account = readAccount(user);
  const actions = [
    account === undefined ? action('users', user) : action('serviceaccounts', account.name, account.namespace),
    ...groups.map((group) => action('groups', group)),
  ];
  for (const each of actions) {
    if (findPermission(who, each, objects) === undefined) throw forbidden(who, each);
  }
  return { user, groups: withImplied(user, groups, account?.namespace) };
}

/** The groups that somebody of this name is in besides. */
function withImplied(user: string, groups: readonly string[], accountNamespace: string | undefined): readonly string[] {
  const all = new Set(groups);
  if (all.size === 0 && accountNamespace !== undefined) {
    all.add('system:serviceaccounts').add(`system:serviceaccounts:${accountNamespace}`);
  }
  if (user === anonymous) all.add(unauthenticated);
  else if (!all.has(unauthenticated)) all.add(authenticated);
  return [...all];
}

function readAccount(user: string): { readonly namespace: string; readonly name: string } | undefined {
  if (!user.startsWith(accountPrefix)) return undefined;
  const [namespace, name, ...more] = user.slice(accountPrefix.length).split(':');
  return namespace === '' || name === undefined || name === '' || more.length > 0 ? undefined : { namespace, name };
}

function action(plural: string, name: string, namespace?: string): Action {
  return { type: 'resource', verb: 'impersonate', group: '', plural, subresource: undefined, namespace, name };
}
