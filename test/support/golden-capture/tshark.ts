// The second opinion: what tshark reads in messages, one frame each. Lines that say no more than the layout are left out.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { CapturedMessage } from '../golden-words.ts';

const layout =
  /^(Marker|Length|Flags|Type Code|Type|Unused|Reserved|Capability: |Optional Parameter)|^[.01 ]+ = |[Ll]ength: \d+$/;

/** By message. */
export function readByTshark(messages: readonly CapturedMessage[]): string[][] {
  const read: string[][] = messages.map(() => []);
  // tshark has to be told of what the session agreed upon.
  for (const asnOctets of [2, 4]) {
    const chosen = messages.flatMap((one, index) => (one.asnOctets === asnOctets ? [index] : []));
    if (chosen.length === 0) continue;
    const frames = readFrames(
      chosen.map((index) => messages[index].hex),
      asnOctets,
    );
    for (const [at, index] of chosen.entries()) read[index] = frames[at] ?? [];
  }
  return read;
}

function readFrames(hexes: readonly string[], asnOctets: number): string[][] {
  const folder = mkdtempSync(join(tmpdir(), 'waggle-golden-tshark-'));
  try {
    const [dump, pcap] = ['dump', 'pcap'].map((name) => join(folder, name));
    writeFileSync(dump, hexes.map((hex) => `0000 ${(hex.match(/../g) ?? []).join(' ')}\n`).join('\n'));
    execFileSync('text2pcap', ['-q', '-T', '40000,179', dump, pcap], { stdio: 'ignore' });
    const options = ['-n', '-V', '-o', `bgp.asn_len:${asnOctets}`, '-r', pcap];
    const text = execFileSync('tshark', options, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return text
      .split(/^Frame \d+:.*$/m)
      .slice(1)
      .map(linesOf);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function linesOf(frame: string): string[] {
  const start = frame.indexOf('Border Gateway Protocol');
  if (start < 0) return [];
  const lines = frame.slice(start).split('\n').slice(1);
  return lines.map((line) => line.trim()).filter((line) => line !== '' && !layout.test(line));
}
