// router.yaml as text → what the router is to do: the speaker's configuration and where its servers
// listen, or every fault with its line. One file holds one router; nothing is half accepted.

import type {
  AggregateConfig,
  BestPathConfig,
  FibConfig,
  NetworkConfig,
  RedistributeConfig,
  SpeakerConfig,
} from '#bgp/config.ts';
import { parsePrefix } from '#bgp/net/prefix.ts';
import { type FieldPath, readYaml } from '../yaml/document.ts';
import { formatFieldPath } from '../yaml/field-path.ts';
import { checkMeaning } from './meaning.ts';
import type { NeighborFields, PeerGroupFields } from './neighbor-schema.ts';
import {
  bgpPort,
  defaultDynamicLimit,
  makeNeighbor,
  makeOptions,
  makePolicyRef,
  neighborName,
} from './neighbor-settings.ts';
import type { PasswordFileRef } from './passwords.ts';
import { mergeGroup } from './peer-groups.ts';
import { collectLists, makePolicy } from './policy-settings.ts';
import { put, type Writable } from './put.ts';
import type { RouterFields, RouterFile } from './schema.ts';
import { parseEndpoint } from './text-formats.ts';
import type { Endpoint } from './text-formats.ts';
import type { RouterFileValidator } from './validate.ts';

export interface RouterSettings {
  readonly speaker: { readonly listen: readonly Endpoint[]; readonly instances: readonly SpeakerConfig[] };
  /** To be read by the shell before anything is configured: passwords.ts. Neighbors that have one are held down until then. */
  readonly passwordFiles: readonly PasswordFileRef[];
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

/** Where a password file is named: what becomes of the file is not the router file's fault, but who checks it wants to know. */
export interface PasswordField {
  readonly line: number;
  readonly field: string;
  /** As it stands there. */
  readonly path: string;
}

export type RouterReading =
  | { readonly settings: RouterSettings; readonly passwordFields: readonly PasswordField[] }
  | { readonly faults: readonly ConfigFault[] };

/** The name of the one instance of a router. */
const routerInstance = 'default';

/** The kernel's main table, and a metric behind that of other daemons' routes: 20 as FRR's zebra gives BGP. */
const mainTable = 254;
const defaultFibMetric = 20;
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
  if (found.length === 0 && 'file' in validated) {
    const passwordFields = listPasswordFields(validated.file.router).map(({ at, path }) => ({
      line: document.lineOf(at),
      field: formatFieldPath(at),
      path,
    }));
    return { settings: makeSettings(validated.file), passwordFields: passwordFields.sort((a, b) => a.line - b.line) };
  }
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
  const listen = router.listen?.flatMap((text) => parseEndpoint(text, bgpPort) ?? []);
  return {
    speaker: { listen: listen ?? everyAddress, instances: [makeInstance(router)] },
    passwordFiles: findPasswordFiles(router),
    apiListen: readEndpoint(api?.listen),
    metricsListen: readEndpoint(prometheus?.listen) ?? defaultMetricsListen,
    healthListen: readEndpoint(health?.listen) ?? defaultHealthListen,
  };
}

function makeInstance(router: RouterFields): SpeakerConfig {
  const { neighbors = [], gracefulRestart } = router;
  const lists = collectLists(router);
  const groupOf = groupsByName(router);
  const instance: Writable<SpeakerConfig> = {
    instance: routerInstance,
    asn: router.asn,
    routerId: router.routerId,
    neighbors: neighbors
      .filter(({ prefix }) => prefix === undefined)
      .map((fields) => makeNeighbor(fields, groupOf(fields), gracefulRestart)),
    networks: (router.networks ?? []).map(makeNetwork),
    policies: (router.policies ?? []).map((policy) => makePolicy(policy, lists)),
  };
  const ranges = neighbors.filter(({ prefix }) => prefix !== undefined);
  if (ranges.length > 0) {
    instance.dynamicNeighbors = ranges.map((fields) => ({
      prefix: neighborName(fields),
      limit: fields.limit ?? defaultDynamicLimit,
      neighbor: makeOptions(fields, groupOf(fields), gracefulRestart),
    }));
  }
  put(instance, 'aggregates', router.aggregates?.map(makeAggregate));
  put(instance, 'redistribute', router.redistribute?.map(makeRedistribution));
  put(instance, 'confederation', router.confederation);
  put(instance, 'clusterId', router.clusterId);
  put(instance, 'bestPath', makeBestPath(router.bestPath));
  put(instance, 'maxPaths', makeMaxPaths(router.maxPaths));
  put(instance, 'fib', makeFib(router.fib));
  put(instance, 'selectionDeferralSec', gracefulRestart?.selectionDeferralSec);
  put(instance, 'isGracefulShutdown', router.gracefulShutdown);
  put(instance, 'hostname', router.hostname);
  put(instance, 'domainName', router.domainName);
  put(instance, 'softwareVersion', router.softwareVersion);
  return instance;
}

function groupsByName({ peerGroups = [] }: RouterFields): (fields: NeighborFields) => PeerGroupFields | undefined {
  const groups = new Map(peerGroups.map((group) => [group.name, group]));
  return ({ peerGroup }) => (peerGroup === undefined ? undefined : groups.get(peerGroup));
}

function findPasswordFiles(router: RouterFields): PasswordFileRef[] {
  const groupOf = groupsByName(router);
  return (router.neighbors ?? []).flatMap((fields) => {
    const { passwordFile } = mergeGroup(fields, groupOf(fields));
    return passwordFile === undefined ? [] : [{ neighbor: neighborName(fields), path: passwordFile }];
  });
}

function listPasswordFields({ neighbors = [], peerGroups = [] }: RouterFields): { at: FieldPath; path: string }[] {
  const listed = { neighbors, peerGroups };
  return (['peerGroups', 'neighbors'] as const).flatMap((list) =>
    listed[list].flatMap(({ passwordFile }, index) =>
      passwordFile === undefined ? [] : [{ at: ['router', list, index, 'passwordFile'], path: passwordFile }],
    ),
  );
}

function readEndpoint(text: string | undefined): Endpoint | undefined {
  return text === undefined ? undefined : parseEndpoint(text);
}

function makeNetwork(network: string | { prefix: string; origin?: 'igp' | 'incomplete' }): NetworkConfig {
  const { prefix, origin = 'igp' } = typeof network === 'string' ? { prefix: network } : network;
  return { prefix: canonicalPrefix(prefix), origin };
}

function canonicalPrefix(text: string): string {
  return parsePrefix(text)?.toString() ?? text;
}

function makeAggregate(fields: Listed<RouterFields['aggregates']>): AggregateConfig {
  const { prefix, summaryOnly, policy } = typeof fields === 'string' ? { prefix: fields } : fields;
  return {
    prefix: canonicalPrefix(prefix),
    isSummaryOnly: summaryOnly ?? false,
    policy: policy === undefined ? undefined : makePolicyRef(policy),
  };
}

function makeRedistribution(fields: Listed<RouterFields['redistribute']>): RedistributeConfig {
  const { source, families, policy } = typeof fields === 'string' ? { source: fields } : fields;
  return {
    source,
    families: families ?? ['ipv4-unicast', 'ipv6-unicast'],
    policy: policy === undefined ? undefined : makePolicyRef(policy),
  };
}

function makeBestPath(fields: RouterFields['bestPath']): BestPathConfig | undefined {
  if (fields === undefined) return undefined;
  return {
    isMultipathRelax: fields.multipathRelax ?? false,
    prefersOldest: fields.preferOldest ?? false,
    comparesMedAlways: fields.compareMedAlways ?? false,
    weighsByLinkBandwidth: fields.linkBandwidth ?? true,
  };
}

function makeMaxPaths(fields: RouterFields['maxPaths']): SpeakerConfig['maxPaths'] {
  if (fields === undefined) return undefined;
  if (typeof fields === 'number') return { ebgp: fields, ibgp: fields };
  return { ebgp: fields.ebgp ?? 1, ibgp: fields.ibgp ?? 1 };
}

function makeFib(fields: RouterFields['fib']): FibConfig | undefined {
  if (fields === undefined || fields === 'none') return undefined;
  const { table, metric, advertiseInstalledOnly, blackholes } = fields === 'kernel' ? { table: mainTable } : fields;
  return {
    table: table ?? mainTable,
    metric: metric ?? defaultFibMetric,
    advertisesInstalledOnly: advertiseInstalledOnly ?? false,
    ...(blackholes === undefined ? {} : { installsBlackholes: blackholes }),
  };
}

type Listed<T> = NonNullable<T> extends readonly (infer Entry)[] ? Entry : never;
