// Long lists in pieces.

import test from 'ava';
import { ApiError } from '#kube/api/api-error.ts';
import { ListPages } from '#kube/registry/list-pages.ts';

const items = Array.from({ length: 10 }, (_, index) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `p${index}` },
}));

test('the pieces together are the list of the first request, each with what is left', (t) => {
  const pages = new ListPages({ keepMs: 1_000, maxLists: 2 }, () => 0);
  const first = pages.first(items, 7, 4);
  t.like(first, { revision: 7, remainingItemCount: 6 });
  const second = pages.next(first.continueToken ?? '', 4);
  t.is(second.remainingItemCount, 2);
  const third = pages.next(second.continueToken ?? '', 4);
  t.deepEqual([third.continueToken, third.remainingItemCount, third.revision], [undefined, undefined, 7]);
  t.deepEqual([...first.items, ...second.items, ...third.items], items);
  t.deepEqual(pages.next(first.continueToken ?? '', undefined).items, items.slice(4), 'without a limit: the rest');
});

test('a list that fits is whole', (t) => {
  const pages = new ListPages({ keepMs: 1_000, maxLists: 2 }, () => 0);
  for (const limit of [undefined, 0, 10, 11]) t.like(pages.first(items, 7, limit), { items, continueToken: undefined });
});

test('whoever comes too late, or after too many others, begins anew; a token of nobody is a bad request', (t) => {
  let nowMs = 0;
  const pages = new ListPages({ keepMs: 1_000, maxLists: 2 }, () => nowMs);
  const token = pages.first(items, 7, 4).continueToken ?? '';
  for (let count = 0; count < 3; count++) pages.first(items, 8, 4);
  t.is(t.throws(() => pages.next(token, 4), { instanceOf: ApiError })?.reason, 'Expired');
  const late = pages.first(items, 9, 4).continueToken ?? '';
  nowMs = 1_001;
  t.is(t.throws(() => pages.next(late, 4), { instanceOf: ApiError })?.reason, 'Expired');
  for (const bad of [
    '',
    'x',
    Buffer.from('v1.1').toString('base64url'),
    Buffer.from('v1.-1.0').toString('base64url'),
  ]) {
    t.is(t.throws(() => pages.next(bad, 4), { instanceOf: ApiError })?.reason, 'BadRequest');
  }
});
