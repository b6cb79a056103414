// The memory of when objects were first seen: across restarts, crashes and newer programs.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { HistoryError, ObjectHistory } from '#kube/object-history.ts';

function newFile(t: { teardown(end: () => void): void }): string {
  const directory = mkdtempSync(join(tmpdir(), 'waggle-history-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'state', 'objects.json');
}

const start = Date.parse('2025-01-31T12:00:00.900Z');

test('an object keeps its uid and time across restarts', (t) => {
  const file = newFile(t);
  const first = new ObjectHistory(file);
  const entry = first.entryOf('Node/n1', start);
  t.is(entry.creationTimestamp, '2025-01-31T12:00:00Z');
  first.save();
  t.deepEqual(new ObjectHistory(file).entryOf('Node/n1', start + 99_000), entry);
});

test('objects that come together are equally old, one that comes later is younger, be it in the same second', (t) => {
  const history = new ObjectHistory(newFile(t));
  const together = ['b', 'a'].map((key) => history.entryOf(key, start).creationTimestamp);
  t.deepEqual(together, ['2025-01-31T12:00:00Z', '2025-01-31T12:00:00Z']);
  history.save();
  t.is(history.entryOf('0', start).creationTimestamp, '2025-01-31T12:00:01Z');
});

test('an object that was gone comes back as a new one', (t) => {
  const history = new ObjectHistory(newFile(t));
  const before = history.entryOf('Node/n1', start);
  history.retain(new Set(['Node/n2']));
  t.not(history.entryOf('Node/n1', start + 5000).uid, before.uid);
});

test('a newer format is refused, both versions are named, and the file is left alone', (t) => {
  const file = newFile(t);
  new ObjectHistory(file).save();
  const text = '{"formatVersion":2,"things":[]}';
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
  const error = t.throws(() => new ObjectHistory(file), { instanceOf: HistoryError });
  t.is(error.code, 'format');
  t.regex(error.message, /objects\.json has format version 2, this program knows version 1/);
  t.is(readFileSync(file, 'utf8'), text);
});

for (const text of ['', 'x', '[]', 'null', '{}', '{"formatVersion":1}', '{"formatVersion":1,"objects":[]}']) {
  test(`a damaged history "${text}" is refused by name`, (t) => {
    const file = newFile(t);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text);
    const error = t.throws(() => new ObjectHistory(file), { instanceOf: HistoryError });
    t.regex(error.message, /objects\.json .*remove (it|the file) to begin anew/);
  });
}

test('a history that cannot be read is refused by name', (t) => {
  const file = newFile(t);
  mkdirSync(file, { recursive: true });
  t.throws(() => new ObjectHistory(file), { instanceOf: HistoryError, code: 'unreadable' });
});

test('entries that make no sense are left out, the others count', (t) => {
  const file = newFile(t);
  mkdirSync(join(file, '..'), { recursive: true });
  const good = { uid: 'u', creationTimestamp: '2025-01-01T00:00:00Z' };
  const objects = { good, bad: 7, worse: { uid: 'u' }, worst: { uid: 'u', creationTimestamp: 'soon' } };
  writeFileSync(file, JSON.stringify({ formatVersion: 1, objects }));
  const history = new ObjectHistory(file);
  t.deepEqual(history.entryOf('good', start), good);
  for (const key of ['bad', 'worse', 'worst']) t.not(history.entryOf(key, start).uid, 'u');
});

test('a crash while writing leaves the file as it was', (t) => {
  const file = newFile(t);
  const history = new ObjectHistory(file);
  const entry = history.entryOf('Node/n1', start);
  history.save();
  // What a process killed between writing and renaming leaves behind.
  writeFileSync(`${file}.next`, '{"formatVersion":1,"obj');
  const again = new ObjectHistory(file);
  t.deepEqual(again.entryOf('Node/n1', start), entry);
  again.entryOf('Node/n2', start);
  again.save();
  t.deepEqual(readdirSync(join(file, '..')), ['objects.json']);
  t.deepEqual(new ObjectHistory(file).entryOf('Node/n1', start), entry);
});

test('a file that cannot be written is reported, and written once it can be', (t) => {
  const file = newFile(t);
  const history = new ObjectHistory(file);
  const entry = history.entryOf('Node/n1', start);
  // A file where the directory should be.
  writeFileSync(join(file, '..'), '');
  t.throws(() => history.save(), { code: 'EEXIST' });
  rmSync(join(file, '..'));
  history.save();
  t.deepEqual(new ObjectHistory(file).entryOf('Node/n1', start), entry);
});
