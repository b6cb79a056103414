// Columns of the groups networking.k8s.io and discovery.k8s.io.

import type { PrinterColumn } from '../../api/resource.ts';
import { at, listAt, mapsAt, textAt, textsAt } from '../read-fields.ts';
import { ageColumn, column, orNone, showSelector, showSome } from './column.ts';
import { listIngress } from './service.ts';

export const networkingColumns: ReadonlyMap<string, readonly PrinterColumn[]> = new Map([
  [
    'networking.k8s.io/NetworkPolicy',
    [
      column('Pod-Selector', 'Labels of the pods that it is about.', (object) =>
        showSelector(at(object, 'spec', 'podSelector')),
      ),
      ageColumn,
    ],
  ],
  [
    'networking.k8s.io/Ingress',
    [
      column('Class', 'Who is to serve it.', (object) => orNone(textAt(object, 'spec', 'ingressClassName'))),
      column('Hosts', 'Hosts that its rules are for.', (object) => {
        const hosts = mapsAt(object, 'spec', 'rules').map((rule) => textAt(rule, 'host'));
        return showSome(hosts.filter((host) => host !== '')) || '*';
      }),
      column('Address', 'Where it is served.', (object) => listIngress(object).join(',')),
      column('Ports', 'Ports that it is served on.', (object) =>
        listAt(object, 'spec', 'tls').length > 0 ? '80, 443' : '80',
      ),
      ageColumn,
    ],
  ],
  [
    'networking.k8s.io/IngressClass',
    [
      column('Controller', 'Who serves ingresses of this class.', (object) => textAt(object, 'spec', 'controller')),
      column('Parameters', 'Where the controller finds its settings.', (object) => {
        const parameters = at(object, 'spec', 'parameters');
        if (parameters === undefined) return '<none>';
        const group = textAt(parameters, 'apiGroup');
        return `${textAt(parameters, 'kind')}${group === '' ? '' : `.${group}`}/${textAt(parameters, 'name')}`;
      }),
      ageColumn,
    ],
  ],
  [
    'discovery.k8s.io/EndpointSlice',
    [
      column('AddressType', 'What its addresses are.', (object) => textAt(object, 'addressType')),
      column('Ports', 'Its ports.', (object) => {
        const ports = mapsAt(object, 'ports').map((port) => {
          const number = at(port, 'port');
          return typeof number === 'number' ? String(number) : textAt(port, 'name') || '*';
        });
        return showSome(ports) || '<unset>';
      }),
      column('Endpoints', 'Its addresses.', (object) => {
        const addresses = mapsAt(object, 'endpoints').flatMap((endpoint) => textsAt(endpoint, 'addresses'));
        return showSome(addresses) || '<unset>';
      }),
      ageColumn,
    ],
  ],
]);
