// The format of the embedded API's file: its tables, its version, and the way from older versions to this one. A newer format is refused
// with both versions named; an older one is migrated in one transaction, after a copy of it is kept.

import { chmodSync, closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { damaged, DatabaseError } from './database-error.ts';

/** Changes the tables of one format into those of the next. */
export type Migration = (database: DatabaseSync) => void;

/** The first takes format 1 to 2. */
export const migrations: readonly Migration[] = [];

const tables = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE objects (resource TEXT, namespace TEXT, name TEXT, revision INTEGER NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY (resource, namespace, name)) WITHOUT ROWID;
  CREATE TABLE events (revision INTEGER PRIMARY KEY, type TEXT NOT NULL, resource TEXT NOT NULL, namespace TEXT NOT NULL,
    name TEXT NOT NULL, json TEXT NOT NULL, previous TEXT, wall_ms INTEGER NOT NULL);
  INSERT INTO meta VALUES ('format', '1'), ('revision', '0');`;

/** An empty file that nobody else may read, before there is anything in it: tokens and passwords will be. */
export function makePrivate(file: string): void {
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
}

/** Takes the file for this process alone, and brings it to the newest format. Throws DatabaseError, or what SQLite throws. */
export function openFormat(database: DatabaseSync, file: string, steps: readonly Migration[]): void {
  const newest = steps.length + 1;
  // The first statement that reads takes the lock, and keeps it. Nothing is changed in a file that is not ours.
  database.exec('PRAGMA locking_mode = EXCLUSIVE');
  const isNew = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.['tables'] === 0;
  const found = isNew ? 1 : readFormat(database, file);
  if (found > newest) {
    throw new DatabaseError(
      `${file} has format ${found}, and this waggle knows up to ${newest}: run a newer waggle, or restore a copy of format ${newest}`,
    );
  }
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 8000');
  if (!isNew && found < newest) keepCopy(database, `${file}.format-${found}`);
  if (!isNew && found === newest) return;
  database.exec('BEGIN IMMEDIATE');
  if (isNew) database.exec(tables);
  for (const step of steps.slice(found - 1)) step(database);
  database.prepare("UPDATE meta SET value = ? WHERE key = 'format'").run(String(newest));
  database.exec('COMMIT');
}

function readFormat(database: DatabaseSync, file: string): number {
  const text = database.prepare("SELECT value FROM meta WHERE key = 'format'").get()?.['value'];
  const format = typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (format < 1) throw damaged(file, 'it has no format version');
  return format;
}

/** Whole, with what only the write-ahead log has, and on the disk when this returns. */
function keepCopy(database: DatabaseSync, copy: string): void {
  const next = `${copy}.next`;
  rmSync(next, { force: true });
  makePrivate(next);
  database.prepare('VACUUM INTO ?').run(next);
  sync(next);
  renameSync(next, copy);
  sync(dirname(copy));
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
