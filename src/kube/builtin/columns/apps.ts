// Columns of the group apps, and of what came before it: ReplicationControllers.

import type { PrinterColumn } from '../../api/resource.ts';
import { at, mapAt, mapsAt, numberAt, textAt } from '../read-fields.ts';
import { ageColumn, column, containersColumn, imagesColumn, selectorColumn, showLabels, wideColumn } from './column.ts';

const templateColumns = [containersColumn, imagesColumn, selectorColumn] as const;

function countColumn(name: string, description: string, part: 'spec' | 'status', field: string): PrinterColumn {
  return column(name, description, (object) => numberAt(object, part, field), { type: 'integer' });
}

const readyColumn = column('Ready', 'How many of its pods are ready, of how many.', (object) => {
  return `${numberAt(object, 'status', 'readyReplicas')}/${numberAt(object, 'spec', 'replicas')}`;
});

const replicaColumns: readonly PrinterColumn[] = [
  countColumn('Desired', 'Pods that there should be.', 'spec', 'replicas'),
  countColumn('Current', 'Pods that there are.', 'status', 'replicas'),
  countColumn('Ready', 'Pods that are ready.', 'status', 'readyReplicas'),
];

const labelsColumn = wideColumn('Selector', 'Labels of the pods that belong to it.', (object) =>
  showLabels(mapAt(object, 'spec', 'selector')),
);

export const appsColumns: ReadonlyMap<string, readonly PrinterColumn[]> = new Map([
  [
    'apps/Deployment',
    [
      readyColumn,
      countColumn('Up-to-date', 'Pods of the newest template.', 'status', 'updatedReplicas'),
      countColumn('Available', 'Pods that serve.', 'status', 'availableReplicas'),
      ageColumn,
      ...templateColumns,
    ],
  ],
  ['apps/ReplicaSet', [...replicaColumns, ageColumn, ...templateColumns]],
  ['/ReplicationController', [...replicaColumns, ageColumn, containersColumn, imagesColumn, labelsColumn]],
  [
    'apps/ControllerRevision',
    [
      column('Controller', 'Whose revision it is.', (object) => {
        const owner = mapsAt(object, 'metadata', 'ownerReferences').find((one) => at(one, 'controller') === true);
        if (owner === undefined) return '<none>';
        const [group, version] = textAt(owner, 'apiVersion').split('/');
        const kind = textAt(owner, 'kind') + (version === undefined ? '' : `.${group}`);
        return `${kind.toLowerCase()}/${textAt(owner, 'name')}`;
      }),
      column('Revision', 'Its number.', (object) => numberAt(object, 'revision'), { type: 'integer' }),
      ageColumn,
    ],
  ],
  ['apps/StatefulSet', [readyColumn, ageColumn, containersColumn, imagesColumn]],
  [
    'apps/DaemonSet',
    [
      countColumn('Desired', 'Nodes that should have a pod.', 'status', 'desiredNumberScheduled'),
      countColumn('Current', 'Nodes that have one.', 'status', 'currentNumberScheduled'),
      countColumn('Ready', 'Nodes whose pod is ready.', 'status', 'numberReady'),
      countColumn('Up-to-date', 'Nodes whose pod is of the newest template.', 'status', 'updatedNumberScheduled'),
      countColumn('Available', 'Nodes whose pod serves.', 'status', 'numberAvailable'),
      column('Node Selector', 'Labels of the nodes that it is for.', (object) =>
        showLabels(mapAt(object, 'spec', 'template', 'spec', 'nodeSelector')),
      ),
      ageColumn,
      ...templateColumns,
    ],
  ],
]);
