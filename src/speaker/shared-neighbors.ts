// Neighbors that two instances of a process would both take when they connect: said once, because only one of them gets the
// connection. Who it is the host decides: an address of its own before a prefix, then the order of the configuration.

import { parsePrefix, type Prefix } from '#bgp/net/prefix.ts';
import type { SpeakerHostConfig } from './port.ts';

interface Range {
  readonly instance: string;
  readonly prefix: Prefix;
}

export function listSharedNeighbors({ instances }: SpeakerHostConfig): string[] {
  const owners = new Map<string, string>();
  const ranges: Range[] = [];
  const problems: string[] = [];
  for (const { instance, neighbors, dynamicNeighbors = [] } of instances) {
    for (const { address } of neighbors) {
      const owner = owners.get(address);
      if (owner === undefined) owners.set(address, instance);
      else problems.push(`neighbor ${address} stands in ${owner} and ${instance}: what it connects goes to ${owner}`);
    }
    for (const { prefix: text } of dynamicNeighbors) {
      const prefix = parsePrefix(text);
      // A prefix that is none is the speaker's to refuse.
      if (prefix === undefined) continue;
      const rival = ranges.find(
        (range) => range.instance !== instance && (range.prefix.contains(prefix) || prefix.contains(range.prefix)),
      );
      if (rival !== undefined) {
        problems.push(
          `dynamic neighbors ${text} of ${instance} overlap ${rival.prefix.toString()} of ${rival.instance}: ` +
            `what connects from both goes to ${rival.instance}`,
        );
      }
      ranges.push({ instance, prefix });
    }
  }
  return problems;
}
