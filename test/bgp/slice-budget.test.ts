// How much one slice of a speaker's work does.

import test from 'ava';
import { SliceBudget } from '#bgp/slice-budget.ts';
import type { Clock } from '#bgp/ports.ts';
import { Speaker } from '#bgp/speaker.ts';
import { everythingReachable, networks, speakerConfig, SpeakerLab } from '#support/speaker-lab.ts';

test('slices that take long become shorter down to a limit, and those that take no time longer', (t) => {
  const budget = new SliceBudget();
  const first = budget.units;
  budget.spent(20, true);
  t.is(budget.units, first / 2);
  for (let slice = 0; slice < 20; slice++) budget.spent(20, true);
  t.is(budget.units, 64);
  for (let slice = 0; slice < 20; slice++) budget.spent(0.5, true);
  t.is(budget.units, 2048);
  budget.spent(3, true);
  t.is(budget.units, 2048, 'right as it is');
});

test('a slice that had nothing left to do says nothing about how long a whole one takes', (t) => {
  const budget = new SliceBudget();
  const first = budget.units;
  for (let slice = 0; slice < 20; slice++) budget.spent(0.01, false);
  t.is(budget.units, first);
});

test('a speaker on a slow machine does its work in more slices', (t) => {
  const slicesAt = (msPerLook: number): number => {
    const lab = new SpeakerLab();
    let nowMs = 0;
    const clock: Clock = {
      nowMs: () => (nowMs += msPerLook),
      wallMs: () => lab.clock.wallMs(),
      random: () => 0.5,
      setTimer: (delayMs, expired) => lab.clock.setTimer(delayMs, expired),
      clearTimer: (timer) => lab.clock.clearTimer(timer),
    };
    const speaker = new Speaker('slow', {
      transport: lab.network.endpoint('192.0.2.1'),
      clock,
      nextHops: everythingReachable,
      nextConnectionId: lab.network.nextConnectionId,
      onEvent: () => undefined,
      onWork: () => undefined,
    });
    const prefixes = Array.from({ length: 4096 }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`);
    speaker.configure(speakerConfig({ asn: 65001, routerId: '192.0.2.1', networks: networks(...prefixes) }));
    let slices = 1;
    while (speaker.work()) slices++;
    return slices;
  };
  t.true(slicesAt(0) <= 8);
  t.true(slicesAt(10) >= 4096 / 128);
});
