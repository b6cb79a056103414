// The rules of the house, checked on every TypeScript file of the tree: who imports whom, how long a file may be, how it opens,
// what it may be called. The import rules are in test/support/rooms.ts; each rule is also tried here on input that breaks it.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { type Import, listImports } from './support/imports.ts';
import { judgeImport } from './support/rooms.ts';

interface Source {
  readonly path: string;
  readonly text: string;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = ['bgp', 'src', 'frr-lab', 'test', 'scripts'];
const maxLines = 500;
const shortFileLines = 80;
const bannedWords = ['util', 'utils', 'helper', 'helpers', 'common', 'manager', 'misc'];
/** A file that went missing from the walk would go unchecked; the tree only grows past this. */
const minFiles = 60;

function readSources(): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${folder}/${name}`)
      .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') })),
  );
}

function listKeys(value: unknown): string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

const manifest: Record<string, unknown> = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const runtimePackages = new Set(listKeys(manifest['dependencies']));
const allPackages = new Set([...runtimePackages, ...listKeys(manifest['devDependencies'])]);

/** alias pattern → path in the repository, from the `default` condition of package.json's `imports`. */
function readAliases(): Map<string, string> {
  const imports = manifest['imports'];
  const aliases = new Map<string, string>();
  if (typeof imports !== 'object' || imports === null) return aliases;
  for (const [pattern, target] of Object.entries(imports)) {
    const path: unknown = typeof target === 'string' ? target : target.default;
    aliases.set(pattern, String(path).replace(/^\.\//, ''));
  }
  return aliases;
}

const aliases = readAliases();
const sources = readSources();

function isProduct(path: string): boolean {
  return path.startsWith('bgp/') || path.startsWith('src/') || path.startsWith('frr-lab/');
}

function judge(path: string, imported: Import): string | undefined {
  return judgeImport(path, imported, aliases, isProduct(path) ? runtimePackages : allPackages);
}

function judgeLength({ path, text }: Source): string | undefined {
  const lines = text.split('\n').length - 1;
  if (lines <= maxLines || /generated/i.test(text.slice(0, text.indexOf('\n')))) return undefined;
  return `${path} has ${lines} lines: split it by concept (limit ${maxLines})`;
}

/** Two lines of comment, so that a reader knows what lives in the file and what does not; one will do for a short file or a test. */
function judgeOpening({ path, text }: Source): string | undefined {
  const lines = text.replace(/^#!.*\n/, '').split('\n');
  const end = lines.findIndex((line) => !/^\s*(\/\/|\/\*|\*)/.test(line));
  const wanted = lines.length > shortFileLines && !path.startsWith('test/') ? 2 : 1;
  return end >= wanted ? undefined : `${path} does not open with a comment (${wanted} lines or more)`;
}

function judgeName(path: string): string | undefined {
  const words = path.replace(/\.ts$/, '').split(/[/.-]/);
  const banned = words.find((word) => bannedWords.includes(word));
  if (banned !== undefined) return `${path}: "${banned}" names no concept`;
  return /^[a-z0-9-]+(\.test|\.d)?\.ts$/.test(basename(path)) ? undefined : `${path} is not kebab-case`;
}

/** A skip needs a reason (test/support/skip.ts), and `only` hides every other test of its file. */
function judgeTestModifiers({ path, text }: Source): string | undefined {
  const found = /^\s*test(?:\.serial)?\.(skip|only|todo|failing)\b/m.exec(text);
  return found === null ? undefined : `${path} uses test.${found[1]}`;
}

function collect<T>(items: readonly T[], rule: (item: T) => string | undefined): string[] {
  return items.map(rule).filter((fault) => fault !== undefined);
}

test('the walk reads the whole tree', (t) => {
  t.log(`${sources.length} files read`);
  t.true(sources.length >= minFiles, `${sources.length} files read, expected at least ${minFiles}`);
  for (const folder of folders)
    t.true(
      sources.some(({ path }) => path.startsWith(`${folder}/`)),
      folder,
    );
  t.true(aliases.size >= 12);
});

test('every import respects the rooms', (t) => {
  const faults = sources.flatMap(({ path, text }) => collect(listImports(text), (found) => judge(path, found)));
  const count = sources.reduce((sum, { text }) => sum + listImports(text).length, 0);
  t.true(count > sources.length, `only ${count} imports found in ${sources.length} files`);
  t.deepEqual(faults, []);
});

test(`no file is longer than ${maxLines} lines`, (t) => {
  t.deepEqual(collect(sources, judgeLength), []);
});

test('every file opens by saying what lives in it', (t) => {
  t.deepEqual(collect(sources, judgeOpening), []);
});

test('every file is named for its concept', (t) => {
  t.deepEqual(
    collect(sources, ({ path }) => judgeName(path)),
    [],
  );
});

test('no test is skipped without a reason or hides others', (t) => {
  t.deepEqual(collect(sources, judgeTestModifiers), []);
});

const value = (specifier: string): Import => ({ specifier, isTypeOnly: false });
const url = (specifier: string): Import => ({ specifier, isTypeOnly: false, isUrl: true });
const type = (specifier: string): Import => ({ specifier, isTypeOnly: true });

const refused: readonly (readonly [path: string, imported: Import, why: RegExp])[] = [
  ['bgp/net/asn.ts', value('node:net'), /pure/],
  ['bgp/net/asn.ts', type('node:net'), /pure/],
  ['bgp/wire/open.ts', value('yaml'), /pure/],
  ['bgp/net/asn.ts', value('../wire/open.ts'), /may not import/],
  ['bgp/wire/open.ts', value('../session/fsm.ts'), /may not import/],
  ['bgp/policy/compile.ts', value('../rib/loc-rib.ts'), /may not import/],
  ['bgp/session/fsm.ts', value('../rib/loc-rib.ts'), /may not import/],
  ['bgp/rib/loc-rib.ts', value('../config.ts'), /only types/],
  ['bgp/rib/loc-rib.ts', value('../speaker.ts'), /may not import/],
  ['bgp/speaker.ts', value('#io/tcp.ts'), /may not import/],
  ['bgp/speaker.ts', type('#kernel/socket.ts'), /may not import/],
  ['bgp/speaker.ts', value('#bgp/net/asn.ts'), /relatively/],
  ['bgp/speaker.ts', value('../src/io/tcp.ts'), /#room/],
  ['src/control/bgp/peers.ts', value('node:fs'), /pure/],
  ['src/control/bgp/peers.ts', value('fastify'), /pure/],
  ['src/control/bgp/peers.ts', value('#bgp/speaker.ts'), /only types/],
  ['src/control/bgp/peers.ts', value('#kube/store.ts'), /only types/],
  ['src/control/bgp/peers.ts', type('#api/show.ts'), /may not import/],
  ['src/kube/store.ts', value('#kernel/socket.ts'), /may not import/],
  ['src/kernel/socket.ts', value('#kube/store.ts'), /may not import/],
  ['src/io/tcp.ts', value('koffi'), /only src\/kernel/],
  ['src/io/tcp.ts', value('net'), /node:net/],
  ['src/io/tcp.ts', value('left-pad'), /does not declare/],
  ['src/io/tcp.ts', value('ava'), /does not declare/],
  ['src/io/tcp.ts', value('../kernel/socket.ts'), /#room/],
  ['src/speaker/worker.ts', value('#api/show.ts'), /may not import/],
  ['src/speaker/thread.ts', url('./worker.ts'), /import.meta.resolve/],
  ['src/speaker/thread.ts', url('#router/run.ts'), /may not import/],
  ['src/api/show.ts', value('#speaker/port.ts'), /only types/],
  ['src/api/show.ts', type('#speaker/worker.ts'), /may not import/],
  ['src/api/show.ts', value('#bgp/rib/loc-rib.ts'), /only types/],
  ['src/cli/show.ts', value('#api/show.ts'), /only types/],
  ['src/cli/show.ts', type('#bgp/views.ts'), /may not import/],
  ['src/router/run.ts', value('#kube/store.ts'), /may not import/],
  ['src/agent/run.ts', value('#router/run.ts'), /may not import/],
  ['src/agent/run.ts', value('#support/clock.ts'), /may not import/],
  ['src/main.ts', value('#lab/run.ts'), /may not import/],
  ['src/main.ts', value('#nowhere/run.ts'), /alias/],
  ['frr-lab/up.ts', value('#bgp/net/asn.ts'), /may not import/],
  ['elsewhere/a.ts', value('./b.ts'), /no room/],
];

for (const [path, imported, why] of refused) {
  const kind = imported.isTypeOnly ? 'the types of' : imported.isUrl === true ? 'the URL of' : 'values of';
  test(`${path} may not import ${kind} ${imported.specifier}`, (t) => {
    t.regex(judge(path, imported) ?? '', why);
  });
}

test('what the rooms allow is allowed', (t) => {
  const allowed: readonly (readonly [string, Import])[] = [
    ['bgp/wire/open.ts', value('../net/asn.ts')],
    ['bgp/rib/loc-rib.ts', value('../policy/compile.ts')],
    ['bgp/rib/loc-rib.ts', type('../config.ts')],
    ['bgp/speaker.ts', value('./rib/loc-rib.ts')],
    ['src/control/bgp/peers.ts', value('#bgp/net/asn.ts')],
    ['src/control/bgp/peers.ts', value('yaml')],
    ['src/control/bgp/peers.ts', type('#bgp/config.ts')],
    ['src/control/bgp/peers.ts', value('../router/policies.ts')],
    ['src/kernel/socket.ts', value('koffi')],
    ['src/io/tcp.ts', value('#kernel/socket.ts')],
    ['src/speaker/worker.ts', value('#io/tcp.ts')],
    ['src/speaker/thread.ts', url('#speaker/worker.ts')],
    ['src/api/show.ts', type('#speaker/port.ts')],
    ['src/api/show.ts', value('#bgp/views.ts')],
    ['src/api/show.ts', value('#bgp/wire/attributes.ts')],
    ['src/cli/show.ts', type('#api/problem.ts')],
    ['src/agent/run.ts', value('#kube/store.ts')],
    ['src/main.ts', value('#router/run.ts')],
    ['test/bgp/net/asn.test.ts', value('fast-check')],
    ['test/scripts/tap.test.ts', value('../../scripts/tap.ts')],
  ];
  t.deepEqual(
    collect(allowed, ([path, imported]) => judge(path, imported)),
    [],
  );
});

test('imports are found however they are written', (t) => {
  const text = [
    "import a from 'a';",
    "import 'b';",
    "import type { C } from 'c';",
    "import {\n  type D,\n  d,\n} from 'd';",
    "import e, * as e2 from 'e';",
    "export { f } from 'f';",
    "export * from 'g';",
    "export type * from 'h';",
    // Put together here, so that reading this very file finds no such import.
    `const i = await ${'import'}('i');`,
    `new Worker(new ${'URL'}('./j.ts', import.meta.url));`,
    `new Worker(import.meta.${'resolve'}('#speaker/k.ts'));`,
    "export const none = 'not-a-module';",
  ].join('\n');
  const found = listImports(text);
  t.is(found.map(({ specifier }) => specifier).join(' '), 'a b c d e f g h i ./j.ts #speaker/k.ts');
  t.is(
    found
      .filter(({ isTypeOnly }) => isTypeOnly)
      .map(({ specifier }) => specifier)
      .join(' '),
    'c h',
  );
});

test('the rules for files refuse what they should', (t) => {
  const long = `// a\n// b\n${'x;\n'.repeat(maxLines)}`;
  t.regex(judgeLength({ path: 'bgp/long.ts', text: long }) ?? '', /502 lines/);
  t.is(judgeLength({ path: 'bgp/long.ts', text: `// Generated by x\n${long}` }), undefined);
  t.regex(
    judgeOpening({ path: 'bgp/bare.ts', text: `// one line\n${'x;\n'.repeat(shortFileLines)}` }) ?? '',
    /does not open/,
  );
  t.regex(judgeOpening({ path: 'bgp/bare.ts', text: 'export {};\n' }) ?? '', /does not open/);
  t.is(judgeOpening({ path: 'bgp/fine.ts', text: '#!/usr/bin/env node\n// one\n// two\nexport {};\n' }), undefined);
  t.regex(judgeName('src/agent/peer-manager.ts') ?? '', /manager/);
  t.regex(judgeName('src/utils/bytes.ts') ?? '', /utils/);
  t.regex(judgeName('bgp/net/RouterId.ts') ?? '', /kebab/);
  t.is(judgeName('bgp/net/router-id.test.ts'), undefined);
  t.regex(judgeTestModifiers({ path: 'a.test.ts', text: 'test.serial.only(1)' }) ?? '', /test.only/);
});
