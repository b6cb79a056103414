// Everything `npm test` checks, stage by stage: format, lint, types, the built program, then the ava suites.
// The tally of all stages is the last line: `N passed, N failed, N skipped`; each skip is listed with its reason before it.
// Installing and refusing unknown options is scripts/test.sh's business. Options: --stage NAME (repeatable) runs only those stages.

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Tally, TapReader } from './tap.ts';

interface Stage {
  readonly name: string;
  readonly run: () => Promise<Tally>;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` };
const ava = join(root, 'node_modules', 'ava', 'entrypoints', 'cli.js');

/** Suites that want root, real daemons or the machine to themselves: one file at a time, after the rest, with patience. */
const serialSuites = ['kernel', 'fib', 'interop', 'lab'];
const progressMs = 15_000;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Runs a command with its output shown; answers its exit code (a signal or a missing program counts as 1). */
function runShown(command: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) => {
      print(`  cannot run ${command}: ${error.message}`);
      resolve(1);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}

function tallyOne(isOk: boolean): Tally {
  return { passed: isOk ? 1 : 0, failed: isOk ? 0 : 1, skips: [] };
}

/** A stage that is one check: a list of commands that must all succeed. */
function check(name: string, commands: readonly (readonly [string, ...string[]])[]): Stage {
  return {
    name,
    run: async () => {
      for (const [command, ...args] of commands) {
        if ((await runShown(command, args)) !== 0) {
          print(`  FAILED ${[command, ...args].join(' ')}`);
          return tallyOne(false);
        }
      }
      return tallyOne(true);
    },
  };
}

function listTestFiles(): string[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `test/${name}`)
    .sort();
}

function suiteOf(file: string): string {
  const folder = file.split('/')[1];
  return serialSuites.includes(folder) ? folder : 'unit';
}

async function runAva(name: string, files: readonly string[]): Promise<Tally> {
  const options = name === 'unit' ? ['--timeout=2m'] : ['--timeout=5m', '--concurrency=1', '--serial'];
  const child = spawn(process.execPath, [ava, '--tap', ...options, ...files], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const reader = new TapReader(print);
  const startMs = Date.now();
  const progress = setInterval(() => {
    const { passed, failed, skips } = reader.tally();
    const seconds = Math.round((Date.now() - startMs) / 1000);
    print(`  … ${seconds} s: ${passed} passed, ${failed} failed, ${skips.length} skipped so far`);
  }, progressMs);
  const closed = new Promise<number>((resolve) => {
    child.on('error', (error) => {
      print(`  cannot run ava: ${error.message}`);
      resolve(1);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
  for await (const line of createInterface({ input: child.stdout })) reader.readLine(line);
  const code = await closed;
  clearInterval(progress);
  const tally = reader.tally();
  const ran = tally.passed + tally.failed + tally.skips.length;
  if ((code !== 0 && tally.failed === 0) || ran === 0) {
    print(`  FAILED ava exited with ${code} after ${ran} tests`);
    return { ...tally, failed: tally.failed + 1 };
  }
  return tally;
}

function planStages(): Stage[] {
  const stages = [
    check('format', [['oxfmt', '--check']]),
    check('lint', [['oxlint', '--type-aware', '--deny-warnings']]),
    check('types', [['tsc', '--noEmit', '-p', 'tsconfig.json']]),
  ];
  if (existsSync(join(root, 'src', 'main.ts'))) {
    const built = check('dist', [
      ['tsc', '-p', 'tsconfig.build.json'],
      [process.execPath, 'scripts/try-dist.ts'],
    ]);
    stages.push({
      name: built.name,
      run: () => {
        // A file that was deleted from the sources must not live on in dist/.
        rmSync(join(root, 'dist'), { recursive: true, force: true });
        return built.run();
      },
    });
  }
  const files = listTestFiles();
  for (const name of ['unit', ...serialSuites]) {
    const own = files.filter((file) => suiteOf(file) === name);
    if (own.length > 0) stages.push({ name, run: () => runAva(name, own) });
  }
  return stages;
}

/** The stages that the command line asks for; scripts/test.sh has checked it. */
function selectStages(stages: readonly Stage[], args: readonly string[]): readonly Stage[] {
  const names = args.filter((_, index) => args[index - 1] === '--stage');
  return names.length === 0 ? stages : stages.filter((stage) => names.includes(stage.name));
}

async function main(args: readonly string[]): Promise<number> {
  const selected = selectStages(planStages(), args);
  let passed = 0;
  let failed = 0;
  const skips: string[] = [];
  for (const stage of selected) {
    print(`== ${stage.name}`);
    const startMs = Date.now();
    const tally = await stage.run();
    passed += tally.passed;
    failed += tally.failed;
    for (const { title, reason } of tally.skips) skips.push(`  ${stage.name}: ${title}: ${reason}`);
    const seconds = ((Date.now() - startMs) / 1000).toFixed(1);
    print(`   ${tally.passed} passed, ${tally.failed} failed, ${tally.skips.length} skipped in ${seconds} s`);
  }
  if (skips.length > 0) print(`\nSkipped, and why:\n${skips.join('\n')}`);
  print(`\n${passed} passed, ${failed} failed, ${skips.length} skipped`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
