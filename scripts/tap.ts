// Reads the TAP that ava prints, line by line, into a tally: what passed, what failed and how, what skipped and why.
// Not a general TAP parser: it knows ava's reporter, where logs are comments of three spaces and a crash is a `not ok` line.
// A test skips by logging `SKIP: reason` (test/support/skip.ts); a bare `test.skip` carries no reason and counts as failed.

export interface Skip {
  readonly title: string;
  readonly reason: string;
}

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skips: readonly Skip[];
}

const RESULT = /^(not ok|ok) \d+(?: - (.*))?$/;
const DIRECTIVE = / # (SKIP|TODO)\s*$/;
const REMAINING = /^# (\d+) tests? remaining in (.+)$/;
const SKIP_LOG = /^# {3}SKIP: (.*)$/;

export class TapReader {
  #passed = 0;
  #failed = 0;
  readonly #skips: Skip[] = [];
  readonly #show: (line: string) => void;
  /** The title of the last passed test while its logs may still follow. */
  #passedTitle: string | undefined = undefined;
  #isInFailure = false;

  /** `show` gets every line a person needs to understand a failure. */
  constructor(show: (line: string) => void) {
    this.#show = show;
  }

  readLine(line: string): void {
    const result = RESULT.exec(line);
    if (result !== null) return this.#readResult(result[1] === 'ok', result[2] ?? '(no title)');
    const remaining = REMAINING.exec(line);
    if (remaining !== null) {
      // Tests that never ran, because a hook failed or the worker died.
      this.#fail(`${remaining[1]} not run in ${remaining[2]}`, Number(remaining[1]));
      this.#isInFailure = false;
      return;
    }
    const skipped = SKIP_LOG.exec(line);
    if (skipped !== null && this.#passedTitle !== undefined) {
      this.#skips.push({ title: this.#passedTitle, reason: skipped[1] });
      this.#passed--;
      this.#passedTitle = undefined;
      return;
    }
    if (/^# \S/.test(line) || line.startsWith('1..')) {
      // A hook's comment, or the summary: what follows belongs to no test.
      this.#passedTitle = undefined;
      this.#isInFailure = false;
    }
    if (this.#isInFailure) this.#show(`    ${line}`);
  }

  tally(): Tally {
    return { passed: this.#passed, failed: this.#failed, skips: this.#skips };
  }

  #readResult(isOk: boolean, text: string): void {
    this.#isInFailure = false;
    this.#passedTitle = undefined;
    const directive = DIRECTIVE.exec(text);
    const title = text.replace(DIRECTIVE, '');
    if (directive?.[1] === 'SKIP')
      return this.#fail(`${title} (test.skip gives no reason: use test/support/skip.ts)`, 1);
    if (directive?.[1] === 'TODO') return this.#fail(`${title} (test.todo: write the test)`, 1);
    if (isOk) {
      this.#passed++;
      this.#passedTitle = title;
      return;
    }
    this.#fail(title, 1);
    this.#isInFailure = true;
  }

  #fail(title: string, count: number): void {
    this.#failed += count;
    this.#show(`  FAILED ${title}`);
  }
}
