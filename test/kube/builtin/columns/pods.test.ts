// `kubectl get pods`: what the words in its columns stand for. After the Kubernetes documentation, "Pod Lifecycle" and "Debug Init
// Containers".

import test from 'ava';
import type { JsonObject } from '#kube/api/object.ts';
import { showRow } from './show-row.ts';

const running = { state: { running: { startedAt: '2026-11-23T11:00:00Z' } }, ready: true, restartCount: 0 };
const containers = [{ name: 'a' }, { name: 'b' }];

function pod(status: JsonObject, spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject {
  return {
    metadata: { name: 'x', creationTimestamp: '2026-11-23T11:57:00Z', ...metadata },
    spec: { containers, ...spec },
    status,
  };
}

test('a pod that runs', (t) => {
  const row = showRow(
    '/Pod',
    pod(
      { phase: 'Running', podIPs: [{ ip: '10.0.0.7' }, { ip: 'fd00::7' }], containerStatuses: [running, running] },
      { nodeName: 'n1' },
    ),
  );
  t.deepEqual(row, {
    READY: '2/2',
    STATUS: 'Running',
    RESTARTS: '0',
    AGE: '3m',
    IP: '10.0.0.7',
    NODE: 'n1',
    'NOMINATED NODE': '<none>',
    'READINESS GATES': '<none>',
  });
});

const crashed = {
  state: { waiting: { reason: 'CrashLoopBackOff' } },
  lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: '2026-11-23T11:59:30Z' } },
  ready: false,
  restartCount: 4,
};
const completed = { state: { terminated: { exitCode: 0, reason: 'Completed' } }, ready: false, restartCount: 0 };
const initRunning = { name: 'i', state: { running: {} }, restartCount: 0 };
const initDone = { name: 'i', state: { terminated: { exitCode: 0, reason: 'Completed' } }, restartCount: 2 };
const twoInit = { initContainers: [{ name: 'i' }, { name: 'j' }] };
const sidecar = { initContainers: [{ name: 'i', restartPolicy: 'Always' }] };
const deleted = { deletionTimestamp: '2026-11-23T11:59:00Z' };

for (const [what, object, ready, status, restarts] of [
  ['nothing is known yet', pod({ phase: 'Pending' }), '0/2', 'Pending', '0'],
  [
    'the scheduler waits for a gate',
    pod({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] }),
    '0/2',
    'SchedulingGated',
    '0',
  ],
  [
    'a container crashes again and again',
    pod({ phase: 'Running', containerStatuses: [crashed, running] }),
    '1/2',
    'CrashLoopBackOff',
    '4 (30s ago)',
  ],
  [
    'an image is not there',
    pod({
      phase: 'Pending',
      containerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff' } }, restartCount: 0 }],
    }),
    '0/2',
    'ImagePullBackOff',
    '0',
  ],
  ['all is done', pod({ phase: 'Succeeded', containerStatuses: [completed, completed] }), '0/2', 'Completed', '0'],
  [
    'one is done, the other serves',
    pod({
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [completed, running],
    }),
    '1/2',
    'Running',
    '0',
  ],
  [
    'one is done, the other runs, the pod is not ready',
    pod({ phase: 'Running', containerStatuses: [completed, running] }),
    '1/2',
    'NotReady',
    '0',
  ],
  [
    'killed by a signal',
    pod({ phase: 'Failed', containerStatuses: [{ state: { terminated: { exitCode: 137, signal: 9 } } }] }),
    '0/2',
    'Signal:9',
    '0',
  ],
  [
    'ended with a code and no reason',
    pod({ phase: 'Failed', containerStatuses: [{ state: { terminated: { exitCode: 3 } } }] }),
    '0/2',
    'ExitCode:3',
    '0',
  ],
  ['evicted', pod({ phase: 'Failed', reason: 'Evicted' }), '0/2', 'Evicted', '0'],
  [
    'the first of two initialises',
    pod({ phase: 'Pending', initContainerStatuses: [initRunning] }, twoInit),
    '0/2',
    'Init:0/2',
    '0',
  ],
  [
    'the second of two initialises, the first was started again',
    pod({ phase: 'Pending', initContainerStatuses: [initDone, { ...initRunning, name: 'j' }] }, twoInit),
    '0/2',
    'Init:1/2',
    '2',
  ],
  [
    'one that initialises fails',
    pod({ phase: 'Pending', initContainerStatuses: [{ ...crashed, name: 'i' }] }, twoInit),
    '0/2',
    'Init:CrashLoopBackOff',
    '4 (30s ago)',
  ],
  [
    'one that initialises ended badly',
    pod({ phase: 'Pending', initContainerStatuses: [{ name: 'i', state: { terminated: { exitCode: 5 } } }] }, twoInit),
    '0/2',
    'Init:ExitCode:5',
    '0',
  ],
  [
    'restarts while initialising are forgotten when it is over',
    pod({ phase: 'Running', initContainerStatuses: [initDone], containerStatuses: [running, running] }, twoInit),
    '2/2',
    'Running',
    '0',
  ],
  [
    'a sidecar counts as a container',
    pod(
      {
        phase: 'Running',
        initContainerStatuses: [{ ...running, name: 'i', started: true, restartCount: 1 }],
        containerStatuses: [running, running],
      },
      sidecar,
    ),
    '3/3',
    'Running',
    '1',
  ],
  [
    'it is to go',
    pod({ phase: 'Running', containerStatuses: [running, running] }, {}, deleted),
    '2/2',
    'Terminating',
    '0',
  ],
  [
    'it is to go, and its node is lost',
    pod({ phase: 'Running', reason: 'NodeLost' }, {}, deleted),
    '0/2',
    'Unknown',
    '0',
  ],
  [
    'it is to go, and was done before',
    pod({ phase: 'Succeeded', containerStatuses: [completed] }, {}, deleted),
    '0/2',
    'Completed',
    '0',
  ],
] as const) {
  test(`${what}: ${ready} ${status} ${restarts}`, (t) => {
    t.like(showRow('/Pod', object), { READY: ready, STATUS: status, RESTARTS: restarts });
  });
}

test('readiness gates are counted by the conditions that hold', (t) => {
  const object = pod(
    {
      phase: 'Running',
      conditions: [
        { type: 'example.com/up', status: 'True' },
        { type: 'b', status: 'False' },
      ],
    },
    { readinessGates: [{ conditionType: 'example.com/up' }, { conditionType: 'b' }] },
  );
  t.is(showRow('/Pod', object)['READINESS GATES'], '1/2');
});
