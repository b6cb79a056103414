// Lists of communities of 4, 8, 12 or 20 octets as they change on the way in or out: what goes, what is added, each once. RFC 1997,
// RFC 4360, RFC 5701, RFC 8092. Which change a route gets, policies and export-transform.ts say.
// hot

import type { ListChange, WordPattern } from './attribute-changes.ts';
import { writeUint32 } from './uint32.ts';

/** RFC 4360 §2, RFC 5701 §2: the bit of the first octet that keeps a community inside of the AS. */
const NON_TRANSITIVE = 0x40;

/**
 * Copies what stays of a list and answers the offset behind it. A list that is left out altogether ends where it began.
 * `keepsNonTransitive` false leaves out extended communities that are for the AS alone.
 */
export function copyList(
  buffer: Uint8Array,
  start: number,
  end: number,
  step: number,
  change: ListChange | undefined,
  keepsNonTransitive: boolean,
  out: Uint8Array,
  at: number,
): number {
  if (change?.isReplaced === true) return at;
  let to = at;
  for (let from = start; from < end; from += step) {
    if (!keepsNonTransitive && (buffer[from] & NON_TRANSITIVE) !== 0) continue;
    if (change !== undefined && isRemoved(change.remove, buffer, from)) continue;
    for (let index = from; index < from + step; index++) out[to++] = buffer[index];
  }
  return to;
}

/** Adds words to the list between start and at, unless it has them. */
export function addToList(words: readonly number[], out: Uint8Array, start: number, at: number): number {
  const step = words.length * 4;
  for (let from = start; from < at; from += step) {
    let index = 0;
    while (index < words.length && readInt32(out, from + index * 4) === (words[index] | 0)) index++;
    if (index === words.length) return at;
  }
  let to = at;
  for (let index = 0; index < words.length; index++) to = writeUint32(words[index], out, to);
  return to;
}

function isRemoved(patterns: readonly WordPattern[], buffer: Uint8Array, at: number): boolean {
  for (let index = 0; index < patterns.length; index++) {
    const { words, masks } = patterns[index];
    let word = 0;
    while (word < words.length && ((readInt32(buffer, at + word * 4) ^ words[word]) & masks[word]) === 0) word++;
    if (word === words.length) return true;
  }
  return false;
}

function readInt32(buffer: Uint8Array, at: number): number {
  return (buffer[at] << 24) | (buffer[at + 1] << 16) | (buffer[at + 2] << 8) | buffer[at + 3];
}
