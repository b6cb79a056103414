// The lock file must install on any machine from any registry: no registry's address, every package that npm looks for, and a
// hash for everything that a supported machine (Linux on x64 or arm64, glibc) downloads.

import { readFileSync } from 'node:fs';
import test from 'ava';

interface Locked {
  readonly integrity?: string;
  readonly resolved?: string;
  /** npm copies these as the package wrote them: a list or a bare word. */
  readonly os?: string | readonly string[];
  readonly cpu?: string | readonly string[];
  readonly libc?: string | readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock: { packages: Record<string, Locked> } = JSON.parse(
  readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'),
);
const packages = Object.entries(lock.packages).filter(([path]) => path !== '');

function isForSupportedMachine({ os, cpu, libc }: Locked): boolean {
  return (
    (os?.includes('linux') ?? true) &&
    (cpu === undefined || cpu.includes('x64') || cpu.includes('arm64')) &&
    (libc?.includes('glibc') ?? true)
  );
}

test('the lock file names no registry', (t) => {
  t.true(packages.length > 100, `${packages.length} packages read`);
  t.deepEqual(
    packages.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path),
    [],
  );
});

test('every package for a supported machine is locked by hash', (t) => {
  const open = packages.filter(([, entry]) => isForSupportedMachine(entry) && entry.integrity === undefined);
  t.deepEqual(
    open.map(([path]) => path),
    [],
  );
});

test('every optional package is in the lock file, as `npm ci` demands', (t) => {
  const missing = packages.flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !(`node_modules/${name}` in lock.packages))
      .map((name) => `${path} → ${name}`),
  );
  t.deepEqual(missing, []);
});
