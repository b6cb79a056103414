// Turns what FRR 8.4 printed into FRR 10's layout, which is ours (test/golden/frr/README.md lists the differences), and takes out
// what is about FRR's own memory. Everything else must be equal to the byte.

/** A line of a route table begins with three status characters and a prefix or blanks. */
export function toFrr10Table(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      if (line.startsWith('Status codes:')) return line.replace('h history, *', 'h history, u unsorted, *');
      if (line.startsWith('   Network ')) return `  ${line}`;
      if (line.startsWith('Displayed  ')) return line.replace('Displayed  ', 'Displayed ');
      return line;
    })
    .map((line, index, lines) => (isRow(line, lines.slice(0, index)) ? ` ${line.slice(0, 3)} ${line.slice(3)}` : line))
    .join('\n');
}

/** Rows follow the header; a line below a prefix or next hop that was too long for its column stays where it is. */
function isRow(line: string, before: readonly string[]): boolean {
  if (!before.some((earlier) => earlier.startsWith('     Network '))) return false;
  if (line === '' || /^(Displayed|Total)/.test(line)) return false;
  const last = (before.at(-1) ?? '').trimEnd();
  const isBelowLongPrefix = line.startsWith(' '.repeat(20)) && /^.{3}\S{17,}$/.test(last);
  const isBelowLongNextHop = line.startsWith(' '.repeat(36)) && /^(.{3}\S+\s+|\s+)\S{16,}$/.test(last);
  return !isBelowLongPrefix && !isBelowLongNextHop;
}

export function toFrr10Summary(text: string): string {
  return text
    .replaceAll(' Summary (VRF default):', ' Summary:')
    .replaceAll(/(local AS number \d+) vrf-id/g, '$1 VRF default vrf-id');
}

/** `Peers 5, using 3620 KiB of memory`: each implementation's own figure. */
export function dropPeerMemory(text: string): string {
  return text.replaceAll(/^(Peers \d+, using ).*( of memory)$/gm, '$1…$2');
}

/** FRR 8.4 shows table version 0 for every neighbor; FRR 10 and we show what the neighbor was brought up to. */
export function dropNeighborVersions(text: string): string {
  return text.replaceAll(/^(\S+ +4 +\d+ +\d+ +\d+) +\d+( .*)$/gm, '$1 …$2');
}
