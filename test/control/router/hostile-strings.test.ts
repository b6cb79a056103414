// Class 19: strings of a configuration that try to be more than strings. Other products paste them into templates of another program's
// configuration; here they are values from the parser on. Each is the text it was in its own field, changes no other, or is refused
// in a line that does no harm to a terminal. What a peer says of itself is class 20: test/interop/hostile-texts.test.ts.

import test from 'ava';
import { formatFault, readRouterFile } from '#control/router/settings.ts';
import { RouterFileValidator } from '#control/router/validate.ts';

const validator = new RouterFileValidator();

const hostile: readonly string[] = [
  'x"\n    password: stolen',
  'x\n  neighbors: []',
  "x' , remoteAsn: 1, y: '",
  '{{ .Values.password }}',
  '${PASSWORD} $(id) `id`',
  '!!js/function "function () {}"',
  '*anchor &anchor <<: *x',
  '# no comment',
  'neighbor 10.0.0.1 shutdown\nexit',
  '\u001b[2J\u0007\u009b31m',
  '\u202egnp.exe',
  'a\u0000b',
  '__proto__',
  '../../etc/passwd',
  '%s%n%x',
  'é'.repeat(40),
];

/** Where a text of the file goes, with a file around it that is right. */
const places: Readonly<Record<string, (text: string) => string>> = {
  description: (text) => fileWith(`description: ${text}`),
  password: (text) => fileWith(`password: ${text}`),
  'shutdown message': (text) => fileWith(`shutdown: {message: ${text}}`),
  'policy name': (text) => fileWith(`import: ${text}`, `  policies: [{name: ${text}, statements: []}]\n`),
  'peer group': (text) => fileWith(`peerGroup: ${text}`, `  peerGroups: [{name: ${text}}]\n`),
  community: (text) =>
    fileWith(
      'import: p',
      `  policies: [{name: p, statements: [{set: {communities: {add: [${text}]}}, action: accept}]}]\n`,
    ),
  'AS path expression': (text) =>
    fileWith('import: p', `  policies: [{name: p, statements: [{match: {asPath: ${text}}, action: accept}]}]\n`),
  hostname: (text) => fileWith('families: [ipv4-unicast]', `  hostname: ${text}\n`),
};

function fileWith(neighbor: string, router = ''): string {
  return `router:\n  asn: 65000\n  routerId: 198.51.100.1\n${router}  neighbors:\n    - {address: 192.0.2.1, remoteAsn: 65001, ${neighbor}}\n`;
}

/** Paths of the texts that a value holds, and everything else about it. */
function stringsOf(value: unknown, path = ''): readonly (readonly [path: string, text: string])[] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => stringsOf(inner, `${path}/${key}`));
}

function hasControls(text: string): boolean {
  return Array.from(text).some((character) => /[\p{Cc}\p{Cf}]/u.test(character));
}

let taken = 0;
let refused = 0;

for (const [place, make] of Object.entries(places)) {
  test(`class 19: a hostile ${place} is a text and nothing else, or is refused in one harmless line`, (t) => {
    for (const text of hostile) {
      // JSON's quotes are YAML's: the value is the text, whatever is in it.
      const reading = readRouterFile(make(JSON.stringify(text)), validator);
      if ('faults' in reading) {
        refused++;
        for (const fault of reading.faults) {
          const line = formatFault('router.yaml', fault);
          t.false(hasControls(line), JSON.stringify(line));
          if (place === 'password') t.false(line.includes(text), 'no password in a complaint');
        }
        continue;
      }
      taken++;
      const plain = readRouterFile(make('"64500:1"'), validator);
      if ('faults' in plain) continue;
      const [ours, theirs] = [stringsOf(reading.settings), stringsOf(plain.settings)];
      // The settings of the harmless text, with this one in its place.
      t.deepEqual(
        ours.map(([path]) => path.replaceAll(text, '…')),
        theirs.map(([path]) => path.replaceAll('64500:1', '…')),
        `${place} ${JSON.stringify(text)}`,
      );
      for (const [index, [path, found]] of ours.entries()) {
        if (found !== theirs[index][1]) t.is(found, text, path);
      }
    }
  });
}

test.after((t) => {
  t.true(taken > 30 && refused > 30, `${taken} texts were taken, ${refused} refused: both are tried`);
});
