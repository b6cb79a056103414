// The annotation `cilium.io/bgp-virtual-router.<ASN>`, one row a text.

import test from 'ava';
import { readRouterAnnotation } from '#control/bgp/router-annotation.ts';

interface Row {
  readonly text: string;
  readonly routerId?: string;
  readonly localPort?: number;
  readonly faults?: readonly RegExp[];
}

const rows: readonly Row[] = [
  { text: '' },
  { text: 'router-id=10.0.0.2', routerId: '10.0.0.2' },
  { text: 'local-port=179', localPort: 179 },
  { text: 'router-id=10.0.0.2,local-port=179', routerId: '10.0.0.2', localPort: 179 },
  { text: ' local-port = 1790 , router-id = 10.0.0.2 ,', routerId: '10.0.0.2', localPort: 1790 },
  { text: 'local-port=65535', localPort: 65535 },
  { text: 'local-port=0', faults: [/1\.\.65535/] },
  { text: 'local-port=65536', faults: [/1\.\.65535/] },
  { text: 'local-port=bgp', faults: [/1\.\.65535/] },
  { text: 'local-port', faults: [/1\.\.65535/] },
  { text: 'router-id=0.0.0.0', faults: [/other than 0\.0\.0\.0/] },
  { text: 'router-id=10.0.0', faults: [/IPv4/] },
  { text: 'router-id=2001:db8::1', faults: [/IPv4/] },
  { text: 'router-id=1.1.1.1=2', faults: [/key=value/] },
  { text: 'router-id=1.1.1.1,router-id=2.2.2.2', routerId: '1.1.1.1', faults: [/twice/] },
  { text: 'local-port=1,local-port=2', localPort: 1, faults: [/twice/] },
  { text: 'routerid=10.0.0.2,local-port=179', localPort: 179, faults: [/router-id=.*local-port=/] },
  { text: 'x,y', faults: [/router-id/, /router-id/] },
];

for (const { text, routerId, localPort, faults = [] } of rows) {
  test(`"${text}" gives ${routerId ?? 'no router ID'} and port ${localPort ?? 'none'}, ${faults.length} faults`, (t) => {
    const read = readRouterAnnotation({ 'cilium.io/bgp-virtual-router.65001': text }, 65001);
    t.is(read.routerId, routerId);
    t.is(read.localPort, localPort);
    t.is(read.faults.length, faults.length);
    for (const [index, fault] of faults.entries()) t.regex(read.faults[index].message, fault);
  });
}

test('an annotation speaks of its own AS number only', (t) => {
  const annotations = { 'cilium.io/bgp-virtual-router.65001': 'router-id=10.0.0.2,local-port=179' };
  t.deepEqual(readRouterAnnotation(annotations, 6500), { routerId: undefined, localPort: undefined, faults: [] });
});
