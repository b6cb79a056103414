// `kubectl get pods`: what the cells say of the state that pod-state.ts adds up.

import type { PrinterColumn } from '../../api/resource.ts';
import { formatAge } from '../../schema/age.ts';
import { mapsAt, textAt } from '../read-fields.ts';
import { ageColumn, column, orNone, wideColumn } from './column.ts';
import { readPodState } from './pod-state.ts';

export const podColumns: readonly PrinterColumn[] = [
  column('Ready', 'How many of its containers are ready.', (object) => {
    const { ready, total } = readPodState(object);
    return `${ready}/${total}`;
  }),
  column('Status', 'What its containers are doing.', (object) => readPodState(object).reason),
  column('Restarts', 'How often containers were started again, and when last.', (object, nowMs) => {
    const { restarts, restartedMs } = readPodState(object);
    return restarts === 0 || restartedMs === undefined
      ? String(restarts)
      : `${restarts} (${formatAge(nowMs - restartedMs)} ago)`;
  }),
  ageColumn,
  wideColumn('IP', 'Its first address.', (object) => {
    const [first] = mapsAt(object, 'status', 'podIPs');
    return orNone(textAt(first, 'ip') || textAt(object, 'status', 'podIP'));
  }),
  wideColumn('Node', 'Where it runs.', (object) => orNone(textAt(object, 'spec', 'nodeName'))),
  wideColumn('Nominated Node', 'Where room is made for it.', (object) =>
    orNone(textAt(object, 'status', 'nominatedNodeName')),
  ),
  wideColumn('Readiness Gates', 'How many of its conditions for being ready hold.', (object) => {
    const gates = mapsAt(object, 'spec', 'readinessGates').map((gate) => textAt(gate, 'conditionType'));
    if (gates.length === 0) return '<none>';
    const held = mapsAt(object, 'status', 'conditions').filter((condition) => textAt(condition, 'status') === 'True');
    const types = new Set(held.map((condition) => textAt(condition, 'type')));
    return `${gates.filter((gate) => types.has(gate)).length}/${gates.length}`;
  }),
];
