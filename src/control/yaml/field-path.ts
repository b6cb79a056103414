// How a place in a file is written for people: `router.neighbors[2].families[0]`, and which known word
// an unknown one was probably meant to be.

import type { FieldPath } from './document.ts';

export function formatFieldPath(path: FieldPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(cutSecret(step))}]`;
  }
  return text;
}

/** A value as it may stand in a message: short, on one line, nothing that a terminal would act on. */
export function formatValue(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(typeof value === 'string' ? cutSecret(value) : value);
  // JSON leaves C1 controls, bidirectional overrides and line separators as they are.
  const safe = text.replaceAll(/[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, escapeUnit);
  return safe.length <= 80 ? safe : `${safe.slice(0, 77)}...`;
}

/** `password:x` without its space is one word to YAML, and one with a password in it: what follows is left out. */
function cutSecret(text: string): string {
  return text.replace(/((?:pass(?:word|wd|phrase)?|pwd|psk|secret|md5)\w*["']?\s*[:=\s]).+$/is, '$1…');
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The candidate that differs least from `word`, when it is close enough to have been meant. */
export function findNearest(word: string, candidates: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let nearestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  const lower = word.toLowerCase();
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= nearestDistance) continue;
    const distance = editDistance(lower, candidate.toLowerCase());
    if (distance < nearestDistance) {
      nearest = candidate;
      nearestDistance = distance;
    }
  }
  return nearest;
}

/** Insertions, deletions and substitutions between two words (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
