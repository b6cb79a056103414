// A prefix list compiled for matching: which lengths match below each listed prefix (`ge` and `le`).
// A route is looked up once for every distinct length that the list names, whatever the list's size.

import type { PrefixMatchConfig } from '../config.ts';
import { parsePrefix, wordMask } from '../net/prefix.ts';
import { PrefixTable } from '../net/prefix-table.ts';
import { PolicyError } from './policy-error.ts';

/** Words of a bit set of lengths 0..128. */
const LENGTH_WORDS = 5;

export class PrefixSet {
  private readonly tables: Record<4 | 6, { table: PrefixTable; lengths: number[]; matching: Int32Array }>;

  constructor(matches: readonly PrefixMatchConfig[], where: string) {
    this.tables = { 4: emptyTable(1), 6: emptyTable(4) };
    matches.forEach((match, index) => this.add(match, `${where}[${index}]`));
  }

  matches(version: 4 | 6, w0: number, w1: number, w2: number, w3: number, length: number): boolean {
    const { table, lengths, matching } = this.tables[version];
    for (let index = 0; index < lengths.length && lengths[index] <= length; index++) {
      const listed = lengths[index];
      const slot = table.find(
        w0 & wordMask(listed, 0),
        w1 & wordMask(listed, 1),
        w2 & wordMask(listed, 2),
        w3 & wordMask(listed, 3),
        listed,
      );
      if (slot !== 0 && (matching[slot * LENGTH_WORDS + (length >> 5)] & (1 << (length & 31))) !== 0) return true;
    }
    return false;
  }

  private add(match: PrefixMatchConfig, where: string): void {
    const prefix = parsePrefix(match.prefix);
    if (prefix === undefined) {
      throw new PolicyError(`${where}.prefix`, match.prefix, 'a prefix such as 192.0.2.0/24 or 2001:db8::/32');
    }
    const longest = prefix.version === 4 ? 32 : 128;
    if (!Number.isInteger(match.minLength) || match.minLength < prefix.length || match.minLength > longest) {
      throw new PolicyError(`${where}.minLength`, match.minLength, `${prefix.length} to ${longest}`);
    }
    if (!Number.isInteger(match.maxLength) || match.maxLength < match.minLength || match.maxLength > longest) {
      throw new PolicyError(`${where}.maxLength`, match.maxLength, `${match.minLength} to ${longest}`);
    }
    const target = this.tables[prefix.version];
    const slot = target.table.insert(prefix.w0, prefix.w1, prefix.w2, prefix.w3, prefix.length);
    if ((slot + 1) * LENGTH_WORDS > target.matching.length) {
      const grown = new Int32Array((slot + 1) * 2 * LENGTH_WORDS);
      grown.set(target.matching);
      target.matching = grown;
    }
    if (!target.lengths.includes(prefix.length)) {
      target.lengths.push(prefix.length);
      target.lengths.sort((a, b) => a - b);
    }
    for (let length = match.minLength; length <= match.maxLength; length++) {
      target.matching[slot * LENGTH_WORDS + (length >> 5)] |= 1 << (length & 31);
    }
  }
}

function emptyTable(stride: 1 | 4): { table: PrefixTable; lengths: number[]; matching: Int32Array } {
  return { table: new PrefixTable(stride), lengths: [], matching: new Int32Array(16 * LENGTH_WORDS) };
}
