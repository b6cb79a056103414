// A check: a claim about a running lab, what was expected in words, and what was seen. The runner waits until all of them
// hold (`lab up`) or tells them one by one (`lab demo`).
import { setTimeout as sleep } from 'node:timers/promises';

export type Seen = { readonly isOk: boolean; readonly seen: string };

export type Check = {
  readonly name: string;
  readonly expected: string;
  /** Stops or changes something on the way, and puts it back: only in demo and tests. */
  readonly isDisruptive?: boolean;
  /** How long it may be waited for, where that is less than for the rest. */
  readonly limitMs?: number;
  readonly look: () => Promise<Seen>;
};

export type Outcome = Seen & { readonly check: Check };

export function ok(seen: string): Seen {
  return { isOk: true, seen };
}

export function notOk(seen: string): Seen {
  return { isOk: false, seen };
}

/** Holds if nothing is listed as wrong; shows what is wrong, or else the text. */
export function unlessWrong(wrong: readonly string[], text: string): Seen {
  return wrong.length === 0 ? ok(text) : notOk(wrong.join('; '));
}

/** Holds if all of them do; shows those that do not, or else all. */
export function allOk(looks: readonly Seen[]): Seen {
  return unlessWrong(
    looks.filter((look) => !look.isOk).map((look) => look.seen),
    looks.map((look) => look.seen).join('; '),
  );
}

/** How often a person hears what is being waited for. */
const waitNoticeMs = 5_000;

/** Looks until it holds or the time is over, and gives the last look. What a look throws is what it saw. */
export async function lookUntil(check: Check, deadlineMs: number, onWait?: (text: string) => void): Promise<Outcome> {
  let tellAtMs = performance.now() + waitNoticeMs;
  for (;;) {
    const seen = await lookOnce(check);
    if (seen.isOk || performance.now() >= deadlineMs) return { check, ...seen };
    if (performance.now() >= tellAtMs) {
      onWait?.(`still waiting for ${check.name}: ${seen.seen.replaceAll(/\s+/g, ' ').slice(0, 200)}`);
      tellAtMs = performance.now() + waitNoticeMs;
    }
    await sleep(200);
  }
}

async function lookOnce(check: Check): Promise<Seen> {
  try {
    return await check.look();
  } catch (error) {
    return notOk(error instanceof Error ? error.message : String(error));
  }
}

/**
 * Every check in order, all within one limit. A check that held early may have been overtaken by a later change, so all of
 * them are looked at once more at the end; these last looks count.
 */
export async function waitForAll(
  checks: readonly Check[],
  limitMs: number,
  onWait?: (text: string) => void,
): Promise<readonly Outcome[]> {
  const deadline = performance.now() + limitMs;
  for (const check of checks) {
    const limit = performance.now() + (check.limitMs ?? limitMs);
    const outcome = await lookUntil(check, Math.min(deadline, limit), onWait);
    if (!outcome.isOk) break;
  }
  const outcomes: Outcome[] = [];
  for (const check of checks) outcomes.push({ check, ...(await lookOnce(check)) });
  return outcomes;
}

const maxLines = 12;

/** What was seen, as lines to print: short where something is wrong, since whole documents hide the cause. */
export function linesOfSeen({ isOk, seen }: Seen): readonly string[] {
  const width = isOk ? 1_000 : 240;
  const lines = seen
    .split('\n')
    .map((line) => line.replaceAll(/\s+/g, ' ').trim())
    .filter(Boolean)
    .map((line) => (line.length > width ? `${line.slice(0, width)} …` : line));
  const more = lines.length - maxLines;
  return more > 0 ? [...lines.slice(0, maxLines), `… and ${more} more lines`] : lines;
}
