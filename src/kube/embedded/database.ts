// The embedded API's file: objects as they are, and the last changes of them. SQLite through node:sqlite, in WAL mode with an fsync at
// every commit; one process at a time. Knows rows of JSON text, not what is in them; database-format.ts has the tables.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { ObjectKey } from '../api/object.ts';
import { damaged, describe } from './database-error.ts';
import { makePrivate, type Migration, migrations, openFormat } from './database-format.ts';

export { DatabaseError } from './database-error.ts';

const fileName = 'kube.db';

export interface ObjectRow {
  readonly key: ObjectKey;
  readonly revision: number;
  readonly json: string;
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

export class Database {
  readonly file: string;
  readonly #database: DatabaseSync;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;
  readonly #append: StatementSync;
  readonly #forget: StatementSync;
  readonly #count: StatementSync;

  /** Makes the directory and the file when there is none. Throws DatabaseError. */
  constructor(directory: string, steps: readonly Migration[] = migrations) {
    this.file = join(directory, fileName);
    this.#database = openFile(directory, this.file, steps);
    const prepare = (sql: string): StatementSync => this.#database.prepare(sql);
    try {
      this.#put = prepare(
        'INSERT OR REPLACE INTO objects (resource, namespace, name, revision, json) VALUES (?, ?, ?, ?, ?)',
      );
      this.#remove = prepare('DELETE FROM objects WHERE resource = ? AND namespace = ? AND name = ?');
      this.#append = prepare(
        'INSERT INTO events (revision, type, resource, namespace, name, json, previous, wall_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      );
      this.#forget = prepare('DELETE FROM events WHERE revision <= ?');
      this.#count = prepare("UPDATE meta SET value = ? WHERE key = 'revision'");
    } catch (error) {
      this.#database.close();
      throw describe(error, this.file);
    }
  }

  /** Of the last change that was committed. Throws DatabaseError. */
  get revision(): number {
    const [row] = this.#rows("SELECT value FROM meta WHERE key = 'revision'");
    const text = row?.['value'];
    if (typeof text !== 'string' || !/^\d{1,15}$/.test(text)) throw damaged(this.file, 'it has no revision');
    return Number(text);
  }

  /** Throws DatabaseError. */
  *objects(): Generator<ObjectRow> {
    const newest = this.revision;
    for (const row of this.#rows('SELECT resource, namespace, name, revision, json FROM objects')) {
      const revision = this.#numberOf(row['revision']);
      if (revision > newest) throw damaged(this.file, `an object of revision ${revision} and none beyond ${newest}`);
      yield { key: this.#keyOf(row), revision, json: this.#textOf(row['json']) };
    }
  }

  /** In order, without a gap, up to the newest. Throws DatabaseError. */
  *events(): Generator<EventRow> {
    const newest = this.revision;
    let last: number | undefined;
    for (const row of this.#rows('SELECT * FROM events ORDER BY revision')) {
      const revision = this.#numberOf(row['revision']);
      if (last !== undefined && revision !== last + 1) {
        throw damaged(this.file, `change ${revision} follows change ${last}`);
      }
      last = revision;
      const type = row['type'];
      if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED') {
        throw damaged(this.file, `a change of type ${JSON.stringify(type)}`);
      }
      yield {
        revision,
        type,
        key: this.#keyOf(row),
        json: this.#textOf(row['json']),
        previousJson: row['previous'] === null ? undefined : this.#textOf(row['previous']),
        wallMs: this.#numberOf(row['wall_ms']),
      };
    }
    if (last !== undefined && last !== newest) {
      throw damaged(this.file, `the last change is ${last}, and its revision ${newest}`);
    }
  }

  /** All or nothing, and on the disk when this returns. Changes up to `forgotten` go. Throws DatabaseError. */
  commit(events: readonly EventRow[], forgotten: number): void {
    this.#transact(() => {
      for (const { revision, type, key, json, previousJson, wallMs } of events) {
        const { resource, namespace, name } = key;
        if (type === 'DELETED') this.#remove.run(resource, namespace, name);
        else this.#put.run(resource, namespace, name, revision, json);
        this.#append.run(revision, type, resource, namespace, name, json, previousJson ?? null, wallMs);
      }
      if (forgotten > 0) this.#forget.run(forgotten);
      const last = events.at(-1)?.revision;
      if (last !== undefined) this.#count.run(String(last));
    });
  }

  /** Writes what is there already, to find out whether the disk takes anything. Throws DatabaseError. */
  probe(): void {
    const { revision } = this;
    this.#transact(() => this.#count.run(String(revision)));
  }

  close(): void {
    this.#database.close();
  }

  #transact(work: () => void): void {
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#rollBack();
      throw describe(error, this.file);
    }
  }

  /** A full disk may have ended the transaction by itself. */
  #rollBack(): void {
    if (!this.#database.isTransaction) return;
    try {
      this.#database.exec('ROLLBACK');
    } catch (error) {
      throw describe(error, this.file);
    }
  }

  *#rows(sql: string): Generator<Row> {
    try {
      yield* this.#database.prepare(sql).iterate();
    } catch (error) {
      throw describe(error, this.file);
    }
  }

  #keyOf(row: Row): ObjectKey {
    return {
      resource: this.#textOf(row['resource']),
      namespace: this.#textOf(row['namespace']),
      name: this.#textOf(row['name']),
    };
  }

  #textOf(value: unknown): string {
    if (typeof value === 'string') return value;
    throw damaged(this.file, `${typeof value} where a text belongs`);
  }

  #numberOf(value: unknown): number {
    if (typeof value === 'number') return value;
    throw damaged(this.file, `${typeof value} where a number belongs`);
  }
}

type Row = Readonly<Record<string, unknown>>;

function openFile(directory: string, file: string, steps: readonly Migration[]): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    makePrivate(file);
    database = new DatabaseSync(file, { enableForeignKeyConstraints: false });
    openFormat(database, file, steps);
    return database;
  } catch (error) {
    database?.close();
    throw describe(error, file);
  }
}
