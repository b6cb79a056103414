// Columns of the groups rbac.authorization.k8s.io, coordination.k8s.io and apiextensions.k8s.io.

import type { JsonObject } from '../../api/object.ts';
import type { PrinterColumn } from '../../api/resource.ts';
import { mapsAt, textAt } from '../read-fields.ts';
import { ageColumn, column, createdAtColumn, wideColumn } from './column.ts';

const bindingColumns: readonly PrinterColumn[] = [
  column(
    'Role',
    'The role that it gives.',
    (object) => `${textAt(object, 'roleRef', 'kind')}/${textAt(object, 'roleRef', 'name')}`,
  ),
  ageColumn,
  wideColumn('Users', 'Users who have it.', (object) => listSubjects(object, 'User')),
  wideColumn('Groups', 'Groups that have it.', (object) => listSubjects(object, 'Group')),
  wideColumn('ServiceAccounts', 'Service accounts that have it.', (object) => listSubjects(object, 'ServiceAccount')),
];

function listSubjects(binding: JsonObject, kind: 'User' | 'Group' | 'ServiceAccount'): string {
  return mapsAt(binding, 'subjects')
    .filter((subject) => textAt(subject, 'kind') === kind)
    .map((subject) => {
      const name = textAt(subject, 'name');
      return kind === 'ServiceAccount' ? `${textAt(subject, 'namespace')}/${name}` : name;
    })
    .join(', ');
}

export const clusterColumns: ReadonlyMap<string, readonly PrinterColumn[]> = new Map([
  ['rbac.authorization.k8s.io/Role', [createdAtColumn]],
  ['rbac.authorization.k8s.io/ClusterRole', [createdAtColumn]],
  ['rbac.authorization.k8s.io/RoleBinding', bindingColumns],
  ['rbac.authorization.k8s.io/ClusterRoleBinding', bindingColumns],
  [
    'coordination.k8s.io/Lease',
    [column('Holder', 'Who holds it.', (object) => textAt(object, 'spec', 'holderIdentity')), ageColumn],
  ],
  ['apiextensions.k8s.io/CustomResourceDefinition', [createdAtColumn]],
]);
