// docs/router.md against the schema of the router file (src/control/router): every field of every level stands in a table, none is invented,
// bounds and words are the schema's, and writing a default down changes nothing. The column "a change" is test/router's.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { routerFileSchema } from '#control/router/schema.ts';
import { readRouterFile } from '#control/router/settings.ts';
import { RouterFileValidator } from '#control/router/validate.ts';
import { isJson, type Json, toJson } from '#support/frr-fixtures.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/router.md', import.meta.url)), 'utf8');

/** A field of the schema: what its row must say. */
interface Field {
  readonly path: string;
  readonly numbers: ReadonlySet<number>;
  readonly words: ReadonlySet<string>;
  readonly isAsn: boolean;
}

/** What stands in the place of a level: by family, or with the fields of something else. */
const skippedLevels = new Set(['ipv4-unicast', 'ipv6-unicast']);

function mergeInto<T>(target: Set<T>, values: Iterable<T>): void {
  for (const value of values) target.add(value);
}

/** Every field below a schema by its path; lists and alternatives are no level of their own. */
function collect(schema: Json, path: string, found: Map<string, Field>): void {
  const here = found.get(path);
  const numbers = new Set(here?.numbers);
  const words = new Set(here?.words);
  let isAsn = here?.isAsn ?? false;
  const look = (node: unknown): void => {
    if (!isJson(node)) return;
    if (
      node['minimum'] === 1 &&
      node['maximum'] === 4_294_967_295 &&
      String(node['description']).includes('AS number')
    ) {
      isAsn = true;
    } else {
      const bounds = [node['minimum'], node['maximum'], node['maxLength'], node['maxItems']];
      mergeInto(
        numbers,
        bounds.filter((bound): bound is number => typeof bound === 'number'),
      );
    }
    if (typeof node['const'] === 'string') words.add(node['const']);
    if (Array.isArray(node['anyOf'])) for (const alternative of node['anyOf']) look(alternative);
    look(node['items']);
    if (!isJson(node['properties'])) return;
    for (const [key, child] of Object.entries(node['properties'])) {
      const below = skippedLevels.has(key) ? path : path === '' ? key : `${path}.${key}`;
      collect(toJson(child), below, found);
    }
  };
  look(schema);
  if (path !== '') {
    const below = found.get(path);
    mergeInto(numbers, below?.numbers ?? []);
    mergeInto(words, below?.words ?? []);
    found.set(path, { path, numbers, words, isAsn });
  }
}

function collectAll(): ReadonlyMap<string, Field> {
  const found = new Map<string, Field>();
  collect(toJson(JSON.parse(JSON.stringify(routerFileSchema))), '', found);
  return found;
}

/** The same fields as another level, whose rows speak for them. */
const sameAs: readonly (readonly [path: string, as: string])[] = [
  ['router.peerGroups.', 'router.neighbors.'],
  ['router.neighbors.familyOptions.', 'router.neighbors.'],
  ['router.gracefulRestart.', 'router.neighbors.gracefulRestart.'],
];

function nameAs(path: string): string {
  // `{list}` stands once for all three.
  let name = path.replace(/\.(any|all|none)\.list$/, '.list');
  for (const [prefix, as] of sameAs) if (name.startsWith(prefix)) name = as + name.slice(prefix.length);
  return name;
}

/** Fields that only one of two levels has. */
const ownFields = [
  'router.peerGroups.name',
  'router.gracefulRestart.longLivedStaleSec',
  'router.gracefulRestart.selectionDeferralSec',
];

interface Row {
  readonly paths: readonly string[];
  readonly cells: readonly string[];
}

/** First word of a table's head → where its fields stand. */
const places: Readonly<Record<string, string>> = {
  'of a neighbor alone': 'router.neighbors.',
  'of a policy': 'router.policies.',
  match: 'router.policies.statements.match.',
  set: 'router.policies.statements.set.',
  lists: 'router.',
};
/** Tables whose head says only `field`, by their heading. */
const byHeading: Readonly<Record<string, string>> = {
  'At the top': '',
  router: 'router.',
  Neighbors: 'router.neighbors.',
};

function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`{}]+)`/g)].map(([, name]) => name);
}

/** `{a, b: c}` names the fields a and b. */
function fieldsInBraces(cell: string): string[] {
  return [...cell.matchAll(/`\{([^`}]+)\}`/g)].flatMap(([, inner]) =>
    inner.split(',').map((part) => part.replace(/:.*/, '').trim()),
  );
}

function readRows(): Row[] {
  const rows: Row[] = [];
  let heading = '';
  let place: string | undefined;
  for (const line of page.slice(0, page.indexOf('## Examples')).split('\n')) {
    const title = /^## (.*)/.exec(line)?.[1];
    if (title !== undefined) heading = title;
    if (!line.startsWith('|')) {
      place = undefined;
      continue;
    }
    const cells = line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());
    if (/^-+$/.test(cells[0])) continue;
    if (place === undefined) {
      place = cells[0] === 'field' ? byHeading[heading] : (places[cells[0]] ?? 'not of fields');
      continue;
    }
    if (place === 'not of fields') continue;
    const base = place;
    const names = namesIn(cells[0]);
    rows.push({
      paths: names.flatMap((name) => [
        base + name,
        ...fieldsInBraces(cells[1]).map((field) => `${base}${name}.${field}`),
      ]),
      cells,
    });
  }
  return rows;
}

const fields = collectAll();
const rows = readRows();

/** Maps that stand in the page only as what goes before a dot. */
function isLevel(path: string): boolean {
  return [...fields.keys()].some((other) => other.startsWith(`${path}.`));
}

test('every field of the schema has a row, and every row is of a field', (t) => {
  t.true(fields.size > 200, `${fields.size} fields`);
  const written = new Set(rows.flatMap((row) => row.paths));
  const said = new Set([...written].map(nameAs));
  t.deepEqual(
    [...fields.keys()].filter(
      (path) => !isLevel(path) && !said.has(nameAs(path)) && !ownFields.slice(0, 1).includes(path),
    ),
    [],
    'not in the page',
  );
  t.deepEqual(
    [...written].filter((path) => !fields.has(path)),
    [],
    'not in the schema',
  );
  for (const path of ownFields.slice(1)) t.true(written.has(path), path);
});

test('levels that the page describes once are the same in the schema', (t) => {
  for (const [prefix, as] of sameAs) {
    const below = (start: string): string[] => [...fields.keys()].filter((path) => path.startsWith(start));
    for (const path of below(prefix)) {
      if (ownFields.includes(path)) continue;
      const other = fields.get(as + path.slice(prefix.length));
      t.deepEqual({ ...fields.get(path), path: '' }, { ...other, path: '' }, path);
    }
  }
});

test('bounds and words of a field stand in its row', (t) => {
  let compared = 0;
  for (const { path, numbers, words, isAsn } of fields.values()) {
    const cells = rows
      .filter((row) => row.paths.some((other) => nameAs(other) === nameAs(path)))
      .map((row) => row.cells[1]);
    if (cells.length === 0) continue;
    const text = cells.join(' ');
    const said = new Set([...text.matchAll(/\d+/g)].map(([number]) => Number(number)));
    // 0 (none) or 3 to 65535: a smaller number than the least of the rest stands for itself.
    for (const number of numbers) {
      compared++;
      t.true(said.has(number), `${path}: ${number} is not in “${text}”`);
    }
    for (const word of words) {
      compared++;
      t.regex(text, new RegExp(`\`(mode: )?${word}\\b|[{ ]${word}[,}\`]`), `${path}: ${word}`);
    }
    if (isAsn) t.regex(text, /AS number|own/, path);
  }
  t.true(compared > 100, `${compared} bounds and words`);
});

/** What a field needs beside it to be accepted. */
const beside: Readonly<Record<string, Json>> = {
  'maxPrefixes.action': { maxPrefixes: { limit: 5 } },
  'maxPrefixes.warningPercent': { maxPrefixes: { limit: 5 } },
  'maxPrefixes.restartSec': { maxPrefixes: { limit: 5, action: 'restart' } },
  'gracefulRestart.restartTimeSec': { gracefulRestart: { mode: 'full' } },
  'gracefulRestart.stalePathSec': { gracefulRestart: { mode: 'full' } },
  'gracefulRestart.notification': { gracefulRestart: { mode: 'full' } },
  'gracefulRestart.selectionDeferralSec': { gracefulRestart: { mode: 'full' } },
  'fib.table': { fib: { mode: 'kernel' } },
  'fib.metric': { fib: { mode: 'kernel' } },
  'fib.advertiseInstalledOnly': { fib: { mode: 'kernel' } },
  'fib.blackholes': { fib: { mode: 'kernel' } },
  roleStrict: { role: 'peer' },
  limit: { prefix: '192.0.2.0/24' },
  routeReflectorClient: { remoteAsn: 'internal' },
  aigp: { remoteAsn: 'internal' },
};

/** What the speaker takes for granted where the configuration says nothing (bgp/config.ts). */
const granted: Readonly<Record<string, unknown>> = {
  dampsPeerOscillations: true,
  offersExtendedMessages: true,
  enforcesFirstAs: true,
  allowAsIn: 0,
  delayOpenSec: 0,
  selectionDeferralSec: 360,
  maxPaths: { ebgp: 1, ibgp: 1 },
  weighsByLinkBandwidth: true,
  isAigpSession: true,
  nextHop: 'default',
};

function isSaid(value: unknown): boolean {
  return isJson(value) && Object.values(value).some((field) => field !== undefined);
}

/** Without what means the same as nothing. */
function withoutGranted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutGranted);
  if (!isJson(value)) return value;
  const isGranted = (key: string, field: unknown): boolean =>
    key in granted ? JSON.stringify(field) === JSON.stringify(granted[key]) : field === undefined || field === false;
  const kept = Object.entries(value)
    .filter(([key, field]) => field !== undefined && !isGranted(key, field))
    .map(([key, field]) => [key, field, withoutGranted(field)] as const)
    // A map of nothing but what is granted is as good as none; one that was there to be there stays.
    .filter(([, field, rest]) => !isJson(rest) || Object.keys(rest).length > 0 || !isSaid(field))
    .map(([key, , rest]) => [key, rest] as const);
  return Object.fromEntries(kept);
}

const validator = new RouterFileValidator();

function readSettings(router: Json, neighbor: Json, top: Json): unknown {
  const address = 'prefix' in neighbor ? {} : { address: '192.0.2.1' };
  const text = JSON.stringify({
    ...top,
    router: {
      asn: 65000,
      routerId: '198.51.100.1',
      ...router,
      neighbors: [{ ...address, remoteAsn: 65001, ...neighbor }],
    },
  });
  const reading = readRouterFile(text, validator);
  return 'faults' in reading ? reading.faults : withoutGranted(reading.settings);
}

/** A map with a value at a path, laid over another. */
function put(base: Json, path: readonly string[], value: unknown): Json {
  const [first, ...rest] = path;
  if (rest.length === 0) return { ...base, [first]: value };
  const inner = base[first];
  return { ...base, [first]: put(isJson(inner) ? inner : {}, rest, value) };
}

/** The value that a default's cell begins with; undefined: it is said in words. */
function parseDefault(cell: string): string | number | boolean | undefined {
  const [first] = cell.split(/[ ;:]/, 1);
  if (first === 'true' || first === 'false') return first === 'true';
  if (/^\d+$/.test(first)) return Number(first);
  return /^\d+\.\d+\.\d+\.\d+$/.test(first) ? cell : undefined;
}

test('a default that is written down changes nothing, and another value does', (t) => {
  let tried = 0;
  for (const { paths, cells } of rows) {
    if (cells.length < 3) continue;
    const [path] = paths;
    const words = [...(fields.get(path)?.words ?? [])];
    const cell = cells[2];
    const value = parseDefault(cell) ?? words.find((word) => cell.split(/[;, ]/, 1)[0] === word);
    if (value === undefined) continue;
    tried++;
    const isOfNeighbor = path.startsWith('router.neighbors.');
    const isOfRouter = path.startsWith('router.') && !isOfNeighbor;
    if (path.startsWith('router.policies.')) continue;
    const name = path.replace(/^router\.(neighbors\.)?/, '');
    const base = beside[name] ?? {};
    const read = (given: unknown): unknown => {
      const fieldsGiven = given === undefined ? base : put(base, name.split('.'), given);
      if (isOfNeighbor) return readSettings({}, fieldsGiven, {});
      return isOfRouter ? readSettings(fieldsGiven, {}, {}) : readSettings({}, {}, fieldsGiven);
    };
    t.deepEqual(read(value), read(undefined), `${path}: ${value}`);
    const other = typeof value === 'boolean' ? !value : typeof value === 'number' ? value + 1 : undefined;
    // It only allows what no address of this file asks for.
    if (other !== undefined && path !== 'prometheus.insecure')
      t.notDeepEqual(read(other), read(undefined), `${path}: ${other}`);
  }
  t.true(tried >= 35, `${tried} defaults tried`);
});
