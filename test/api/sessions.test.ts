// What the status says of the sessions: which stand, which do not and why, and when that is a warning.

import test from 'ava';
import { countSessions, listSessionStatus } from '#api/session-status.ts';
import type { InstanceView, NeighborView } from '#bgp/views.ts';
import { createFixtureSpeaker, plainNeighbor, plainSession } from '#support/frr-fixtures.ts';

function instanceOf(neighbors: readonly NeighborView[], instance = 'default'): InstanceView {
  const [view] = createFixtureSpeaker().instanceViews;
  return { ...view, instance, neighbors };
}

const up: NeighborView = { ...plainNeighbor, address: '192.0.2.1', state: 'Established' };
const shut: NeighborView = { ...plainNeighbor, address: '192.0.2.2', isShutdown: true };
const drained: NeighborView = { ...up, address: '192.0.2.3', isDraining: true };
const down: NeighborView = { ...plainNeighbor, address: '192.0.2.4', state: 'Active', downReason: 'refused\u001b[2J' };
const held: NeighborView = {
  ...plainNeighbor,
  address: '192.0.2.5',
  downReason: 'password file tor: is empty',
  session: { ...plainSession, heldDownReason: 'password file tor: is empty' },
};
const dynamic: NeighborView = { ...up, address: '192.0.2.6', dynamicPrefix: '192.0.2.0/24' };
const awaited: NeighborView = { ...dynamic, address: '192.0.2.7', state: 'Idle' };

test('a session that is down or kept down is a warning that names it and says why', (t) => {
  const instances = [instanceOf([up, shut, drained, down, held, dynamic, awaited])];
  t.deepEqual(listSessionStatus(instances), [
    {
      component: 'sessions',
      state: 'warning',
      message:
        '2/5 established; 1 dynamic established; 1 down: 192.0.2.4 (refused\\x1b[2J); ' +
        '1 kept down: 192.0.2.5 (password file tor: is empty); 1 shut down: 192.0.2.2; 1 drained: 192.0.2.3',
    },
  ]);
  t.deepEqual(countSessions(instances), {
    configured: 5,
    established: 2,
    down: 1,
    keptDown: 1,
    shutDown: 1,
    drained: 1,
    dynamic: 1,
  });
});

test('a dynamic neighbor that is kept down is a warning too, and counted as such', (t) => {
  const instances = [instanceOf([up, { ...held, dynamicPrefix: '192.0.2.0/24' }])];
  t.like(listSessionStatus(instances)[0], {
    state: 'warning',
    message: '1/1 established; 1 kept down: 192.0.2.5 (password file tor: is empty)',
  });
  t.like(countSessions(instances), { configured: 1, keptDown: 1, dynamic: 0 });
});

test('while no route is chosen after a restart that is a warning with whom it waits for', (t) => {
  const restart = {
    isRestarting: true,
    isDeferring: true,
    deferralRemainingSec: 17,
    awaited: ['192.0.2.1 ipv4-unicast'],
    hasSynchronised: true,
  };
  t.deepEqual(listSessionStatus([{ ...instanceOf([up]), restart }]), [
    {
      component: 'sessions',
      state: 'warning',
      message:
        '1/1 established; no route is chosen yet after the restart: ' +
        'the routes of 192.0.2.1 ipv4-unicast are awaited, 17 s at most',
    },
  ]);
});

test('a session that was shut down or is drained is told, and is no warning: somebody asked for it', (t) => {
  t.deepEqual(listSessionStatus([instanceOf([up, shut, drained])]), [
    {
      component: 'sessions',
      state: 'ok',
      message: '2/3 established; 1 shut down: 192.0.2.2; 1 drained: 192.0.2.3',
    },
  ]);
  t.is(listSessionStatus([instanceOf([])])[0].message, 'no neighbors');
  t.is(listSessionStatus([instanceOf([dynamic])])[0].message, '1 dynamic established');
});

test('of many sessions that are down five are named; several instances have a line each', (t) => {
  const many = Array.from({ length: 7 }, (_, index) => ({ ...down, address: `192.0.2.${index}`, downReason: 'x' }));
  const [one, other] = listSessionStatus([instanceOf(many, 'one'), instanceOf([up], 'other')]);
  t.like(one, { component: 'sessions one', state: 'warning' });
  t.regex(one.message, /^0\/7 established; 7 down: 192\.0\.2\.0 \(x\), .*192\.0\.2\.4 \(x\), and 2 more$/);
  t.deepEqual(other, { component: 'sessions other', state: 'ok', message: '1/1 established' });
});
