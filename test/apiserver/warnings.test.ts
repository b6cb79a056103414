// Warning headers: what a client with Node's limit of 16 KiB for headers can read, however much there is to say. Upstream's recorder of
// warnings: 4 KiB in all, 256 characters of a text once they are more.

import test from 'ava';
import { Warnings } from '#apiserver/warnings.ts';
import { HttpsClient } from './https-client.ts';
import { startSmall } from './small-server.ts';

const headersOf = (texts: readonly string[]): readonly string[] => {
  const warnings = new Warnings();
  for (const text of texts) warnings.add(text);
  return warnings.headers()['warning'] ?? [];
};
const lengthOf = (headers: readonly string[]): number => headers.join('\r\nwarning: ').length;

test('each warning is said once, quoted, and without what a header cannot carry', (t) => {
  t.deepEqual(headersOf([]), []);
  t.deepEqual(headersOf(['a "b" \\', 'é\n', 'a "b" \\']), [String.raw`299 - "a \"b\" \\"`, '299 - "??"']);
});

test('warnings that fit together are whole, however long one is', (t) => {
  const long = 'x'.repeat(3_000);
  t.deepEqual(headersOf([long, 'short']), [`299 - "${long}"`, '299 - "short"']);
});

test('warnings that do not fit together are cut to 256 characters, and what is left out is counted', (t) => {
  const few = headersOf([1, 2, 3].map((index) => `${index}${'x'.repeat(3_000)}`));
  t.deepEqual(
    few,
    [1, 2, 3].map((index) => `299 - "${index}${'x'.repeat(255)}"`),
  );
  for (const text of ['x'.repeat(3_000), '"'.repeat(3_000), 'short']) {
    const many = headersOf(Array.from({ length: 5_000 }, (_, index) => `${index} ${text}`));
    t.true(lengthOf(many) <= 4_096, `${lengthOf(many)}`);
    t.true(lengthOf(many) > 3_000, `${lengthOf(many)}`);
    t.is(many.at(-1), `299 - "${5_000 - (many.length - 1)} more warnings are left out"`);
  }
});

test('an object of 2,000 unknown fields is answered with headers that any client reads', async (t) => {
  const server = await startSmall(t, {});
  const client = new HttpsClient(server.port, server.admin);
  t.teardown(() => client.close());
  const fields = Object.fromEntries(
    Array.from({ length: 2_000 }, (_, index) => [`unknown${'x'.repeat(60)}${index}`, 1]),
  );
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, ...fields };
  const made = await client.ask('POST', '/api/v1/namespaces/default/configmaps', JSON.stringify(body));
  t.is(made.code, 201);
  t.regex(String(made.headers['warning']), /unknown field .* more warnings are left out"$/);
});
