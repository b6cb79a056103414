// A lab for a test file: brought up before its tests, taken down after them, its checks as tests of their own.
import type { TestFn } from 'ava';
import { labNeeds, runLab } from './lab-tool.ts';
import { lookUntil } from '#lab/checks/check.ts';
import { checksOf } from '#lab/checks/index.ts';
import { labPaths, type LabPaths } from '#lab/paths.ts';
import { findUnmet, needs } from '../support/skip.ts';

const checkLimitMs = 40_000;

/** Registers the hooks that keep a lab up while the file's tests run. */
export function useLab(test: TestFn, topology: string): LabPaths {
  test.serial.before(`lab ${topology} comes up`, async (t) => {
    t.timeout(240_000);
    if (findUnmet(labNeeds) !== undefined) return;
    const { code, output } = await runLab(['up', topology]);
    t.is(code, 0, output);
  });
  test.serial.after.always(`lab ${topology} is gone`, async (t) => {
    t.timeout(60_000);
    if (findUnmet(labNeeds) === undefined) await runLab(['down', topology]);
  });
  return labPaths(topology);
}

/** One test for each check of the topology. */
export function testChecks(test: TestFn, lab: LabPaths): void {
  for (const check of checksOf(lab)) {
    test.serial(
      `${check.name}: ${check.expected}`,
      needs(labNeeds, async (t) => {
        t.timeout(240_000);
        // One that kills or cuts something has one try.
        const until = check.isDisruptive === true ? 0 : performance.now() + checkLimitMs;
        const { isOk, seen } = await lookUntil(check, until);
        t.true(isOk, seen);
      }),
    );
  }
}
