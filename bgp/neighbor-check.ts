// Checks what a configuration says of one neighbor, or of the neighbors of a prefix: every value within its range and every
// option where it means something. The first fault is thrown as ConfigError with its field, its value and what would be right.
// What concerns the speaker as a whole is checked in configuration.ts.

import type {
  GracefulRestartConfig,
  LocalAsConfig,
  MaxPrefixesConfig,
  NeighborFamilyConfig,
  NeighborOptionsConfig,
  PolicyRef,
  TimersConfig,
} from './config.ts';
import { ConfigError } from './config-error.ts';
import { parseAddress } from './net/address.ts';
import { families, familyByName } from './net/family.ts';

export interface CheckContext {
  /** What the fields belong to, e.g. `neighbors[192.0.2.1]`. */
  readonly where: string;
  readonly localAsn: number;
  /** Other member ASes of the confederation. */
  readonly members: readonly number[];
  readonly policies: ReadonlySet<string>;
}

type Kind = 'ibgp' | 'confederation' | 'ebgp' | 'unknown';

export function checkNeighbor(config: NeighborOptionsConfig, context: CheckContext): void {
  const { where } = context;
  const fail = (field: string, value: unknown, expected: string): never => {
    throw new ConfigError(`${where}.${field}`, value, expected);
  };
  const within = (field: string, value: number | undefined, min: number, max: number): void => {
    if (value !== undefined && !isWithin(value, min, max)) fail(field, value, `${min}..${max}`);
  };
  within('port', config.port, 1, 65_535);
  if (typeof config.remoteAsn === 'number') within('remoteAsn', config.remoteAsn, 1, 0xffff_ffff);
  if (config.families.length === 0) fail('families', config.families, 'at least one family');
  for (const family of config.families) {
    if (familyByName(family) === undefined) fail('families', family, families.map(({ name }) => name).join(' or '));
  }
  checkPolicy(config.importPolicy, `${where}.importPolicy`, context.policies);
  checkPolicy(config.exportPolicy, `${where}.exportPolicy`, context.policies);
  within('ttl', config.ttl, 1, 255);
  within('gtsmHops', config.gtsmHops, 1, 254);
  // RFC 5082 §3: what goes out has TTL 255, so another one cannot be asked for.
  if (config.gtsmHops !== undefined && config.ttl !== undefined && config.ttl !== 255) {
    fail('ttl', config.ttl, 'none beside gtsmHops, which sends TTL 255 (RFC 5082)');
  }
  if (config.sourceAddress !== undefined && parseAddress(config.sourceAddress.replace(/%.*$/, '')) === undefined) {
    fail('sourceAddress', config.sourceAddress, 'an IP address');
  }
  if (config.interfaceName !== undefined && !/^[^\s/]{1,15}$/.test(config.interfaceName)) {
    fail('interfaceName', config.interfaceName, 'the name of an interface, at most 15 characters');
  }
  // The value of a password is in no message.
  if (config.password !== undefined && !isWithin(utf8Length(config.password), 1, 80)) {
    fail('password', `(${utf8Length(config.password)} octets)`, '1 to 80 octets (RFC 2385)');
  }
  if (config.shutdownMessage !== undefined && utf8Length(config.shutdownMessage) > 255) {
    fail('shutdownMessage', config.shutdownMessage, 'at most 255 octets of UTF-8 (RFC 9003)');
  }
  checkTimers(config.timers, fail, within);
  checkKind(config, kindOf(config, context), fail);
  if (config.localAs !== undefined) checkLocalAs(config.localAs, context, fail);
  within('allowAsIn', config.allowAsIn, 0, 10);
  if (config.gracefulRestart !== undefined) checkGracefulRestart(config.gracefulRestart, within);
  within('longLivedStaleSec', config.longLivedStaleSec, 0, 0xff_ffff);
  if (config.longLivedStaleSec !== undefined && config.gracefulRestart === undefined) {
    fail('longLivedStaleSec', config.longLivedStaleSec, 'none without gracefulRestart (RFC 9494 §4.1)');
  }
  for (const family of families) {
    const options = config.familyOptions?.[family.name];
    if (options === undefined) continue;
    if (!config.families.includes(family.name)) {
      fail(
        `familyOptions.${family.name}`,
        family.name,
        `one of the neighbor's families (${config.families.join(', ')})`,
      );
    }
    checkFamily(options, `familyOptions.${family.name}`, context, fail, within);
  }
}

type Fail = (field: string, value: unknown, expected: string) => never;
type Within = (field: string, value: number | undefined, min: number, max: number) => void;

function checkTimers(timers: TimersConfig, fail: Fail, within: Within): void {
  const { holdTimeSec } = timers;
  // RFC 4271 §4.2: zero or at least three seconds.
  if (holdTimeSec !== 0 && !isWithin(holdTimeSec, 3, 65_535)) fail('timers.holdTimeSec', holdTimeSec, '0 or 3..65535');
  within('timers.keepaliveSec', timers.keepaliveSec, 0, 65_535);
  within('timers.connectRetrySec', timers.connectRetrySec, 1, 65_535);
  within('timers.delayOpenSec', timers.delayOpenSec, 0, 240);
  const { sendHoldSec } = timers;
  // RFC 9687 §4: the Send Hold Time must be greater than the hold time.
  if (sendHoldSec !== undefined && sendHoldSec !== 0 && !isWithin(sendHoldSec, holdTimeSec + 1, 65_535)) {
    fail('timers.sendHoldSec', sendHoldSec, `0 or more than the hold time, ${holdTimeSec + 1}..65535 (RFC 9687)`);
  }
}

function checkKind(config: NeighborOptionsConfig, kind: Kind, fail: Fail): void {
  const isInternal = kind === 'ibgp';
  const isExternal = kind === 'ebgp' || kind === 'confederation';
  if (config.isRouteReflectorClient === true && isExternal) {
    fail('isRouteReflectorClient', true, 'false: clients of a route reflector are iBGP neighbors (RFC 4456)');
  }
  if (config.isRouteServerClient === true && (isInternal || kind === 'confederation')) {
    fail('isRouteServerClient', true, 'false: clients of a route server are eBGP neighbors (RFC 7947)');
  }
  if (config.role !== undefined && (isInternal || kind === 'confederation')) {
    fail('role', config.role, 'none: roles are for eBGP neighbors (RFC 9234 §4)');
  }
  if (config.isRoleStrict === true && config.role === undefined) {
    fail('isRoleStrict', true, 'false without a role');
  }
  if (config.localAs !== undefined && kind !== 'ebgp' && kind !== 'unknown') {
    fail('localAs', config.localAs.asn, 'none: another AS number is shown to eBGP neighbors only (RFC 7705)');
  }
  if (config.isAsOverride === true && isInternal) fail('isAsOverride', true, 'false towards iBGP');
  if (config.removePrivateAs !== undefined && (isInternal || kind === 'confederation')) {
    fail('removePrivateAs', config.removePrivateAs, 'none within the AS or confederation (RFC 6996)');
  }
}

function checkLocalAs(localAs: LocalAsConfig, context: CheckContext, fail: Fail): void {
  if (!isWithin(localAs.asn, 1, 0xffff_ffff)) fail('localAs.asn', localAs.asn, '1..4294967295');
  if (localAs.asn === context.localAsn) fail('localAs.asn', localAs.asn, 'another number than our own');
  if (localAs.isReplaceAs && !localAs.isNoPrepend) {
    fail('localAs.isReplaceAs', true, 'isNoPrepend as well: what is replaced outwards is not added inwards (RFC 7705)');
  }
}

function checkGracefulRestart(config: GracefulRestartConfig, within: Within): void {
  within('gracefulRestart.restartTimeSec', config.restartTimeSec, 1, 4095);
  within('gracefulRestart.stalePathSec', config.stalePathSec, 1, 4095);
}

function checkFamily(
  options: NeighborFamilyConfig,
  where: string,
  context: CheckContext,
  fail: Fail,
  within: Within,
): void {
  if (options.importPolicy !== undefined) {
    checkPolicy(options.importPolicy, `${context.where}.${where}.importPolicy`, context.policies);
  }
  if (options.exportPolicy !== undefined) {
    checkPolicy(options.exportPolicy, `${context.where}.${where}.exportPolicy`, context.policies);
  }
  within(`${where}.addPathSend`, options.addPathSend, 0, 255);
  if (options.maxPrefixes !== undefined) checkMaxPrefixes(options.maxPrefixes, `${where}.maxPrefixes`, fail, within);
  const policy = options.defaultOriginate?.policy;
  if (policy !== undefined) checkPolicy(policy, `${context.where}.${where}.defaultOriginate.policy`, context.policies);
}

function checkMaxPrefixes(config: MaxPrefixesConfig, where: string, fail: Fail, within: Within): void {
  within(`${where}.limit`, config.limit, 1, 0xffff_ffff);
  within(`${where}.warningPercent`, config.warningPercent, 1, 100);
  if (config.action === 'restart' && !isWithin(config.restartSec, 1, 65_535)) {
    fail(`${where}.restartSec`, config.restartSec, '1..65535 with the action restart');
  }
}

export function checkPolicy(ref: PolicyRef, field: string, policies: ReadonlySet<string>): void {
  if (typeof ref !== 'object' || policies.has(ref.policy)) return;
  throw new ConfigError(field, ref.policy, `the name of a policy (${[...policies].join(', ')})`);
}

function kindOf({ remoteAsn }: NeighborOptionsConfig, { localAsn, members }: CheckContext): Kind {
  if (remoteAsn === 'any') return 'unknown';
  if (remoteAsn === 'internal' || remoteAsn === localAsn) return 'ibgp';
  if (remoteAsn === 'external') return members.length > 0 ? 'unknown' : 'ebgp';
  return members.includes(remoteAsn) ? 'confederation' : 'ebgp';
}

export function isWithin(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

export function utf8Length(text: string): number {
  let length = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
  }
  return length;
}
