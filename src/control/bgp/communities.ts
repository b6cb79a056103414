// Communities as Kubernetes objects write them: `65000:100` or a decimal number (RFC 1997), a
// well-known name, `65000:1:2` (RFC 8092). Names are Cilium's, values IANA's.

export const wellKnownCommunities: Readonly<Record<string, number>> = {
  internet: 0,
  'planned-shut': 0xffff0000,
  'accept-own': 0xffff0001,
  'route-filter-translated-v4': 0xffff0002,
  'route-filter-v4': 0xffff0003,
  'route-filter-translated-v6': 0xffff0004,
  'route-filter-v6': 0xffff0005,
  'llgr-stale': 0xffff0006,
  'no-llgr': 0xffff0007,
  blackhole: 0xffff029a,
  'no-export': 0xffffff01,
  'no-advertise': 0xffffff02,
  'no-export-subconfed': 0xffffff03,
  'no-peer': 0xffffff04,
};

/** An unsigned 32-bit community; undefined when the text is none. */
export function parseStandardCommunity(text: string): number | undefined {
  const parts = text.split(':');
  if (parts.length === 1) return parseUnsigned(parts[0], 0xffff_ffff);
  const [high, low] = parts.map((part) => parseUnsigned(part, 0xffff));
  if (parts.length !== 2 || high === undefined || low === undefined) return undefined;
  return high * 0x1_0000 + low;
}

/** `[global administrator, local data 1, local data 2]`; undefined when the text is none. */
export function parseLargeCommunity(text: string): readonly [number, number, number] | undefined {
  const parts = text.split(':');
  const [global, local1, local2] = parts.map((part) => parseUnsigned(part, 0xffff_ffff));
  if (parts.length !== 3 || global === undefined || local1 === undefined || local2 === undefined) return undefined;
  return [global, local1, local2];
}

function parseUnsigned(text: string, max: number): number | undefined {
  if (!/^(0|[1-9]\d{0,9})$/.test(text)) return undefined;
  const value = Number(text);
  return value <= max ? value : undefined;
}
