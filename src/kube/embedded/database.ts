// The embedded API's file: objects as they are, the last changes of them, and the format. SQLite through node:sqlite, in WAL mode with
// an fsync at every commit; one process at a time. Knows rows of JSON text, not what is in them.

import { chmodSync, copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { ObjectKey } from '../api/object.ts';

/** Of what stands in the file. An older one is migrated after a copy is kept, a newer one is refused. */
export const formatVersion = 1;

const fileName = 'kube.db';

export interface ObjectRow {
  readonly key: ObjectKey;
  readonly revision: number;
  /** undefined: the object is no more. */
  readonly json: string | undefined;
}

export interface EventRow {
  readonly revision: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly key: ObjectKey;
  /** After the change; of DELETED as it was last. */
  readonly json: string;
  readonly previousJson: string | undefined;
  readonly wallMs: number;
}

/** The file cannot be used as it is: what is wrong, and what to do. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
}

export class Database {
  readonly file: string;
  readonly #database: DatabaseSync;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;
  readonly #append: StatementSync;
  readonly #forget: StatementSync;
  readonly #count: StatementSync;

  /** Makes the directory and the file when there is none. Throws DatabaseError. */
  constructor(directory: string) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.file = join(directory, fileName);
    const isNew = !existsSync(this.file);
    this.#database = new DatabaseSync(this.file, { enableForeignKeyConstraints: false });
    try {
      // Tokens and passwords stand in it.
      chmodSync(this.file, 0o600);
      this.#open(isNew);
    } catch (error) {
      this.#database.close();
      throw describe(error, this.file);
    }
    const prepare = (sql: string): StatementSync => this.#database.prepare(sql);
    this.#put = prepare(
      'INSERT OR REPLACE INTO objects (resource, namespace, name, revision, json) VALUES (?, ?, ?, ?, ?)',
    );
    this.#remove = prepare('DELETE FROM objects WHERE resource = ? AND namespace = ? AND name = ?');
    this.#append = prepare(
      'INSERT INTO events (revision, type, resource, namespace, name, json, previous, wall_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#forget = prepare('DELETE FROM events WHERE revision <= ?');
    this.#count = prepare("UPDATE meta SET value = ? WHERE key = 'revision'");
  }

  /** Of the last change that was committed. */
  get revision(): number {
    const row = this.#database.prepare("SELECT value FROM meta WHERE key = 'revision'").get();
    return numberOf(row?.['value']);
  }

  *objects(): Generator<ObjectRow> {
    for (const row of this.#database
      .prepare('SELECT resource, namespace, name, revision, json FROM objects')
      .iterate()) {
      yield { key: keyOf(row), revision: numberOf(row['revision']), json: textOf(row['json']) };
    }
  }

  /** In order. */
  *events(): Generator<EventRow> {
    for (const row of this.#database.prepare('SELECT * FROM events ORDER BY revision').iterate()) {
      const type = textOf(row['type']);
      if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED') {
        throw new DatabaseError(`${this.file}: an event of type ${type}: the file is damaged, restore it from a copy`);
      }
      yield {
        revision: numberOf(row['revision']),
        type,
        key: keyOf(row),
        json: textOf(row['json']),
        previousJson: row['previous'] === null ? undefined : textOf(row['previous']),
        wallMs: numberOf(row['wall_ms']),
      };
    }
  }

  /** All or nothing, and on the disk when this returns. Events up to `forgotten` go. Throws DatabaseError. */
  commit(events: readonly EventRow[], forgotten: number): void {
    const last = events.at(-1)?.revision;
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      for (const { revision, type, key, json, previousJson, wallMs } of events) {
        const { resource, namespace, name } = key;
        if (type === 'DELETED') this.#remove.run(resource, namespace, name);
        else this.#put.run(resource, namespace, name, revision, json);
        this.#append.run(revision, type, resource, namespace, name, json, previousJson ?? null, wallMs);
      }
      if (forgotten > 0) this.#forget.run(forgotten);
      if (last !== undefined) this.#count.run(String(last));
      this.#database.exec('COMMIT');
    } catch (error) {
      // A full disk may have ended the transaction by itself.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw describe(error, this.file);
    }
  }

  /** Writes what is there already, to see whether anything can be written. Throws DatabaseError. */
  probe(): void {
    try {
      this.#count.run(String(this.revision));
    } catch (error) {
      throw describe(error, this.file);
    }
  }

  close(): void {
    this.#database.close();
  }

  #open(isNew: boolean): void {
    const database = this.#database;
    // The first statement that reads takes the lock, and keeps it.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    if (isNew || isEmpty(database)) {
      database.exec(`BEGIN;
        CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE objects (resource TEXT, namespace TEXT, name TEXT, revision INTEGER NOT NULL, json TEXT NOT NULL,
          PRIMARY KEY (resource, namespace, name)) WITHOUT ROWID;
        CREATE TABLE events (revision INTEGER PRIMARY KEY, type TEXT NOT NULL, resource TEXT NOT NULL, namespace TEXT NOT NULL,
          name TEXT NOT NULL, json TEXT NOT NULL, previous TEXT, wall_ms INTEGER NOT NULL);
        INSERT INTO meta VALUES ('format', '${formatVersion}'), ('revision', '0');
        COMMIT;`);
      return;
    }
    const row = database.prepare("SELECT value FROM meta WHERE key = 'format'").get();
    const found = numberOf(row?.['value']);
    if (found > formatVersion) {
      throw new DatabaseError(
        `${this.file} has format ${found}, and this waggle knows up to ${formatVersion}: run a newer waggle, or restore a copy of format ${formatVersion}`,
      );
    }
    if (found < 1) throw new DatabaseError(`${this.file} has no format version: it is none of waggle's files`);
    if (found < formatVersion) copyFileSync(this.file, `${this.file}.format-${found}`);
  }
}

function isEmpty(database: DatabaseSync): boolean {
  return numberOf(database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.['tables']) === 0;
}

function describe(error: unknown, file: string): Error {
  if (error instanceof DatabaseError || !(error instanceof Error)) {
    return error instanceof Error ? error : new DatabaseError(`${file}: ${String(error)}`);
  }
  const { message } = error;
  if (/database is locked/.test(message)) {
    return new DatabaseError(`${file} is in use by another process: stop it first`, { cause: error });
  }
  if (/not a database|malformed|no such table/.test(message)) {
    return new DatabaseError(`${file} is damaged or none of waggle's files (${message}): restore it from a copy`, {
      cause: error,
    });
  }
  return new DatabaseError(`${file}: ${message}`, { cause: error });
}

type Row = Readonly<Record<string, unknown>>;

function keyOf(row: Row): ObjectKey {
  return { resource: textOf(row['resource']), namespace: textOf(row['namespace']), name: textOf(row['name']) };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : Number(textOf(value));
}
