// One of several operators works: the Lease as candidates read and write it, by clocks that only the test moves.

import test from 'ava';
import type { JsonObject, KubeObject } from '#kube/api/object.ts';
import { type ElectionStep, LeaderElection } from '#operator/leader-election.ts';

const candidate = (identity: string): LeaderElection =>
  new LeaderElection({ namespace: 'kube-system', name: 'x', identity, leaseMs: 15_000, renewMs: 10_000 });
const wallMs = Date.UTC(2026, 10, 23, 12);

function leaseOf(step: ElectionStep): KubeObject {
  if (step.type === 'wait') throw new Error(`${step.holder} leads`);
  return step.lease;
}
const specOf = ({ spec }: JsonObject): JsonObject => spec as JsonObject;

test('who finds no Lease makes one, and leads when that is acknowledged', (t) => {
  const a = candidate('a');
  const step = a.next(undefined, 0, wallMs);
  t.is(step.type, 'create');
  t.false(a.isLeader(0));
  t.like(leaseOf(step), {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'x', namespace: 'kube-system' },
    spec: {
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-11-23T12:00:00.000000Z',
      renewTime: '2026-11-23T12:00:00.000000Z',
      leaseTransitions: 0,
    },
  });
  a.written(leaseOf(step), 0);
  t.true(a.isLeader(9_999));
});

test('a leader that cannot renew for ten seconds leads no more, before anybody may take the Lease', (t) => {
  const a = candidate('a');
  a.written(leaseOf(a.next(undefined, 0, wallMs)), 0);
  t.false(a.isLeader(10_000));
});

test('a Lease is taken over fifteen seconds after it was seen to change last, whatever its times say', (t) => {
  const [a, b] = [candidate('a'), candidate('b')];
  // The clock of a is an hour behind.
  const lease = leaseOf(a.next(undefined, 0, wallMs - 3_600_000));
  a.written(lease, 0);
  t.deepEqual(b.next(lease, 1_000, wallMs), { type: 'wait', holder: 'a' });
  t.deepEqual(b.next(lease, 15_999, wallMs), { type: 'wait', holder: 'a' });
  const renewed = leaseOf(a.next(lease, 15_999, wallMs - 3_590_000));
  t.deepEqual(b.next(renewed, 16_000, wallMs), { type: 'wait', holder: 'a' });
  t.deepEqual(b.next(renewed, 30_999, wallMs), { type: 'wait', holder: 'a' });
  const taken = leaseOf(b.next(renewed, 31_000, wallMs));
  t.like(specOf(taken), { holderIdentity: 'b', leaseTransitions: 1 });
});

test('a renewal keeps when the Lease was acquired, and counts no transition', (t) => {
  const a = candidate('a');
  const lease = leaseOf(a.next(undefined, 0, wallMs));
  const renewed = leaseOf(a.next(lease, 2_000, wallMs + 2_000));
  t.like(specOf(renewed), {
    acquireTime: '2026-11-23T12:00:00.000000Z',
    renewTime: '2026-11-23T12:00:02.000000Z',
    leaseTransitions: 0,
  });
});

test('a Lease that was given back is taken at once', (t) => {
  const [a, b] = [candidate('a'), candidate('b')];
  const lease = leaseOf(a.next(undefined, 0, wallMs));
  a.written(lease, 0);
  const released = a.release(lease, wallMs + 1_000);
  t.false(a.isLeader(1));
  if (released === undefined) return t.fail('not released');
  t.like(specOf(leaseOf(b.next(released, 1_000, wallMs))), { holderIdentity: 'b', leaseTransitions: 1 });
});

test('nobody gives back the Lease of another', (t) => {
  const lease = leaseOf(candidate('a').next(undefined, 0, wallMs));
  t.is(candidate('b').release(lease, wallMs), undefined);
});

test('a Lease without a spec, or with one that is none, is free', (t) => {
  for (const fields of [{}, { spec: 'x' }, { spec: { holderIdentity: 3, leaseTransitions: 'x' } }]) {
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'x' }, ...fields };
    t.like(specOf(leaseOf(candidate('a').next(lease, 0, wallMs))), { holderIdentity: 'a', leaseTransitions: 1 });
  }
});

test('a Lease is taken over as long after its last change as its holder asked for', (t) => {
  const [a, b] = [
    new LeaderElection({ namespace: 'kube-system', name: 'x', identity: 'a', leaseMs: 60_000, renewMs: 40_000 }),
    candidate('b'),
  ];
  const lease = leaseOf(a.next(undefined, 0, wallMs));
  t.is(b.next(lease, 0, wallMs).type, 'wait');
  t.is(b.next(lease, 59_999, wallMs).type, 'wait');
  t.is(b.next(lease, 60_000, wallMs).type, 'update');
});
