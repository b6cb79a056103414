// The books of the crash test: every write that was sent and what became of it, every change that a watch told, every list that was
// read after a crash. What does not fit together is a fault, in words. Knows nothing of HTTP.

export type WriteKind = 'create' | 'change' | 'delete';

export interface Write {
  readonly id: string;
  readonly kind: WriteKind;
  readonly name: string;
  /** Of a deletion: of which object. */
  readonly uid: string | undefined;
  readonly writer: number;
  readonly order: number;
  /** `landed` and `lost`: no answer came, and a look at the object told. */
  state: 'sent' | 'acknowledged' | 'landed' | 'lost';
  /** As acknowledged; deletions are without one. */
  revision: number | undefined;
  seenAt: number | undefined;
}

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  readonly name: string;
  readonly uid: string;
  /** Of the write that made the object what it is. */
  readonly id: string;
}

/** Everything there was at one revision: by name, the write that made it so. */
export interface Snapshot {
  readonly revision: number;
  readonly ids: ReadonlyMap<string, string>;
}

export class Ledger {
  readonly faults: string[] = [];
  readonly changes: Change[] = [];
  readonly #writes = new Map<string, Write>();
  readonly #snapshots: Snapshot[] = [];
  /** Of the newest acknowledged write. */
  newest = 0;
  acknowledged = 0;

  send(kind: WriteKind, name: string, uid: string | undefined, writer: number): Write {
    const order = this.#writes.size + 1;
    const write: Write = {
      id: `w${order}`,
      kind,
      name,
      uid,
      writer,
      order,
      state: 'sent',
      revision: undefined,
      seenAt: undefined,
    };
    this.#writes.set(write.id, write);
    return write;
  }

  acknowledge(write: Write, revision: number | undefined): void {
    write.state = 'acknowledged';
    write.revision = revision;
    this.acknowledged++;
    if (revision === undefined) return;
    this.newest = Math.max(this.newest, revision);
  }

  /** What one of the watches was told as its change number `index`: each must be told the same. */
  see(watch: string, index: number, change: Change): void {
    const known = this.changes.at(index);
    if (known !== undefined) {
      const isSame = known.type === change.type && known.revision === change.revision && known.id === change.id;
      if (!isSame)
        this.faults.push(`${watch} was told ${describe(change)} where another watch was told ${describe(known)}`);
      return;
    }
    const last = this.changes.at(-1)?.revision ?? 0;
    if (change.revision <= last) this.faults.push(`${watch} was told ${describe(change)} after ${last}`);
    this.changes.push(change);
  }

  list(snapshot: Snapshot): void {
    const before = Math.max(this.newest, this.#snapshots.at(-1)?.revision ?? 0);
    if (snapshot.revision < before) this.faults.push(`a list of ${snapshot.revision} after ${before} was told`);
    this.#snapshots.push(snapshot);
  }

  /** When everything is over: holds writes, changes and lists against each other. */
  check(): void {
    const objects = new Map<string, string>();
    const lastOf = new Map<string, number>();
    const snapshots = [...this.#snapshots];
    for (const change of this.changes) {
      while (snapshots.length > 0 && snapshots[0].revision < change.revision) this.#compare(snapshots.shift(), objects);
      this.#account(change, lastOf);
      if (change.type === 'DELETED') objects.delete(change.name);
      else objects.set(change.name, change.id);
    }
    for (const snapshot of snapshots) this.#compare(snapshot, objects);
    for (const { id, kind, name, state, revision, seenAt } of this.#writes.values()) {
      const what = `${kind} ${id} of ${name}`;
      if (state === 'lost' && seenAt !== undefined) this.faults.push(`${what} was not there, and came at ${seenAt}`);
      if (state !== 'acknowledged' && state !== 'landed') continue;
      if (seenAt === undefined) this.faults.push(`${what} ${state} (${revision}), and no watch was told`);
      else if (revision !== undefined && revision !== seenAt) {
        this.faults.push(`${what} was acknowledged as ${revision} and told as ${seenAt}`);
      }
    }
  }

  #account(change: Change, lastOf: Map<string, number>): void {
    const write = change.type === 'DELETED' ? this.#deletionOf(change) : this.#writes.get(change.id);
    const kinds = { ADDED: 'create', MODIFIED: 'change', DELETED: 'delete' } as const;
    if (write === undefined || write.kind !== kinds[change.type] || write.name !== change.name) {
      this.faults.push(`${describe(change)} was written by nobody`);
      return;
    }
    if (write.seenAt !== undefined) this.faults.push(`${describe(change)} was told before, at ${write.seenAt}`);
    write.seenAt = change.revision;
    const of = `${write.writer} ${write.name}`;
    if ((lastOf.get(of) ?? 0) > write.order) this.faults.push(`${describe(change)} came after a later write`);
    lastOf.set(of, write.order);
  }

  #deletionOf({ name, uid }: Change): Write | undefined {
    for (const write of this.#writes.values()) {
      if (write.kind === 'delete' && write.uid === uid && write.name === name && write.state !== 'lost') return write;
    }
    return undefined;
  }

  #compare(snapshot: Snapshot | undefined, objects: ReadonlyMap<string, string>): void {
    if (snapshot === undefined) return;
    const { revision, ids } = snapshot;
    for (const name of new Set([...ids.keys(), ...objects.keys()])) {
      if (ids.get(name) === objects.get(name)) continue;
      this.faults.push(`at ${revision} ${name} was ${ids.get(name)}, and by what was told it is ${objects.get(name)}`);
    }
  }
}

function describe({ type, revision, name, id }: Change): string {
  return `${type} ${name} (${id}) at ${revision}`;
}
