// Neighbors of router.yaml, merged with their groups, as the speaker takes them.
// What is wrong with them neighbor-meaning.ts has said before.

import type {
  GracefulRestartConfig,
  LocalAsConfig,
  MaxPrefixesConfig,
  NeighborConfig,
  NeighborFamilyConfig,
  NeighborOptionsConfig,
  PolicyRef,
  TimersConfig,
} from '#bgp/config.ts';
import type { FamilyName } from '#bgp/net/family.ts';
import { parsePrefix } from '#bgp/net/prefix.ts';
import type { FamilyFields, NeighborFields, PeerGroupFields } from './neighbor-schema.ts';
import { mergeFamily, mergeGroup } from './peer-groups.ts';
import { put, type Writable } from './put.ts';
import type { RouterFields } from './schema.ts';
import { parseZonedAddress } from './text-formats.ts';

/** RFC 4271 §8. */
export const bgpPort = 179;
const defaultConnectRetrySec = 120;
export const defaultHoldTimeSec = 90;
/** As FRR's `bgp listen limit`. */
export const defaultDynamicLimit = 100;
const defaultWarningPercent = 75;
const defaultRestartSec = 60;
const everyFamily: readonly FamilyName[] = ['ipv4-unicast', 'ipv6-unicast'];

/** Canonical text: an address with its zone, or a prefix. */
export function neighborName({ address, prefix }: NeighborFields): string {
  if (address !== undefined) return parseZonedAddress(address)?.text ?? address;
  return parsePrefix(prefix ?? '')?.toString() ?? prefix ?? '';
}

export function makeNeighbor(
  fields: NeighborFields,
  group: PeerGroupFields | undefined,
  restart: RouterFields['gracefulRestart'],
): NeighborConfig {
  return { address: neighborName(fields), ...makeOptions(fields, group, restart) };
}

export function makeOptions(
  own: NeighborFields,
  group: PeerGroupFields | undefined,
  restart: RouterFields['gracefulRestart'],
): NeighborOptionsConfig {
  const fields = mergeGroup(own, group);
  const families = familiesOf(fields);
  const isDynamic = own.prefix !== undefined;
  const config: Writable<NeighborOptionsConfig> = {
    port: fields.port ?? bgpPort,
    remoteAsn: fields.remoteAsn ?? 'any',
    description: fields.description,
    isPassive: isDynamic || (fields.passive ?? false),
    families,
    importPolicy: makePolicyRef(fields.import),
    exportPolicy: makePolicyRef(fields.export),
    isNextHopSelf: fields.nextHopSelf ?? false,
    ttl: fields.ttl ?? makeMultihopTtl(fields.multihop),
    sourceAddress: fields.sourceAddress === undefined ? undefined : parseZonedAddress(fields.sourceAddress)?.text,
    timers: makeTimers(fields.timers),
    isShutdown: fields.shutdown !== undefined && fields.shutdown !== false,
  };
  put(config, 'peerGroup', own.peerGroup);
  put(
    config,
    'gtsmHops',
    fields.ttlSecurity === true ? 1 : fields.ttlSecurity === false ? undefined : fields.ttlSecurity,
  );
  put(config, 'interfaceName', fields.interface);
  put(config, 'password', fields.password);
  if (fields.passwordFile !== undefined) {
    // Until the shell has read it, and whatever happens to that: never a session without the password.
    config.heldDownReason = `password file ${fields.passwordFile}: not read yet`;
  }
  if (typeof fields.shutdown === 'object') config.shutdownMessage = fields.shutdown.message;
  put(config, 'dampsPeerOscillations', fields.dampPeerOscillations);
  put(config, 'role', fields.role);
  put(config, 'isRoleStrict', fields.roleStrict);
  const gracefulRestart = makeGracefulRestart(fields.gracefulRestart, restart);
  put(config, 'gracefulRestart', gracefulRestart);
  const inheritedStaleSec = gracefulRestart === undefined ? undefined : restart?.longLivedStaleSec;
  put(config, 'longLivedStaleSec', fields.longLivedStaleSec ?? inheritedStaleSec);
  put(config, 'offersExtendedMessages', fields.extendedMessages);
  put(config, 'offersExtendedNextHop', fields.extendedNextHop);
  put(config, 'isRouteReflectorClient', fields.routeReflectorClient);
  put(config, 'isRouteServerClient', fields.routeServerClient);
  put(config, 'localAs', makeLocalAs(fields.localAsn));
  put(config, 'allowAsIn', fields.allowAsIn);
  put(config, 'isAsOverride', fields.asOverride);
  put(config, 'removePrivateAs', makeRemovePrivateAs(fields.removePrivateAsn));
  put(config, 'enforcesFirstAs', fields.enforceFirstAsn);
  put(config, 'acceptsAsSets', fields.acceptAsSets);
  put(config, 'isAigpSession', fields.aigp);
  put(config, 'isGracefulShutdown', fields.gracefulShutdown);
  const familyOptions: Partial<Record<FamilyName, NeighborFamilyConfig>> = {};
  for (const family of families) {
    const options = makeFamily(mergeFamily(own, group, family), fields);
    if (Object.keys(options).length > 0) familyOptions[family] = options;
  }
  if (Object.keys(familyOptions).length > 0) config.familyOptions = familyOptions;
  return config;
}

/** That of the address when none are named. */
export function familiesOf(fields: NeighborFields): readonly FamilyName[] {
  const isIpv6 = (fields.address ?? fields.prefix ?? '').includes(':');
  return fields.families ?? [everyFamily[isIpv6 ? 1 : 0]];
}

function makeTimers(fields: NeighborFields['timers']): TimersConfig {
  const holdTimeSec = fields?.holdTimeSec ?? defaultHoldTimeSec;
  const timers: Writable<TimersConfig> = {
    connectRetrySec: fields?.connectRetrySec ?? defaultConnectRetrySec,
    holdTimeSec,
    // RFC 4271 §4.4: a third of the hold time is a reasonable maximum.
    keepaliveSec: fields?.keepaliveSec ?? Math.max(1, Math.floor((holdTimeSec || defaultHoldTimeSec) / 3)),
  };
  put(timers, 'delayOpenSec', fields?.delayOpenSec);
  put(timers, 'sendHoldSec', fields?.sendHoldSec);
  return timers;
}

function makeMultihopTtl(multihop: boolean | number | undefined): number | undefined {
  if (typeof multihop === 'number') return multihop;
  return multihop === true ? 255 : undefined;
}

/** Whoever says anything of it wants it, as a helper at least. */
function makeGracefulRestart(
  own: NeighborFields['gracefulRestart'],
  defaults: RouterFields['gracefulRestart'] = {},
): GracefulRestartConfig | undefined {
  const { mode, restartTimeSec, stalePathSec, notification } = { ...defaults, ...own };
  const isSaid = [mode, restartTimeSec, stalePathSec, notification].some((value) => value !== undefined);
  if (mode === 'off' || (own === undefined && !isSaid)) return undefined;
  return {
    mode: mode ?? 'helper',
    restartTimeSec: restartTimeSec ?? 120,
    stalePathSec: stalePathSec ?? 360,
    hasNotification: notification ?? true,
  };
}

function makeLocalAs(localAsn: NeighborFields['localAsn']): LocalAsConfig | undefined {
  if (localAsn === undefined) return undefined;
  const { asn, noPrepend, replaceAsn } =
    typeof localAsn === 'number' ? { asn: localAsn, noPrepend: false, replaceAsn: false } : localAsn;
  return { asn, isNoPrepend: noPrepend ?? false, isReplaceAs: replaceAsn ?? false };
}

function makeRemovePrivateAs(value: NeighborFields['removePrivateAsn']): 'remove' | 'replace' | undefined {
  return value === true ? 'remove' : value === false ? undefined : value;
}

/** What differs from the neighbor as a whole, and what only families have. */
function makeFamily(fields: FamilyFields, neighbor: NeighborFields): NeighborFamilyConfig {
  const config: Writable<NeighborFamilyConfig> = {};
  if (fields.import !== neighbor.import) config.importPolicy = makePolicyRef(fields.import);
  if (fields.export !== neighbor.export) config.exportPolicy = makePolicyRef(fields.export);
  put(config, 'nextHop', fields.nextHop);
  put(config, 'receivesAddPath', fields.addPath?.receive);
  const send = fields.addPath?.send;
  put(config, 'addPathSend', send === 'all' ? 0 : send === 'none' ? undefined : send);
  put(config, 'maxPrefixes', makeMaxPrefixes(fields.maxPrefixes));
  const { defaultOriginate } = fields;
  if (defaultOriginate === true) config.defaultOriginate = { policy: undefined };
  else if (typeof defaultOriginate === 'object') {
    config.defaultOriginate = { policy: makePolicyRef(defaultOriginate.policy) };
  }
  return config;
}

function makeMaxPrefixes(value: FamilyFields['maxPrefixes']): MaxPrefixesConfig | undefined {
  if (value === undefined) return undefined;
  const { limit, warningPercent, action, restartSec } = typeof value === 'number' ? { limit: value } : value;
  return {
    limit,
    warningPercent: warningPercent ?? defaultWarningPercent,
    action: action ?? 'shutdown',
    restartSec: restartSec ?? defaultRestartSec,
  };
}

export function makePolicyRef(name: string | undefined): PolicyRef {
  if (name === undefined) return 'unset';
  return name === 'accept' || name === 'reject' ? name : { policy: name };
}
