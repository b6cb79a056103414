// What a reload does to a session that stands, for every field of router.yaml: the file is read, and taken by whole speakers in
// memory. The table in change-cases.ts says what is to happen; it is held against the schema, so that no field is left out, and
// against the last column of the tables in docs/router.md, so that nobody has to infer it.

import { readFileSync } from 'node:fs';
import test from 'ava';
import { routerFileSchema } from '#control/router/schema.ts';
import { change, isOfRouter, outcomeWords, type Case } from './change-scene.ts';
import { neighborCases, routerCases } from './change-cases.ts';

const title = (entry: Case, { field, also, from, to, outcome } = entry): string =>
  `a change of ${isOfRouter.has(entry) ? 'router.' : ''}${field} from ${from || 'nothing'} to ${to || 'nothing'}${also === undefined ? '' : ` with ${also}`} means: ${outcome}`;

for (const entry of [...neighborCases, ...routerCases]) {
  test(title(entry), (t) => {
    const seen = change(entry);
    // That a setting of the router as a whole is in force, bgp's tests say; that no session is touched by it, this one.
    const isUntouched = seen.outcome === 'untouched' && ['at once', 'next restart'].includes(entry.outcome);
    t.true(isUntouched || seen.outcome === entry.outcome, JSON.stringify(seen));
    if (entry.isForAll !== true) t.is(seen.bystander, 'never noticed');
    if (entry.said !== undefined) t.is(seen.said, entry.said);
    if (entry.pending !== undefined) t.deepEqual(seen.pending, entry.pending);
    t.is(seen.again, 'nothing');
  });
}

/** Fields of a map in the schema and, with a dot, of the maps within it. */
function listFields(schema: unknown, depth: number): string[] {
  const properties = Object.entries(Object(Object(schema).properties));
  return properties.flatMap(([name, value]) => {
    const branches: readonly unknown[] = [value, ...(Object(value).anyOf ?? [])];
    const inner = depth === 0 ? [] : branches.flatMap((branch) => listFields(branch, depth - 1));
    return [name, ...inner.map((field) => `${name}.${field}`)];
  });
}

const router: unknown = Object(Object(routerFileSchema).properties).router;
const neighbor: unknown = Object(Object(Object(router).properties).neighbors).items;

/** A row for several fields, as `ttl` and `multihop` have one value, counts for each of them. */
function readTable(heading: string): Map<string, string> {
  const text = readFileSync(new URL('../../docs/router.md', import.meta.url), 'utf8');
  const [, section] = text.split(`\n## ${heading}\n`);
  const rows = section
    .split('\n## ')[0]
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  return new Map(
    rows.flatMap((row) => {
      const cells = row.split(/(?<!\\)\|/).map((cell) => cell.trim());
      return [...cells[1].matchAll(/`([^`]+)`/g)].map(([, field]): [string, string] => [field, cells[4]]);
    }),
  );
}

/** Fields without a row or without a case, and why. */
const apart: ReadonlyMap<string, string> = new Map([
  ['address', 'another address is another neighbor'],
  ['prefix', 'the same'],
  ['limit', 'of a prefix, which has no session'],
  ['peerGroup', 'stands in the text above the table'],
  ['router.listen', 'router.test.ts'],
  ['router.neighbors', 'the other table'],
  ['router.peerGroups', 'the other table'],
  ['router.policies', 'a change of their statements: bgp/policy/changes.test.ts'],
  ['router.prefixLists', 'the same'],
  ['router.asPathLists', 'the same'],
  ['router.communityLists', 'the same'],
]);
/** Written in the row of the field that they are part of. */
const inRowOfWhole =
  /^(familyOptions|shutdown|defaultOriginate|maxPrefixes|localAsn|addPath|bestPath|gracefulRestart|confederation|maxPaths|fib|networks|aggregates|redistribute)\./;
const withoutCase = /^(fib\.mode|confederation\.\w+|maxPaths\.\w+|networks\.\w+|aggregates\.\w+|redistribute\.\w+)$/;

for (const [heading, where, schema, cases] of [
  ['Neighbors', '', neighbor, neighborCases],
  ['router', 'router.', router, routerCases],
] as const) {
  test(`every field under "${heading}" has its case, and docs/router.md says of it what the cases say`, (t) => {
    const fields = listFields(schema, 1).filter(
      (field) => !apart.has(`${where}${field}`) && !apart.has(`${where}${field.split('.')[0]}`),
    );
    const documented = readTable(heading);
    t.true(fields.length > 25 && documented.size > 15);
    for (const field of fields.filter((name) => !withoutCase.test(name))) {
      const own = cases.filter((entry) => entry.field === field);
      t.true(own.length > 0, `${field} has no case`);
      const parts = [...documented].flatMap(([name, text]) => (name.startsWith(`${field}.`) ? [text] : []));
      const whole = inRowOfWhole.test(field) ? documented.get(field.split('.')[0]) : undefined;
      const said = documented.get(field) ?? whole ?? parts.join(', ');
      for (const { outcome } of own) {
        const words = outcome === 'shut down' ? 'at once' : outcome;
        t.true(said.includes(words), `docs/router.md says of ${field}: ${said}; its case: ${outcome}`);
      }
    }
    for (const [field, said] of documented) {
      if (apart.has(`${where}${field}`)) continue;
      const own = cases.filter((entry) => entry.field === field || entry.field.startsWith(`${field}.`));
      const shown = own.map(({ outcome }) => (outcome === 'shut down' ? 'at once' : outcome));
      for (const words of outcomeWords.filter((known) => said.includes(known))) {
        t.true(shown.includes(words), `docs/router.md says "${words}" of ${field}, no case shows it`);
      }
    }
  });
}
