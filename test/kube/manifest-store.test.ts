// A store over a real directory that people, editors and volume mounts change in every way they do.

import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { admitManifest } from '#agent/judge-manifest.ts';
import { ManifestStore } from '#kube/manifest-store.ts';
import { skip } from '#support/skip.ts';

interface Fixture {
  readonly directory: string;
  readonly historyFile: string;
  readonly store: ManifestStore;
  readonly changes: () => number;
  readonly write: (name: string, text: string) => void;
  readonly names: () => string[];
  readonly faults: () => string[];
  /** Waits until the claim holds; fails with the store's state. Answers in how many steps of time it did: the store's own timers are as
   * late as these when the machine is. */
  readonly until: (claim: () => boolean) => Promise<number>;
  /** Waits for longer than the store needs to see a change. */
  readonly rest: () => Promise<void>;
}

const STEP_MS = 50;
const LONGEST_MS = 30_000;

const node = (name: string, cidr = '10.0.0.0/24'): string =>
  `apiVersion: v1\nkind: Node\nmetadata:\n  name: ${name}\nspec:\n  podCIDRs: [${cidr}]\n`;

function makeStore(directory: string, historyFile: string): ManifestStore {
  return new ManifestStore({ directory, historyFile }, { admit: admitManifest, nowMs: () => Date.now() });
}

async function open(t: ExecutionContext, files: Readonly<Record<string, string>> = {}): Promise<Fixture> {
  const base = mkdtempSync(join(tmpdir(), 'waggle-manifests-'));
  const directory = join(base, 'manifests');
  const historyFile = join(base, 'state', 'objects.json');
  mkdirSync(directory);
  const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);
  for (const [name, text] of Object.entries(files)) write(name, text);
  const store = makeStore(directory, historyFile);
  t.teardown(() => {
    store.stop();
    rmSync(base, { recursive: true, force: true });
  });
  let changes = 0;
  store.onChange(() => changes++);
  await store.start();
  const names = (): string[] => store.list('Node').map(({ metadata }) => metadata.name);
  const faults = (): string[] =>
    store
      .faults()
      .map(({ where, message }) => `${where.replace(`${base}/`, '')}: ${message.replaceAll(`${base}/`, '')}`);
  return {
    directory,
    historyFile,
    store,
    changes: () => changes,
    write,
    names,
    faults,
    async until(claim) {
      for (let steps = 0; steps < LONGEST_MS / STEP_MS; steps++) {
        if (claim()) {
          t.pass();
          return steps;
        }
        await sleep(STEP_MS);
      }
      return t.fail(`nodes ${names().join(' ')}; faults ${faults().join(' | ')}`);
    },
    async rest() {
      for (let steps = 0; steps < 900 / STEP_MS; steps++) await sleep(STEP_MS);
    },
  };
}

function cidrOf({ store }: Fixture, name: string): string | undefined {
  return store.list('Node').find(({ metadata }) => metadata.name === name)?.spec?.podCIDRs?.[0];
}

test('objects are there when start resolves, in one order, with what an API server would have added', async (t) => {
  const { store, names, faults } = await open(t, {
    'b.yaml': node('n2'),
    'a.yml': `${node('n3')}---\n${node('n1')}`,
    'c.json': '{"apiVersion":"v1","kind":"Node","metadata":{"name":"n4","labels":{"a":"b"}}}',
    'notes.txt': 'not a manifest',
    '.hidden.yaml': 'nor: this',
  });
  t.deepEqual(faults(), []);
  t.deepEqual(names(), ['n1', 'n2', 'n3', 'n4']);
  const [first, , , last] = store.list('Node');
  t.regex(first.metadata.uid, /^[0-9a-f-]{36}$/);
  t.regex(first.metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  t.deepEqual([first.metadata.labels, last.metadata.labels], [{}, { a: 'b' }]);
  t.deepEqual(store.list('CiliumNode'), []);
});

test('a time that the manifest gives counts, in UTC and whole seconds', async (t) => {
  const text = 'apiVersion: v1\nkind: Node\nmetadata: { name: n1, creationTimestamp: 2025-01-31T14:00:00.5+02:00 }\n';
  const { store } = await open(t, { 'a.yaml': text });
  t.is(store.list('Node')[0].metadata.creationTimestamp, '2025-01-31T12:00:00Z');
});

test('new, changed and removed files are seen within a second', async (t) => {
  const fixture = await open(t, { 'a.yaml': node('n1') });
  fixture.write('b.yaml', node('n2'));
  t.true((await fixture.until(() => fixture.names().join() === 'n1,n2')) * STEP_MS < 2000);
  fixture.write('a.yaml', node('n1', '10.9.0.0/24'));
  await fixture.until(() => cidrOf(fixture, 'n1') === '10.9.0.0/24');
  unlinkSync(join(fixture.directory, 'a.yaml'));
  await fixture.until(() => fixture.names().join() === 'n2');
  t.deepEqual(fixture.faults(), []);
});

test('a directory at rest changes nothing, and neither does time', async (t) => {
  const fixture = await open(t, { 'a.yaml': node('n1') });
  await fixture.rest();
  t.is(fixture.changes(), 0);
});

test('an object whose new text is broken keeps its last good version until it is mended', async (t) => {
  const fixture = await open(t, { 'a.yaml': node('n1') });
  fixture.write('a.yaml', node('n1', 'pods'));
  await fixture.until(() => fixture.faults().length === 1);
  t.deepEqual(fixture.faults(), [
    'manifests/a.yaml:6: spec.podCIDRs[0]: "pods": expected a prefix without host bits, such as 10.244.1.0/24',
  ]);
  t.is(cidrOf(fixture, 'n1'), '10.0.0.0/24');
  fixture.write('a.yaml', node('n1', '10.9.0.0/24'));
  await fixture.until(() => fixture.faults().length === 0);
  t.is(cidrOf(fixture, 'n1'), '10.9.0.0/24');
});

const brokenEdits: readonly (readonly [claim: string, text: string, fault: RegExp])[] = [
  ['broken YAML', 'kind: [', /not valid YAML/],
  ['a misspelt kind', node('n1').replace('Node', 'Nod'), /did you mean Node/],
  ['a misspelt apiVersion', node('n1').replace('v1', 'v2'), /expected v1/],
  ['a name that is none', node('N_1'), /expected lower-case letters/],
  ['a missing name', 'apiVersion: v1\nkind: Node\n', /metadata.name: missing/],
  ['another kind of text', 'hello', /expected a Kubernetes object/],
];

for (const [claim, text, fault] of brokenEdits) {
  test(`${claim} takes nothing away from what its file held`, async (t) => {
    const fixture = await open(t, { 'a.yaml': `${node('n1')}---\n${node('n2')}`, 'b.yaml': node('n3') });
    fixture.write('a.yaml', text);
    await fixture.until(() => fixture.faults().length > 0);
    t.regex(fixture.faults()[0], fault);
    t.deepEqual(fixture.names(), ['n1', 'n2', 'n3']);
  });
}

test('a file that is emptied keeps what it held and says so, until it is written again or removed', async (t) => {
  const fixture = await open(t, { 'a.yaml': `${node('n1')}---\n${node('n3')}`, 'b.yaml': node('n2') });
  const fault = 'manifests/a.yaml:1: holds no object: remove the file to remove what it held';
  for (const text of ['', '# nothing any more\n', '---\n---\n']) {
    fixture.write('a.yaml', text);
    await fixture.until(() => fixture.faults().length === 1);
    await fixture.rest();
    t.deepEqual(fixture.faults(), [fault]);
    t.deepEqual(fixture.names(), ['n1', 'n2', 'n3']);
  }
  fixture.write('a.yaml', node('n1'));
  await fixture.until(() => fixture.faults().length === 0);
  t.deepEqual(fixture.names(), ['n1', 'n2']);
  fixture.write('a.yaml', '');
  await fixture.until(() => fixture.faults().length === 1);
  unlinkSync(join(fixture.directory, 'a.yaml'));
  await fixture.until(() => fixture.names().join() === 'n2');
  t.deepEqual(fixture.faults(), []);
});

test('a file that is empty because its objects moved, or always was, is no fault', async (t) => {
  const fixture = await open(t, { 'a.yaml': node('n1'), 'e.yaml': '# to come\n' });
  t.deepEqual(fixture.faults(), []);
  fixture.write('b.yaml', node('n1'));
  fixture.write('a.yaml', '');
  await fixture.until(() => fixture.store.locate('Node/n1', [])?.endsWith('b.yaml:1') === true);
  t.deepEqual(fixture.faults(), []);
});

test('a file that is being written is left alone until it is whole', async (t) => {
  const fixture = await open(t, { 'a.yaml': node('n1') });
  const path = join(fixture.directory, 'a.yaml');
  const text = node('n1', '10.9.0.0/24');
  // Cut short, then a piece every 100 ms: the store never sees two looks agree before the end.
  writeFileSync(path, '');
  for (let offset = 0; offset < text.length; offset += 12) {
    appendFileSync(path, text.slice(offset, offset + 12));
    t.deepEqual(fixture.names(), ['n1']);
    await sleep(100);
  }
  await fixture.until(() => cidrOf(fixture, 'n1') === '10.9.0.0/24');
  t.deepEqual(fixture.faults(), []);
  t.is(fixture.changes(), 1);
});

test('a file that is replaced by way of its absence never loses its objects', async (t) => {
  const fixture = await open(t, { 'a.yaml': node('n1') });
  const seen = new Set<string>();
  fixture.store.onChange(() => seen.add(fixture.names().join()));
  for (let round = 0; round < 8; round++) {
    unlinkSync(join(fixture.directory, 'a.yaml'));
    await sleep(20);
    fixture.write('a.yaml', node('n1', `10.${round}.0.0/24`));
    await sleep(400);
  }
  await fixture.until(() => cidrOf(fixture, 'n1') === '10.7.0.0/24');
  t.deepEqual([...seen], ['n1']);
});

test('an object that moves to another file stays the same object', async (t) => {
  const fixture = await open(t, { 'a.yaml': node('n1') });
  const [before] = fixture.store.list('Node');
  renameSync(join(fixture.directory, 'a.yaml'), join(fixture.directory, 'z.yaml'));
  await fixture.until(() => fixture.store.locate('Node/n1', [])?.endsWith('z.yaml:1') === true);
  t.deepEqual(fixture.store.list('Node'), [before]);
});

test('a second file with an object in force does not take it over', async (t) => {
  const fixture = await open(t, { 'b.yaml': node('n1') });
  fixture.write('a.yaml', node('n1', '10.9.0.0/24'));
  await fixture.until(() => fixture.faults().length === 1);
  t.deepEqual(fixture.faults(), [
    'manifests/a.yaml:1: the same object stands in manifests/b.yaml:1, which is used: remove one of them',
  ]);
  t.is(cidrOf(fixture, 'n1'), '10.0.0.0/24');
  unlinkSync(join(fixture.directory, 'b.yaml'));
  await fixture.until(() => cidrOf(fixture, 'n1') === '10.9.0.0/24');
  t.deepEqual(fixture.faults(), []);
});

test('symlinks that are swapped, as ConfigMap volumes do, are followed', async (t) => {
  const fixture = await open(t);
  const inside = (...names: readonly string[]): string => join(fixture.directory, ...names);
  const putVersion = (version: string, text: string): void => {
    mkdirSync(inside(version));
    writeFileSync(inside(version, 'a.yaml'), text);
    symlinkSync(version, inside('..next'));
    renameSync(inside('..next'), inside('..data'));
  };
  putVersion('..v1', node('n1'));
  symlinkSync(join('..data', 'a.yaml'), inside('a.yaml'));
  await fixture.until(() => fixture.names().join() === 'n1');
  putVersion('..v2', node('n1', '10.9.0.0/24'));
  await fixture.until(() => cidrOf(fixture, 'n1') === '10.9.0.0/24');
  t.deepEqual(fixture.faults(), []);
});

test('a rewrite that keeps size and time of writing is seen', async (t) => {
  const fixture = await open(t, { 'a.yaml': node('n1') });
  const path = join(fixture.directory, 'a.yaml');
  const { atimeMs, mtimeMs } = statSync(path);
  writeFileSync(path, node('n1', '10.9.0.0/24'));
  utimesSync(path, atimeMs / 1000, mtimeMs / 1000);
  await fixture.until(() => cidrOf(fixture, 'n1') === '10.9.0.0/24');
});

test('a symlink that leads nowhere keeps what its file held', async (t) => {
  const fixture = await open(t, { 'target.txt': node('n1') });
  symlinkSync('target.txt', join(fixture.directory, 'a.yaml'));
  await fixture.until(() => fixture.names().join() === 'n1');
  unlinkSync(join(fixture.directory, 'target.txt'));
  await fixture.until(() => fixture.faults().length === 1);
  t.regex(fixture.faults()[0], /^manifests\/a\.yaml: no such file$/);
  t.deepEqual(fixture.names(), ['n1']);
});

test('a file that may not be read keeps what it held', async (t) => {
  const fixture = await open(t, { 'a.yaml': node('n1') });
  if (process.getuid?.() === 0) return skip(t, 'root reads every file');
  chmodSync(join(fixture.directory, 'a.yaml'), 0);
  await fixture.until(() => fixture.faults().length === 1);
  t.regex(fixture.faults()[0], /permission denied/);
  t.deepEqual(fixture.names(), ['n1']);
});

test('what is no file, or too large a one, is refused by name and never opened', async (t) => {
  const fixture = await open(t, { 'a.yaml': node('n1') });
  mkdirSync(join(fixture.directory, 'd.yaml'));
  fixture.write('big.yaml', '#'.repeat(4 * 1024 * 1024 + 1));
  await fixture.until(() => fixture.faults().length === 2);
  t.deepEqual(fixture.faults(), [
    'manifests/big.yaml: 4194305 bytes: at most 4194304 are read',
    'manifests/d.yaml: not a file',
  ]);
  t.deepEqual(fixture.names(), ['n1']);
});

test('a directory that goes away keeps everything, and says so until it is back', async (t) => {
  const fixture = await open(t, { 'a.yaml': node('n1') });
  renameSync(fixture.directory, `${fixture.directory}.away`);
  await fixture.until(() => fixture.faults().length === 1);
  t.regex(fixture.faults()[0], /^manifests: no such directory$/);
  t.deepEqual(fixture.names(), ['n1']);
  renameSync(`${fixture.directory}.away`, fixture.directory);
  await fixture.until(() => fixture.faults().length === 0);
  t.deepEqual(fixture.names(), ['n1']);
});

test('ages survive a restart, also that of an object which is broken meanwhile', async (t) => {
  const fixture = await open(t, { 'a.yaml': node('n1') });
  const [before] = fixture.store.list('Node');
  fixture.store.stop();
  fixture.write('a.yaml', node('n1', 'pods'));
  const second = makeStore(fixture.directory, fixture.historyFile);
  await second.start();
  second.stop();
  t.deepEqual(second.list('Node'), []);
  fixture.write('a.yaml', node('n1'));
  const third = makeStore(fixture.directory, fixture.historyFile);
  await third.start();
  third.stop();
  t.deepEqual(third.list('Node'), [before]);
});

test('a history that cannot be written is a fault, and is written once it can be', async (t) => {
  const fixture = await open(t);
  rmSync(join(fixture.historyFile, '..'), { recursive: true, force: true });
  writeFileSync(join(fixture.historyFile, '..'), '');
  fixture.write('a.yaml', node('n1'));
  await fixture.until(() => fixture.faults().length === 1);
  t.regex(fixture.faults()[0], /^state\/objects\.json: ages of objects will be forgotten by a restart: /);
  t.deepEqual(fixture.names(), ['n1']);
  rmSync(join(fixture.historyFile, '..'));
  await fixture.until(() => fixture.faults().length === 0);
  t.true(statSync(fixture.historyFile).isFile());
});
