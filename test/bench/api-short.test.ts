// The bench of the API server in small, for `npm test`: everything it asks of the server is answered right. It asserts nothing about time.

import test from 'ava';
import { ServerProcess } from '../apiserver/server-process.ts';
import { measureApi } from './api-measure.ts';
import { judgeApi, reportApi } from './api-report.ts';

test('500 objects are created, changed, listed and watched as the bench expects, over a restart', async (t) => {
  const result = await measureApi(new ServerProcess(t), { objects: 500, runs: 1 }, () => {});
  t.is(result.created.writes, 500);
  t.is(result.watched[0].toldMs.length, 200);
  t.true(result.watched[0].toldMs.every((ms, index) => ms >= result.watched[0].answeredMs[index]));
  t.true(result.lists[0].octets > 500 * 800);
  t.true(result.rssBytes > 0 && result.peakRssBytes >= result.rssBytes);
  t.regex(reportApi(result), /\| created, 50 clients \| \d+ a second \|/);
  t.is(judgeApi(result).length, 4);
});
