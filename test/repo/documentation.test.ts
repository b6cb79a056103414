// README.md and docs/ against the program: every router file in them passes the check, every `waggle …` line is a command that is
// there, every relative link of the documentation leads to something.

import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { findCommand } from '#api/show/pattern.ts';
import { showTree } from '#api/show/tree.ts';
import { renderClientHelp } from '#cli/client.ts';
import { firstWords } from '#cli/first-word.ts';
import { readRouterFile } from '#control/router/settings.ts';
import { RouterFileValidator } from '#control/router/validate.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string): string => readFileSync(root + file, 'utf8');
const userFiles = ['README.md', ...globSync('docs/*.md', { cwd: root }).sort()];
const linkedFiles = [
  ...userFiles,
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...globSync(['bgp/**/README.md', 'src/**/README.md', 'frr-lab/README.md', 'test/*/README.md'], { cwd: root }),
];

interface Block {
  /** `docs/router.md:120` */
  readonly place: string;
  readonly text: string;
}

function blocksOf(file: string, language: string): Block[] {
  const source = read(file);
  return [...source.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map((found) => ({
    place: `${file}:${source.slice(0, found.index).split('\n').length}`,
    text: found[1],
  }));
}

test('every router file in README.md and docs/ passes the check', (t) => {
  const examples = userFiles.flatMap((file) => blocksOf(file, 'yaml')).filter(({ text }) => text.startsWith('router:'));
  t.true(examples.length >= 9, `${examples.length} router files`);
  const validator = new RouterFileValidator();
  for (const { place, text } of examples) {
    const reading = readRouterFile(text, validator);
    t.deepEqual('faults' in reading ? reading.faults : [], [], place);
  }
});

/** The words of each `waggle …` in a block, without what the shell adds. */
function waggleLines(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .flatMap((line) => /(?:^|\s)(?:\.\/bin\/)?waggle (.*)$/.exec(line)?.slice(1) ?? [])
    .map((rest) => rest.replaceAll(/['"\\]/g, '').split(/\s+/));
}

test('every waggle command of README.md and docs/ is there', (t) => {
  const lines = userFiles.flatMap((file) =>
    blocksOf(file, 'sh').flatMap(({ place, text }) => waggleLines(text).map((words) => ({ place, words }))),
  );
  t.true(lines.length >= 10, `${lines.length} lines`);
  const clientHelp = renderClientHelp();
  for (const { place, words } of lines) {
    const [first, second] = words;
    const where = `${place}: waggle ${words.join(' ')}`;
    t.true(firstWords.includes(first), where);
    if (first === 'config') t.true(['check', 'schema'].includes(second), where);
    if (first === 'bgp') t.true(clientHelp.includes(`bgp ${second}`), where);
    if (first === 'clear') t.is(second, 'bgp', where);
    if (first !== 'show') continue;
    const asked = words.slice(1).filter((word) => word !== 'json' && !word.startsWith('-'));
    t.notThrows(() => findCommand(showTree, asked), where);
  }
});

test('every relative link in the documentation leads to a file', (t) => {
  let count = 0;
  for (const file of linkedFiles) {
    for (const [, target] of read(file).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target) || target.startsWith('#')) continue;
      count++;
      const [name] = target.split('#');
      t.true(existsSync(path.join(root, path.dirname(file), name)), `${file}: ${target}`);
    }
  }
  t.true(count >= 15, `${count} links`);
});
