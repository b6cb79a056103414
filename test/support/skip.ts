// The one way a test skips: it runs, logs `SKIP: <reason>`, and scripts/test.ts counts and lists it as skipped.
// `test.skip`, `test.todo`, `test.only` and `test.failing` are refused by test/architecture.test.ts: a skip always has a reason.
// `needs` guards a test by what it requires of the host; `skip` is for what only the running test can find out.

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { readSlice } from '#kernel/scheduling.ts';

/** Looks at the host; answers why the test cannot run here, or undefined when it can. */
export type Need = () => string | undefined;

export const SKIP_MARK = 'SKIP: ';

/** Marks the running test as skipped. The caller returns right after it. */
export function skip(t: ExecutionContext<unknown>, reason: string): void {
  t.log(`${SKIP_MARK}${reason.replaceAll(/\s+/g, ' ')}`);
  t.pass();
}

/** The first unmet need's reason: for hooks, which cannot skip and must simply do nothing. */
export function findUnmet(requirements: readonly Need[]): string | undefined {
  for (const need of requirements) {
    const reason = need();
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Wraps a test: skips when a need is unmet, and when the kernel turns out to lack a feature (UnsupportedFeatureError). */
export function needs<Context>(
  requirements: readonly Need[],
  implementation: (t: ExecutionContext<Context>) => void | Promise<void>,
): (t: ExecutionContext<Context>) => Promise<void> {
  return async (t) => {
    const reason = findUnmet(requirements);
    if (reason !== undefined) return skip(t, reason);
    try {
      await implementation(t);
    } catch (error) {
      if (!(error instanceof Error && error.name === 'UnsupportedFeatureError')) throw error;
      skip(t, error.message);
    }
  };
}

/** Namespaces, raw sockets and privileged socket options want uid 0. */
export const root: Need = () => (process.getuid?.() === 0 ? undefined : 'not root');

/** A kernel that gives each thread the slice it asks for. */
export const threadSlices: Need = () =>
  readSlice() === undefined ? 'no slices of threads: older than Linux 6.12' : undefined;

/** A program on PATH or in sbin, and the Debian package that carries it. */
export function command(name: string, debianPackage: string): Need {
  return () => {
    const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/lib/frr'];
    if (folders.some((folder) => existsSync(join(folder, name)))) return undefined;
    return `${name} is not installed (Debian package ${debianPackage})`;
  };
}

/** A file or folder that an environment variable points at, such as WAGGLE_UPSTREAM. */
export function environmentPath(variable: string): Need {
  return () => {
    const path = process.env[variable];
    if (path === undefined || path === '') return `${variable} is not set`;
    return existsSync(path) ? undefined : `${variable} names ${path}, which does not exist`;
  };
}
