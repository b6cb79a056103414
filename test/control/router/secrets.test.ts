// A password never stands in what is said of a file, however the file is wrong: logs, terminals and CI keep such lines.

import test from 'ava';
import { formatFault, readRouterFile } from '#control/router/settings.ts';
import { RouterFileValidator } from '#control/router/validate.ts';

const head = 'router:\n  asn: 65001\n  routerId: 192.0.2.1\n';
const neighbor = (line: string): string =>
  `${head}  neighbors:\n    - address: 192.0.2.2\n      remoteAsn: 65002\n      ${line}\n`;
const flow = (words: string): string => `${head}  neighbors:\n    - {address: 192.0.2.2, remoteAsn: 65002, ${words}}\n`;

const marker = 'hunter';
const files: Readonly<Record<string, string>> = {
  'too long': neighbor(`password: ${marker.repeat(20)}`),
  'a list': neighbor(`password: [${marker}]`),
  'a map': neighbor(`password: {${marker}: ${marker}}`),
  'beside a file': neighbor(`password: ${marker}\n      passwordFile: x`),
  'the key twice': neighbor(`password: ${marker}\n      password: ${marker}`),
  'a key misspelt': neighbor(`pasword: ${marker}`),
  'a key of another program': neighbor(`psk: ${marker}`),
  'another key of another program': neighbor(`pwd: ${marker}`),
  'a key in capitals': neighbor(`PASSWORD: ${marker}`),
  'at the top': `${head}  password: ${marker}\n`,
  'in a group': `${head}  peerGroups: [{name: g, passwrod: ${marker}}]\n`,
  'under another field': neighbor(`shutdown: {password: ${marker}}`),
  'no space after the colon': flow(`password:${marker}`),
  'an equals sign': flow(`password=${marker}`),
  'no space in a list': `${head}  neighbors:\n    - password:${marker}\n`,
  'as a text': `${head}  neighbors:\n    - 192.0.2.2 password ${marker}\n`,
  'in a description that is wrong': neighbor(`description: "password ${marker}\\u0001"`),
  'no end of the quotes': neighbor(`password: "${marker}`),
  'a star before it': neighbor(`password: *${marker}`),
  'an ampersand before it': neighbor(`password: &${marker}`),
  'an exclamation mark before it': neighbor(`password: !${marker} x`),
  'a bar before it': neighbor(`password: |${marker}`),
  'a backslash before it': neighbor(`password: "\\${marker}"`),
  'a backslash and a code before it': neighbor(`password: "\\u${marker}"`),
  'a colon after it': neighbor(`password: ${marker}: x`),
  'a bracket before it': neighbor(`password: {${marker}`),
  'a map as a key': neighbor(`? {password: ${marker}}\n      : x`),
  'a question mark before it': neighbor(`? [password, ${marker}]`),
};

const validator = new RouterFileValidator();
const warnings: string[] = [];
process.on('warning', ({ message }) => warnings.push(message));

test.after('no library told of it in a warning', async (t) => {
  await new Promise((resolve) => setImmediate(resolve));
  t.notRegex(warnings.join('\n'), new RegExp(marker));
});

for (const [name, text] of Object.entries(files)) {
  test(`a file with a password is refused without it: ${name}`, (t) => {
    const reading = readRouterFile(text, validator);
    const said = 'faults' in reading ? reading.faults.map((fault) => formatFault('router.yaml', fault)) : [];
    t.true(said.length > 0, 'it is refused');
    // The first letters tell most of it.
    t.notRegex(said.join('\n'), /hunt|\\h|\\uh/);
  });
}
