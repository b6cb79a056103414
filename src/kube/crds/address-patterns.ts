// Addresses and prefixes as upstream's patterns judge them. The texts are upstream's letter by letter, since a client is shown the
// pattern that its value does not match; they are put together here from the parts that repeat.

import type { OpenApiSchema } from '../api/openapi-schema.ts';
import { list, text } from './field.ts';

const group = '[0-9A-Fa-f]{1,4}';

/** All ways to write an IPv6 address, by the number of groups before `::`. */
function writeIpv6Pattern(digit: string, dot: string): string {
  const octet = `(25[0-5]|2[0-4]${digit}|1${digit}${digit}|[1-9]?${digit})`;
  const ipv4 = `(${octet}(${dot}${octet}){3})`;
  const after = (groups: number): string => {
    const embedded = groups === 3 ? `(:${group})?` : `(:${group}){0,${groups - 2}}`;
    return `(((:${group}){1,${groups}})|(${embedded}:${ipv4})|:)`;
  };
  const forms = [
    `((${group}:){7}(${group}|:))`,
    `((${group}:){6}(:${group}|${ipv4}|:))`,
    `((${group}:){5}(((:${group}){1,2})|:${ipv4}|:))`,
    ...[4, 3, 2, 1].map((before) => `((${group}:){${before}}${after(7 - before)})`),
    `(:${after(7)})`,
  ];
  return `(${forms.join('|')})`;
}

const octet = '([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])';
const addressPattern = `((^\\s*((${octet}\\.){3}${octet})\\s*$)|(^\\s*${writeIpv6Pattern('\\d', '\\.')}(%.+)?\\s*$))`;

const looseOctet = '(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)';
const ipv4Prefix = `^(?:${looseOctet}\\.){3}${looseOctet}\\/([0-9]|[1-2][0-9]|3[0-2])$`;
// Upstream lost the backslashes of this half: `s*` and `d` stand for themselves. Prefixes with an IPv4 tail do not match.
const ipv6Prefix = `^s*${writeIpv6Pattern('d', '.')}(%.+)?s*(\\/(12[0-8]|1[0-1][0-9]|[1-9][0-9]|[0-9]))$`;

export function address(description: string): OpenApiSchema {
  return text(description, { pattern: addressPattern });
}

/** Of egress gateway policies, which do not use the format that cidr() does. */
export function prefix(description: string): OpenApiSchema {
  return text(description, { pattern: `${ipv4Prefix}|${ipv6Prefix}` });
}

export function cidr(description: string): OpenApiSchema {
  return text(description, { format: 'cidr' });
}

export function cidrs(description: string): OpenApiSchema {
  return list(description, cidr('A prefix.'));
}
