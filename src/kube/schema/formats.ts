// Formats of strings that API servers check in custom resources (apiextensions: supported formats). Others mean nothing, as upstream
// has it. All patterns here are our own, anchored and without nested repetition.

import { parseAddress } from '#bgp/net/address.ts';
import { parsePrefix } from '#bgp/net/prefix.ts';

const dnsLabel = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/i;

const checks: Readonly<Record<string, (text: string) => boolean>> = {
  date: (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)),
  'date-time': (text) =>
    /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/.test(text) &&
    !Number.isNaN(Date.parse(text)),
  ipv4: (text) => parseAddress(text)?.version === 4,
  ipv6: (text) => parseAddress(text)?.version === 6,
  cidr: (text) => parsePrefix(text) !== undefined,
  mac: (text) => /^[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}$/i.test(text),
  uuid: (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text),
  byte: (text) => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text),
  duration: (text) => /^-?(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(text) || text === '0',
  hostname: (text) => text.length <= 253 && text.split('.').every((label) => dnsLabel.test(label)),
  uri: (text) => URL.canParse(text),
  email: (text) => /^[^@\s]{1,64}@[^@\s]{1,255}$/.test(text),
};

/** True of formats that nobody checks. */
export function hasFormat(text: string, format: string): boolean {
  return Object.hasOwn(checks, format) ? checks[format](text) : true;
}
