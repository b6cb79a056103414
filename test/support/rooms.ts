// Who may import whom: the table behind ARCHITECTURE.md, and the function that holds one import against it.
// .oxlintrc.json says the same per room for the editor's sake, less exactly; this table is the one that decides.
// A room is named by its folder; the longest matching name counts, so `bgp/net/` goes before `bgp/`.

import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import type { Import } from './imports.ts';

interface Room {
  /** Folders (with a closing slash) and files whose values may be imported, beside the room itself. */
  readonly values: readonly string[];
  /** Folders and files of which only types may be imported. */
  readonly types: readonly string[];
  /** A pure room imports no node: module, and of npm only the packages named in `purePackages`. */
  readonly isPure: boolean;
}

const shell = ['io', 'kernel', 'fib', 'speaker', 'control', 'kube', 'api', 'daemon'].map((name) => `src/${name}/`);
const bgpTop = ['bgp/ports.ts', 'bgp/config.ts', 'bgp/views.ts', 'bgp/events.ts'];
const everything = ['bgp/', 'src/', 'frr-lab/', 'test/', 'scripts/'];

const rooms: ReadonlyMap<string, Room> = new Map([
  ['bgp/', { values: ['bgp/'], types: [], isPure: true }],
  ['bgp/net/', { values: [], types: [], isPure: true }],
  ['bgp/wire/', { values: ['bgp/net/'], types: [], isPure: true }],
  ['bgp/policy/', { values: ['bgp/net/', 'bgp/wire/'], types: bgpTop, isPure: true }],
  ['bgp/rib/', { values: ['bgp/net/', 'bgp/wire/', 'bgp/policy/'], types: bgpTop, isPure: true }],
  ['bgp/session/', { values: ['bgp/net/', 'bgp/wire/'], types: bgpTop, isPure: true }],
  // bgp/policy: the texts of policies, so that a file is told what is wrong with them by who reads them.
  ['src/control/', { values: ['bgp/net/', 'bgp/policy/'], types: ['bgp/', 'src/kube/'], isPure: true }],
  ['src/kernel/', { values: ['bgp/net/'], types: [], isPure: false }],
  ['src/io/', { values: ['bgp/', 'src/kernel/'], types: [], isPure: false }],
  ['src/fib/', { values: ['bgp/', 'src/kernel/'], types: ['src/io/interfaces.ts'], isPure: false }],
  ['src/speaker/', { values: ['bgp/', 'src/io/', 'src/fib/'], types: [], isPure: false }],
  ['src/kube/', { values: ['bgp/net/', 'src/control/yaml/'], types: ['bgp/', 'src/control/'], isPure: false }],
  [
    'src/api/',
    {
      // bgp/policy: the patterns of policies, so that `show` filters by the same words.
      values: ['bgp/net/', 'bgp/wire/', 'bgp/policy/', 'bgp/views.ts'],
      types: ['bgp/', 'src/speaker/port.ts'],
      isPure: false,
    },
  ],
  ['src/cli/', { values: [], types: ['src/api/'], isPure: false }],
  [
    'src/daemon/',
    {
      values: ['io', 'kernel', 'fib', 'speaker', 'control', 'api'].map((name) => `src/${name}/`),
      types: ['bgp/'],
      isPure: false,
    },
  ],
  [
    'src/apiserver/',
    {
      values: ['io', 'kernel', 'control', 'kube', 'daemon'].map((name) => `src/${name}/`).concat('bgp/net/'),
      types: ['bgp/'],
      isPure: false,
    },
  ],
  [
    'src/operator/',
    {
      values: ['io', 'kernel', 'control', 'kube', 'api', 'daemon'].map((name) => `src/${name}/`),
      types: ['bgp/'],
      isPure: false,
    },
  ],
  ['src/agent/', { values: ['bgp/', ...shell], types: [], isPure: false }],
  ['src/router/', { values: ['bgp/', ...shell.filter((name) => name !== 'src/kube/')], types: [], isPure: false }],
  ['src/', { values: ['bgp/', 'src/'], types: [], isPure: false }],
  ['frr-lab/', { values: [], types: [], isPure: false }],
  ['test/', { values: everything, types: [], isPure: false }],
  ['scripts/', { values: ['src/kube/crds/', 'src/kube/builtin/'], types: [], isPure: false }],
]);

/** Packages that work on text and values alone, for the cores that read files' contents; bgp/ needs none. */
const purePackages: ReadonlyMap<string, readonly string[]> = new Map([['src/control/', ['yaml', 'typebox', 'ajv']]]);

/** Packages that only one room may import. */
const keepers: ReadonlyMap<string, string> = new Map([['koffi', 'src/kernel/']]);

/** The room's name, or undefined for a file that lies in none. */
export function roomOf(path: string): string | undefined {
  let best: string | undefined;
  for (const name of rooms.keys()) {
    if (path.startsWith(name) && name.length > (best?.length ?? 0)) best = name;
  }
  return best;
}

/** The house that import style goes by: `bgp/` and its parts are one, each folder of src/ is one. */
function houseOf(room: string): string {
  return room.startsWith('bgp/') ? 'bgp/' : room;
}

function isWithin(path: string, allowed: readonly string[]): boolean {
  return allowed.some((entry) => (entry.endsWith('/') ? path.startsWith(entry) : path === entry));
}

/** The path that a `#room/file.ts` stands for, by the `imports` of package.json. */
export function resolveAlias(specifier: string, aliases: ReadonlyMap<string, string>): string | undefined {
  for (const [pattern, target] of aliases) {
    const [before, after] = pattern.split('*');
    if (specifier.startsWith(before) && specifier.endsWith(after)) {
      return target.replace('*', specifier.slice(before.length, specifier.length - after.length));
    }
  }
  return undefined;
}

function judgePackage(room: string, rule: Room, specifier: string, declared: ReadonlySet<string>): string | undefined {
  if (isBuiltin(specifier)) {
    if (rule.isPure) return 'is pure and imports no node: module';
    return specifier.startsWith('node:') ? undefined : `writes node:${specifier}`;
  }
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  if (rule.isPure && !(purePackages.get(room) ?? []).includes(name)) return 'is pure and imports no such npm package';
  const keeper = keepers.get(name);
  if (keeper !== undefined && room !== keeper && room !== 'test/') return `may not import it: only ${keeper} does`;
  return declared.has(name) ? undefined : 'imports what package.json does not declare for it';
}

/** What is wrong with an import, or undefined. `declared` are the packages the importing file may count on. */
export function judgeImport(
  path: string,
  { specifier, isTypeOnly, isUrl = false }: Import,
  aliases: ReadonlyMap<string, string>,
  declared: ReadonlySet<string>,
): string | undefined {
  const room = roomOf(path);
  const rule = room === undefined ? undefined : rooms.get(room);
  if (room === undefined || rule === undefined) return `${path} lies in no room`;
  const complain = (why: string): string => `${path}: '${specifier}': ${room} ${why}`;

  const isRelative = specifier.startsWith('.');
  if (!isRelative && !specifier.startsWith('#')) {
    const fault = judgePackage(room, rule, specifier, declared);
    return fault === undefined ? undefined : complain(fault);
  }
  const target = isRelative ? posix.join(posix.dirname(path), specifier) : resolveAlias(specifier, aliases);
  if (target === undefined) return complain('uses an alias that package.json does not have');
  const targetRoom = roomOf(target);
  if (targetRoom === undefined) return complain(`reaches ${target}, which lies in no room`);
  if (isUrl && isRelative) {
    // The build rewrites imports, not URLs: the .ts would not be found in dist/. Tests are never built.
    if (room !== 'test/') return complain("names a worker's module by import.meta.resolve and its alias");
    return undefined;
  }
  if (targetRoom === room) {
    return isRelative || isUrl || room === 'test/' ? undefined : complain('imports its own files relatively');
  }

  const isSameHouse = houseOf(targetRoom) === houseOf(room);
  if (isSameHouse && !isRelative) return complain('imports its own files relatively');
  // Scripts have no alias: nothing but their own tests imports them.
  if (!isSameHouse && isRelative && targetRoom !== 'scripts/')
    return complain("imports other rooms as '#room/file.ts'");
  if (isWithin(target, rule.values)) return undefined;
  if (isWithin(target, rule.types)) {
    return isTypeOnly ? undefined : complain(`takes only types from ${target} (import type)`);
  }
  return complain(`may not import ${target}`);
}
