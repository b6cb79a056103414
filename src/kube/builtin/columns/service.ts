// `kubectl get services`. An external address may be asked of a load balancer and not be there yet: `<pending>`.

import type { JsonObject } from '../../api/object.ts';
import type { PrinterColumn } from '../../api/resource.ts';
import { mapAt, mapsAt, numberAt, textAt, textsAt } from '../read-fields.ts';
import { ageColumn, column, orNone, showLabels, wideColumn } from './column.ts';

export const serviceColumns: readonly PrinterColumn[] = [
  column('Type', 'How the service is reached.', (object) => textAt(object, 'spec', 'type')),
  column('Cluster-IP', 'Its address within the cluster.', (object) => {
    const [first = textAt(object, 'spec', 'clusterIP')] = textsAt(object, 'spec', 'clusterIPs');
    return orNone(first);
  }),
  column('External-IP', 'Its addresses outside of the cluster.', (object) => externalAddresses(object)),
  column('Port(s)', 'Its ports.', (object) =>
    orNone(
      mapsAt(object, 'spec', 'ports')
        .map((port) => showPort(port))
        .join(','),
    ),
  ),
  ageColumn,
  wideColumn('Selector', 'Labels of the pods behind it.', (object) => showLabels(mapAt(object, 'spec', 'selector'))),
];

/** Of Services and Ingresses: each address once, in order. */
export function listIngress(object: JsonObject): readonly string[] {
  const found = mapsAt(object, 'status', 'loadBalancer', 'ingress').map(
    (ingress) => textAt(ingress, 'ip') || textAt(ingress, 'hostname'),
  );
  return [...new Set(found.filter((text) => text !== ''))].toSorted();
}

function externalAddresses(service: JsonObject): string {
  const given = textsAt(service, 'spec', 'externalIPs');
  switch (textAt(service, 'spec', 'type')) {
    case 'ClusterIP':
    case 'NodePort':
      return orNone(given.join(','));
    case 'LoadBalancer':
      return [...listIngress(service), ...given].join(',') || '<pending>';
    case 'ExternalName':
      return textAt(service, 'spec', 'externalName');
    default:
      return '<unknown>';
  }
}

function showPort(port: JsonObject): string {
  const [number, nodePort] = [numberAt(port, 'port'), numberAt(port, 'nodePort')];
  return `${number}${nodePort > 0 ? `:${nodePort}` : ''}/${textAt(port, 'protocol')}`;
}
