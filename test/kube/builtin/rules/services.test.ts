// Services: defaults, changes of type, and what is refused in which words. Addresses are given out elsewhere.

import test from 'ava';
import type { JsonObject, KubeObject } from '#kube/api/object.ts';
import { specOf, writeObject } from './write-object.ts';

const port = { port: 80 };
const full = { port: 80, protocol: 'TCP', targetPort: 80 };

function write(spec: JsonObject, before?: KubeObject): readonly string[] {
  return writeObject('/Service', { spec }, before).faults;
}

function fill(spec: JsonObject, before?: KubeObject): JsonObject {
  const { object, faults } = writeObject('/Service', { spec }, before);
  return faults.length > 0 ? { faults } : specOf(object);
}

const service = (spec: JsonObject): KubeObject => writeObject('/Service', { spec }).object;

test('a service is of type ClusterIP, speaks TCP and sends to the same port', (t) => {
  t.deepEqual(fill({ ports: [port, { name: 'dns', port: 53, protocol: 'UDP', targetPort: 'dns' }].slice(0, 1) }), {
    ports: [full],
    sessionAffinity: 'None',
    type: 'ClusterIP',
    internalTrafficPolicy: 'Cluster',
  });
  const named = [
    { name: 'a', port: 80, targetPort: 'http' },
    { name: 'b', port: 53, protocol: 'UDP' },
  ];
  t.deepEqual(fill({ ports: named })['ports'], [
    { name: 'a', port: 80, targetPort: 'http', protocol: 'TCP' },
    { name: 'b', port: 53, protocol: 'UDP', targetPort: 53 },
  ]);
  t.deepEqual(service({ ports: [port] })['status'], { loadBalancer: {} });
});

test('a service from outside has policies of its own', (t) => {
  t.like(fill({ type: 'NodePort', ports: [port] }), {
    externalTrafficPolicy: 'Cluster',
    allocateLoadBalancerNodePorts: undefined,
  });
  t.like(fill({ type: 'LoadBalancer', ports: [port] }), {
    externalTrafficPolicy: 'Cluster',
    allocateLoadBalancerNodePorts: true,
  });
  t.like(fill({ externalIPs: ['192.0.2.1'], ports: [port] }), { externalTrafficPolicy: 'Cluster' });
  t.is(fill({ type: 'ExternalName', externalName: 'db.example.com' })['internalTrafficPolicy'], undefined);
});

test('clients that stay with an endpoint do so for three hours', (t) => {
  t.like(fill({ sessionAffinity: 'ClientIP', ports: [port] }), {
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
  });
  t.is(
    fill({ sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } }, ports: [port] })['sessionAffinityConfig'],
    undefined,
  );
});

const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
for (const [spec, faults] of [
  [{}, ['spec.ports: Required value']],
  [{ clusterIP: 'None' }, []],
  [{ type: 'ExternalName' }, ['spec.externalName: Required value']],
  [{ type: 'ExternalName', externalName: 'db.example.com.' }, []],
  [
    { type: 'ExternalName', externalName: 'a.b', clusterIP: 'None' },
    ['spec.clusterIPs: Forbidden: may not be set for ExternalName services'],
  ],
  [
    { type: 'Other', ports: [port] },
    [
      'spec.type: Unsupported value: "Other": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    ],
  ],
  [{ ports: [{ port: 80 }, { name: 'b', port: 81 }] }, ['spec.ports[0].name: Required value']],
  [
    {
      ports: [
        { name: 'a', port: 80 },
        { name: 'a', port: 81 },
      ],
    },
    ['spec.ports[1].name: Duplicate value: "a"'],
  ],
  [
    {
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 80 },
      ],
    },
    ['spec.ports[1]: Duplicate value: {"protocol":"TCP","port":80}'],
  ],
  [
    {
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 80, protocol: 'UDP' },
      ],
    },
    [],
  ],
  [{ ports: [{ name: 'A', port: 80 }] }, [`spec.ports[0].name: Invalid value: "A": ${label}`]],
  [
    { ports: [{ port: 0, targetPort: 70_000 }] },
    [
      'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
      'spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
  ],
  [
    { ports: [{ port: 80, targetPort: '8-' }] },
    [
      'spec.ports[0].targetPort: Invalid value: "8-": must contain at least one letter (a-z)',
      'spec.ports[0].targetPort: Invalid value: "8-": must not begin or end with a hyphen',
    ],
  ],
  [
    { ports: [{ port: 80, protocol: 'ICMP' }] },
    ['spec.ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"'],
  ],
  [
    { ports: [{ port: 80, nodePort: 30_080 }] },
    ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
  ],
  [
    {
      type: 'NodePort',
      ports: [
        { name: 'a', port: 80, nodePort: 30_080 },
        { name: 'b', port: 81, nodePort: 30_080 },
      ],
    },
    ['spec.ports[1].nodePort: Duplicate value: 30080'],
  ],
  [
    { type: 'LoadBalancer', clusterIP: 'None', ports: [{ port: 10_250 }] },
    [
      'spec.ports[0]: Invalid value: 10250: may not expose port 10250 externally since it is used by kubelet',
      `spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for LoadBalancer services`,
    ],
  ],
  [
    { ports: [port], sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 90_000 } } },
    [
      'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 90000: must be greater than 0 and less than 86400',
    ],
  ],
  [
    { ports: [port], externalTrafficPolicy: 'Local' },
    ['spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services'],
  ],
  [
    { ports: [port], type: 'NodePort', externalTrafficPolicy: 'Near', internalTrafficPolicy: 'Far' },
    [
      'spec.internalTrafficPolicy: Unsupported value: "Far": supported values: "Cluster", "Local"',
      'spec.externalTrafficPolicy: Unsupported value: "Near": supported values: "Cluster", "Local"',
    ],
  ],
  [
    { ports: [port], type: 'LoadBalancer', healthCheckNodePort: 30_000 },
    [
      "spec.healthCheckNodePort: Invalid value: 30000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    ],
  ],
  [
    {
      ports: [port],
      loadBalancerClass: 'example.com/a',
      loadBalancerSourceRanges: ['10.0.0.0/8'],
      allocateLoadBalancerNodePorts: false,
    },
    [
      "spec.loadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
      "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'",
      "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
    ],
  ],
  [
    { ports: [port], externalIPs: ['192.0.2.1', 'x', '127.0.0.1', 'fe80::1', '0.0.0.0', '::1'] },
    [
      'spec.externalIPs[1]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'spec.externalIPs[2]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'spec.externalIPs[3]: Invalid value: "fe80::1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
      'spec.externalIPs[4]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0 or ::)',
      'spec.externalIPs[5]: Invalid value: "::1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ],
  ],
  [
    { ports: [port], clusterIPs: ['10.96.0.5'] },
    ['spec.clusterIPs: Invalid value: ["10.96.0.5"]: must be empty when `clusterIP` is not specified'],
  ],
  [
    { ports: [port], clusterIP: '10.96.0.5', clusterIPs: ['10.96.0.6'] },
    ['spec.clusterIPs: Invalid value: ["10.96.0.6"]: first value must match `clusterIP`'],
  ],
  [
    { ports: [port], clusterIP: 'fd00::5', ipFamilies: ['IPv4', 'IPv4'], ipFamilyPolicy: 'Both' },
    [
      'spec.ipFamilies[1]: Duplicate value: "IPv4"',
      'spec.ipFamilyPolicy: Unsupported value: "Both": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"',
      'spec.clusterIPs[0]: Invalid value: "fd00::5": expected an IPv4 value as indicated by `ipFamilies[0]`',
    ],
  ],
  [
    { ports: [port], clusterIP: '10.96.0.5', clusterIPs: ['10.96.0.5', '10.96.0.6'] },
    ['spec.clusterIPs: Invalid value: ["10.96.0.5","10.96.0.6"]: may specify no more than one IP for each IP family'],
  ],
  [
    { ports: [port], clusterIP: '10.96.0' },
    ['spec.clusterIPs[0]: Invalid value: "10.96.0": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
  ],
] satisfies readonly (readonly [JsonObject, readonly string[]])[]) {
  test(`${JSON.stringify(spec)}: ${faults.join('; ').slice(0, 100) || 'good'}`, (t) => {
    t.deepEqual(write(spec), faults);
  });
}

const given = {
  clusterIP: '10.96.0.5',
  clusterIPs: ['10.96.0.5'],
  ipFamilies: ['IPv4'],
  ipFamilyPolicy: 'SingleStack',
};
const inside = service({ ports: [port], ...given });
const outside = service({ type: 'LoadBalancer', ports: [{ name: 'a', port: 80, nodePort: 30_080 }], ...given });

test('who writes a service anew keeps what was given out', (t) => {
  t.like(fill({ ports: [port] }, inside), { clusterIP: '10.96.0.5', clusterIPs: ['10.96.0.5'] });
  t.like(
    fill(
      {
        type: 'LoadBalancer',
        ports: [
          { name: 'b', port: 81 },
          { name: 'a', port: 82 },
        ],
      },
      outside,
    ),
    {
      ports: [
        { name: 'b', port: 81, protocol: 'TCP', targetPort: 81 },
        { name: 'a', port: 82, protocol: 'TCP', targetPort: 82, nodePort: 30_080 },
      ],
    },
  );
});

test('the address of a service stays', (t) => {
  t.deepEqual(write({ ports: [port], clusterIP: '10.96.0.6' }, inside), [
    'spec.clusterIPs[0]: Invalid value: ["10.96.0.6"]: may not change once set',
  ]);
  t.deepEqual(write({ ports: [port], ...given, clusterIP: 'None' }, inside), [
    'spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set',
  ]);
});

test('another type leaves behind what only the old one had', (t) => {
  const balanced = specOf(outside);
  const back = fill({ ...balanced, type: 'ClusterIP' }, outside);
  t.deepEqual(back, {
    clusterIP: '10.96.0.5',
    clusterIPs: ['10.96.0.5'],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    sessionAffinity: 'None',
    type: 'ClusterIP',
    ports: [{ name: 'a', port: 80, protocol: 'TCP', targetPort: 80 }],
    internalTrafficPolicy: 'Cluster',
  });
  t.deepEqual(fill({ ...balanced, type: 'ExternalName', externalName: 'a.b', ports: [] }, outside), {
    sessionAffinity: 'None',
    type: 'ExternalName',
    externalName: 'a.b',
    ports: [],
  });
});

test('a second address goes only when a single family is asked for', (t) => {
  const dual = service({
    ports: [port],
    clusterIP: '10.96.0.5',
    clusterIPs: ['10.96.0.5', 'fd00::5'],
    ipFamilies: ['IPv4', 'IPv6'],
    ipFamilyPolicy: 'PreferDualStack',
  });
  const single = { ports: [port], clusterIP: '10.96.0.5', clusterIPs: ['10.96.0.5'], ipFamilies: ['IPv4'] };
  t.deepEqual(write({ ...single, ipFamilyPolicy: 'PreferDualStack' }, dual), [
    `spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be set to 'SingleStack' when releasing the secondary clusterIP`,
    `spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be set to 'SingleStack' when releasing the secondary ipFamily`,
  ]);
  t.deepEqual(write({ ...single, ipFamilyPolicy: 'SingleStack' }, dual), []);
});

test('the class of a balancer stays', (t) => {
  const spec = { type: 'LoadBalancer', ports: [port], loadBalancerClass: 'example.com/a' };
  t.deepEqual(write({ ...spec, loadBalancerClass: 'example.com/b' }, service(spec)), [
    'spec.loadBalancerClass: Invalid value: "example.com/b": may not change once set',
  ]);
});
