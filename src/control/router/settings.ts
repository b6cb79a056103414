// router.yaml as text → what the router is to do: the speaker's configuration and where its servers
// listen, or every fault with its line. One file holds one router; nothing is half accepted.

import type { NeighborConfig, NetworkConfig, PolicyConfig, PolicyRef, SpeakerConfig } from '#bgp/config.ts';
import type { FamilyName } from '#bgp/net/family.ts';
import { parsePrefix } from '#bgp/net/prefix.ts';
import { readYaml } from '../yaml/document.ts';
import { formatFieldPath } from '../yaml/field-path.ts';
import { checkMeaning } from './meaning.ts';
import type { NeighborFields, PolicyFields, RouterFile, StatementFields } from './schema.ts';
import { parseCommunity, parseEndpoint, parseLargeCommunity, parseZonedAddress } from './text-formats.ts';
import type { Endpoint } from './text-formats.ts';
import type { RouterFileValidator } from './validate.ts';

export interface RouterSettings {
  readonly speaker: { readonly listen: readonly Endpoint[]; readonly instances: readonly SpeakerConfig[] };
  /** TCP address of the API, beside its unix socket; undefined: none. */
  readonly apiListen: Endpoint | undefined;
  readonly metricsListen: Endpoint;
  readonly healthListen: Endpoint;
}

export interface ConfigFault {
  readonly line: number;
  /** Path of the field as people write it; empty for the file as a whole. */
  readonly field: string;
  readonly message: string;
}

export type RouterReading = { readonly settings: RouterSettings } | { readonly faults: readonly ConfigFault[] };

/** The name of the one instance of a router. */
const routerInstance = 'default';

const bgpPort = 179;
const defaultConnectRetrySec = 120;
const defaultHoldTimeSec = 90;
const defaultMetricsListen: Endpoint = { address: '127.0.0.1', port: 9962 };
const defaultHealthListen: Endpoint = { address: '127.0.0.1', port: 9879 };
const everyAddress: readonly Endpoint[] = [
  { address: '0.0.0.0', port: bgpPort },
  { address: '::', port: bgpPort },
];

export function readRouterFile(text: string, validator: RouterFileValidator): RouterReading {
  const { documents, faults } = readYaml(text);
  if (faults.length > 0) return { faults: faults.map(({ line, message }) => ({ line, field: '', message })) };
  if (documents.length === 0) {
    return { faults: [{ line: 1, field: '', message: 'the file is empty: expected a map with router' }] };
  }
  if (documents.length > 1) {
    const [, second] = documents;
    return {
      faults: [{ line: second.line, field: '', message: 'a second document begins here: a router file has one' }],
    };
  }
  const [document] = documents;
  const validated = validator.validate(document.value);
  const found = 'file' in validated ? checkMeaning(validated.file) : validated.faults;
  if (found.length === 0 && 'file' in validated) return { settings: makeSettings(validated.file) };
  const located = found.map(({ path, message }) => ({
    line: document.lineOf(path),
    field: formatFieldPath(path),
    message,
  }));
  return { faults: located.sort((a, b) => a.line - b.line) };
}

/** `file:line: field: message`, the form of every complaint about a file. */
export function formatFault(file: string, { line, field, message }: ConfigFault): string {
  return field === '' ? `${file}:${line}: ${message}` : `${file}:${line}: ${field}: ${message}`;
}

function makeSettings({ router, api, prometheus, health }: RouterFile): RouterSettings {
  const instance: SpeakerConfig = {
    instance: routerInstance,
    asn: router.asn,
    routerId: router.routerId,
    neighbors: (router.neighbors ?? []).map(makeNeighbor),
    networks: (router.networks ?? []).map(makeNetwork),
    policies: (router.policies ?? []).map(makePolicy),
  };
  const listen = router.listen?.flatMap((text) => parseEndpoint(text, bgpPort) ?? []);
  return {
    speaker: { listen: listen ?? everyAddress, instances: [instance] },
    apiListen: readEndpoint(api?.listen),
    metricsListen: readEndpoint(prometheus?.listen) ?? defaultMetricsListen,
    healthListen: readEndpoint(health?.listen) ?? defaultHealthListen,
  };
}

function readEndpoint(text: string | undefined): Endpoint | undefined {
  return text === undefined ? undefined : parseEndpoint(text);
}

function makeNeighbor(fields: NeighborFields): NeighborConfig {
  const address = parseZonedAddress(fields.address);
  const ownFamily: FamilyName = address?.address.version === 6 ? 'ipv6-unicast' : 'ipv4-unicast';
  const holdTimeSec = fields.timers?.holdTimeSec ?? defaultHoldTimeSec;
  return {
    address: address?.text ?? fields.address,
    port: fields.port ?? bgpPort,
    remoteAsn: fields.remoteAsn,
    description: fields.description,
    isPassive: fields.passive ?? false,
    families: fields.families ?? [ownFamily],
    importPolicy: makePolicyRef(fields.import),
    exportPolicy: makePolicyRef(fields.export),
    isNextHopSelf: fields.nextHopSelf ?? false,
    ttl: fields.ttl ?? makeMultihopTtl(fields.multihop),
    sourceAddress: fields.sourceAddress === undefined ? undefined : parseZonedAddress(fields.sourceAddress)?.text,
    timers: {
      connectRetrySec: fields.timers?.connectRetrySec ?? defaultConnectRetrySec,
      holdTimeSec,
      // RFC 4271 §4.4: a third of the hold time is a reasonable maximum.
      keepaliveSec: fields.timers?.keepaliveSec ?? Math.max(1, Math.floor((holdTimeSec || defaultHoldTimeSec) / 3)),
    },
    isShutdown: fields.shutdown ?? false,
  };
}

function makeMultihopTtl(multihop: boolean | number | undefined): number | undefined {
  if (typeof multihop === 'number') return multihop;
  return multihop === true ? 255 : undefined;
}

function makePolicyRef(name: string | undefined): PolicyRef {
  if (name === undefined) return 'unset';
  return name === 'accept' || name === 'reject' ? name : { policy: name };
}

function makeNetwork(network: string | { prefix: string; origin?: 'igp' | 'incomplete' }): NetworkConfig {
  const { prefix, origin = 'igp' } = typeof network === 'string' ? { prefix: network } : network;
  return { prefix: canonicalPrefix(prefix), origin };
}

function canonicalPrefix(text: string): string {
  return parsePrefix(text)?.toString() ?? text;
}

function makePolicy({ name, statements, otherwise }: PolicyFields): PolicyConfig {
  return {
    name,
    statements: statements.map((statement, index) => makeStatement(statement, index)),
    otherwise: otherwise ?? 'reject',
  };
}

function makeStatement(
  { name, match, set, action }: StatementFields,
  index: number,
): PolicyConfig['statements'][number] {
  return {
    name: name ?? `statement-${index + 1}`,
    match: {
      ...(match?.families === undefined ? {} : { families: match.families }),
      ...(match?.prefixes === undefined ? {} : { prefixes: match.prefixes.map(makePrefixMatch) }),
    },
    set: {
      ...(set?.addCommunities === undefined
        ? {}
        : { addCommunities: set.addCommunities.flatMap((text) => parseCommunity(text) ?? []) }),
      ...(set?.addLargeCommunities === undefined
        ? {}
        : { addLargeCommunities: set.addLargeCommunities.flatMap((text) => wrap(parseLargeCommunity(text))) }),
      ...(set?.localPreference === undefined ? {} : { localPreference: set.localPreference }),
    },
    action,
  };
}

function wrap<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}

function makePrefixMatch(match: string | { prefix: string; minLength?: number; maxLength?: number }): {
  prefix: string;
  minLength: number;
  maxLength: number;
} {
  const { prefix, minLength, maxLength } = typeof match === 'string' ? { prefix: match } : match;
  const own = parsePrefix(prefix)?.length ?? 0;
  return {
    prefix: canonicalPrefix(prefix),
    minLength: minLength ?? own,
    maxLength: maxLength ?? Math.max(own, minLength ?? own),
  };
}
