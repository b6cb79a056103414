// Files that the embedded store must not work with: damaged ones, others', and such of another format; and who may read them.

import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import test, { type ExecutionContext } from 'ava';
import { Database, DatabaseError } from '#kube/embedded/database.ts';
import { keyOf, makeDirectory, open, put } from './store-setting.ts';

const change = (directory: string, sql: string): void => {
  const database = new DatabaseSync(join(directory, 'kube.db'));
  database.exec(sql);
  database.close();
};

/** Five changes of two objects, the last a deletion. */
async function fill(t: ExecutionContext): Promise<string> {
  const directory = makeDirectory(t);
  const store = open(t, directory);
  for (let value = 1; value <= 4; value++) await put(store, `n${value % 2}`, value);
  await store.write(keyOf('n0'), () => 'delete');
  store.close();
  return directory;
}

for (const [what, sql, message] of [
  ['a gap in the changes', 'DELETE FROM events WHERE revision = 3', /\(change 4 follows change 2\)/],
  [
    'changes beyond the revision',
    "UPDATE meta SET value = '3' WHERE key = 'revision'",
    /\(the last change is 5, and its revision 3\)/,
  ],
  [
    'a revision beyond the changes',
    "UPDATE meta SET value = '7' WHERE key = 'revision'",
    /\(the last change is 5, and its revision 7\)/,
  ],
  [
    'an object beyond the revision',
    "DELETE FROM events; UPDATE meta SET value = '2' WHERE key = 'revision'",
    /\(an object of revision 3 and none beyond 2\)/,
  ],
  ['no revision', "DELETE FROM meta WHERE key = 'revision'", /\(it has no revision\)/],
  ['a revision that is no number', "UPDATE meta SET value = 'x' WHERE key = 'revision'", /\(it has no revision\)/],
  ['no format', "DELETE FROM meta WHERE key = 'format'", /\(it has no format version\)/],
  ['an object that is no map', "UPDATE objects SET json = 'null'", /\(an object without kind or metadata: null\)/],
  [
    'an object without metadata',
    `UPDATE objects SET json = '{"apiVersion":"v1","kind":"Pod"}'`,
    /\(an object without kind or metadata: /,
  ],
  ['an object that is no JSON', "UPDATE objects SET json = '{'", /\(an object that is no JSON\)/],
  ['an object of another revision', 'UPDATE objects SET revision = 1', /\(an object of revision 1 that says "3"\)/],
  ['a change of no type', "UPDATE events SET type = 'X' WHERE revision = 2", /\(a change of type "X"\)/],
  ['a change whose object is no map', "UPDATE events SET json = '[]' WHERE revision = 2", /\(an object without kind/],
  ['octets where a text belongs', "UPDATE objects SET json = x'00'", /\(object where a text belongs\)/],
  ['no table of changes', 'DROP TABLE events', /\(no such table: events\)/],
] as const) {
  test(`a file with ${what} is refused, and says what is wrong and what to do`, async (t) => {
    const directory = await fill(t);
    change(directory, sql);
    const error = t.throws(() => open(t, directory), { instanceOf: DatabaseError, message });
    t.regex(error?.message ?? '', /kube\.db is damaged or none of waggle's files .*: restore it from a copy$/);
    // The file is not held, and as it was.
    t.throws(() => open(t, directory), { message });
  });
}

test('pages that were overwritten are found when the file is opened', async (t) => {
  const directory = makeDirectory(t);
  const store = open(t, directory);
  for (let value = 0; value < 200; value++) await put(store, `n${value}`, 'x'.repeat(500));
  store.close();
  const file = join(directory, 'kube.db');
  const octets = readFileSync(file);
  let found = 0;
  for (let page = 1; page < octets.length / 4096; page++) {
    const damaged = Buffer.from(octets);
    damaged.fill(0xff, page * 4096, (page + 1) * 4096);
    writeFileSync(file, damaged);
    t.throws(
      () => open(t, directory),
      { instanceOf: DatabaseError, message: /kube\.db.*damaged.*restore it/ },
      `${page}`,
    );
    found++;
  }
  t.true(found > 20, `${found} pages`);
});

test('another file, and a text, are refused and left as they are', (t) => {
  const other = makeDirectory(t);
  change(other, 'CREATE TABLE x (y)');
  const before = readFileSync(join(other, 'kube.db'));
  t.throws(() => open(t, other), { message: /kube\.db is damaged or none of waggle's files/ });
  t.deepEqual(readFileSync(join(other, 'kube.db')), before);

  const text = makeDirectory(t);
  writeFileSync(join(text, 'kube.db'), 'this is no database at all, but a text of some length'.repeat(100));
  t.throws(() => open(t, text), {
    message: /kube\.db is damaged or none of waggle's files .*: restore it from a copy/,
  });
});

test('a newer format is refused with both versions named, and left as it is', async (t) => {
  const directory = await fill(t);
  change(directory, "UPDATE meta SET value = '99' WHERE key = 'format'");
  const before = readFileSync(join(directory, 'kube.db'));
  t.throws(() => open(t, directory), {
    message:
      /kube\.db has format 99, and this waggle knows up to 1: run a newer waggle, or restore a copy of format 1$/,
  });
  t.deepEqual(readFileSync(join(directory, 'kube.db')), before);
});

test('an older format is migrated step by step, after a copy is kept that has what only the log had', async (t) => {
  const home = makeDirectory(t);
  const running = open(t, home);
  for (let value = 1; value <= 3; value++) await put(running, 'a', value);
  // As after kill -9: the database itself is almost empty, everything is in its log.
  const directory = makeDirectory(t);
  for (const name of ['kube.db', 'kube.db-wal']) copyFileSync(join(home, name), join(directory, name));
  t.true(statSync(join(directory, 'kube.db-wal')).size > statSync(join(directory, 'kube.db')).size);

  const steps = ['ALTER TABLE objects ADD COLUMN colour TEXT', "UPDATE objects SET colour = 'green'"].map(
    (sql) => (database: DatabaseSync) => database.exec(sql),
  );
  const migrated = new Database(directory, steps);
  t.deepEqual([migrated.revision, [...migrated.objects()].length, [...migrated.events()].length], [3, 1, 3]);
  migrated.close();
  const database = new DatabaseSync(join(directory, 'kube.db'));
  t.is(database.prepare('SELECT colour FROM objects').get()?.['colour'], 'green');
  database.close();
  t.throws(() => open(t, directory), { message: /has format 3, and this waggle knows up to 1/ });

  const copy = join(directory, 'kube.db.format-1');
  t.is(statSync(copy).mode & 0o777, 0o600);
  const restored = join(directory, 'restored');
  mkdirSync(restored);
  copyFileSync(copy, join(restored, 'kube.db'));
  const store = open(t, restored);
  t.is(store.get(keyOf('a'))?.metadata.labels?.['value'], '3');
  t.is(store.revision, 3);
  store.close();

  // What is at the newest format is not touched again.
  t.notThrows(() => new Database(directory, steps).close());
});

test('a migration that fails leaves the file in its old format', async (t) => {
  const directory = await fill(t);
  const steps = ['DROP TABLE events', 'nonsense'].map((sql) => (database: DatabaseSync) => database.exec(sql));
  t.throws(() => new Database(directory, steps), { instanceOf: DatabaseError, message: /kube\.db: near "nonsense"/ });
  t.is(open(t, directory).revision, 5);
});

/** Looks at the file whose number it is told, as fast as it can, until it is told a negative one. */
const lookout = `
  const { statSync } = require('node:fs');
  const { parentPort, workerData } = require('node:worker_threads');
  const state = new Int32Array(workerData.shared);
  const wide = [];
  let looked = 0;
  parentPort.postMessage('ready');
  for (let at = 0; at >= 0; at = Atomics.load(state, 0)) {
    const { mode = 0 } = statSync(workerData.home + '/' + at + '/kube.db', { throwIfNoEntry: false }) ?? {};
    if (mode !== 0) looked++;
    if ((mode & 0o077) !== 0) wide.push((mode & 0o777).toString(8));
  }
  parentPort.postMessage({ looked, wide });`;

test('at no moment may anybody else read the file, whatever the umask', async (t) => {
  const home = makeDirectory(t);
  const shared = new SharedArrayBuffer(4);
  const state = new Int32Array(shared);
  const worker = new Worker(lookout, { eval: true, workerData: { home, shared } });
  t.teardown(() => worker.terminate());
  await once(worker, 'message');
  const umask = process.umask(0);
  t.teardown(() => process.umask(umask));
  for (let number = 0; number < 100; number++) {
    Atomics.store(state, 0, number);
    // Others may look into it: the file must be safe by itself.
    mkdirSync(join(home, String(number)));
    open(t, join(home, String(number))).close();
  }
  const told = once(worker, 'message');
  Atomics.store(state, 0, -1);
  const [{ looked, wide }] = await told;
  t.deepEqual(wide, []);
  t.true(looked > 0);
});

test('a file that others may read is theirs no longer when it is opened', async (t) => {
  const directory = await fill(t);
  chmodSync(join(directory, 'kube.db'), 0o644);
  open(t, directory);
  for (const name of readdirSync(directory)) t.is(statSync(join(directory, name)).mode & 0o077, 0, name);
});
