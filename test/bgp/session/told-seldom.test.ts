// How often is told what a peer can bring about at will.

import test from 'ava';
import { ToldSeldom } from '#bgp/session/told-seldom.ts';
import { FakeClock } from '#support/fake-clock.ts';

function scene() {
  const clock = new FakeClock();
  const seldom = new ToldSeldom(clock);
  const told: string[] = [];
  const add = (count: number): void => {
    for (let index = 0; index < count; index++) seldom.add('refused', (words) => told.push(words));
  };
  const wait = (sec: number): void => clock.advance(sec * 1000, () => undefined);
  return { seldom, told, add, wait };
}

test('five are told in ten seconds, and the number of the others when these are over', (t) => {
  const { told, add, wait } = scene();
  add(9);
  t.is(told.length, 5);
  wait(9);
  t.is(told.length, 5);
  wait(2);
  t.deepEqual(told.slice(5), ['4 more such connections were not told']);
  add(5);
  t.is(told.length, 11, 'the next ones are told again');
  wait(20);
  t.is(told.length, 11, 'nothing was left to tell');
});

test('the end tells what is left, and no timer runs on', (t) => {
  const { seldom, told, add, wait } = scene();
  add(7);
  seldom.end();
  t.is(told.at(-1), '2 more such connections were not told');
  wait(60);
  seldom.end();
  t.is(told.length, 6);
});
