// What ConfigMaps and Secrets hold: keys that can be names of files, values of a mebibyte in all, and data that may be sealed for
// good. Secrets of well known types have keys of their own.

import { ApiError } from '../../api/api-error.ts';
import type { JsonObject, KubeObject } from '../../api/object.ts';
import { isSameJson } from '../../api/same-json.ts';
import { tell } from '../../registry/metadata-rules.ts';
import { checkConfigKey } from '../../registry/name-rules.ts';
import type { Faults } from '../../schema/faults.ts';
import { at, mapAt, textAt } from '../read-fields.ts';
import type { KindDetail } from './builtin-rules.ts';

const maxBytes = 1_048_576;
const sealedWords = 'field is immutable when `immutable` is set';

export const configMapDetail: KindDetail = {
  fill: (object) => {
    checkBase64(object, 'binaryData');
    return object;
  },
  check: (object, before, faults) => {
    const [data, binary] = [mapAt(object, 'data'), mapAt(object, 'binaryData')];
    checkKeys(data, 'data', faults);
    for (const key of Object.keys(data)) {
      if (Object.hasOwn(binary, key)) faults.invalid(`data[${key}]`, key, 'duplicate of key present in binaryData');
    }
    checkKeys(binary, 'binaryData', faults);
    const bytes = sumBytes(data, (text) => Buffer.byteLength(text)) + sumBytes(binary, countBase64);
    // Upstream names no field: the whole is too long.
    if (bytes > maxBytes) faults.tooLong('[]', maxBytes);
    checkSealed(object, before, ['data', 'binaryData'], faults);
  },
};

export const secretDetail: KindDetail = {
  fill: (object) => {
    checkBase64(object, 'data');
    const { stringData, ...rest } = object;
    const given = Object.entries(mapAt(stringData)).flatMap(([key, value]) =>
      typeof value === 'string' ? [[key, Buffer.from(value).toString('base64')]] : [],
    );
    // Plain texts are for writing alone, and win.
    const data = { ...mapAt(object, 'data'), ...Object.fromEntries(given) };
    const type = textAt(object, 'type') || 'Opaque';
    const { apiVersion, kind, metadata } = object;
    const hasData = at(object, 'data') !== undefined || given.length > 0;
    return { ...rest, apiVersion, kind, metadata, ...(hasData ? { data } : {}), type };
  },
  check: (object, before, faults) => {
    const data = mapAt(object, 'data');
    checkKeys(data, 'data', faults);
    if (sumBytes(data, countBase64) > maxBytes) faults.tooLong('data', maxBytes);
    checkType(object, data, faults);
    if (before !== undefined && textAt(before, 'type') !== textAt(object, 'type')) {
      faults.invalid('type', textAt(object, 'type'), 'field is immutable');
    }
    checkSealed(object, before, ['data'], faults);
  },
};

/** What secrets of well known types must have. */
function checkType(object: KubeObject, data: JsonObject, faults: Faults): void {
  const require = (key: string): void => {
    if (!Object.hasOwn(data, key)) faults.required(`data[${key}]`);
  };
  const requireJson = (key: string): void => {
    require(key);
    if (!Object.hasOwn(data, key)) return;
    const fault = findJsonFault(Buffer.from(textAt(data, key), 'base64').toString());
    if (fault !== undefined) faults.invalid(`data[${key}]`, '<secret contents redacted>', fault);
  };
  switch (textAt(object, 'type')) {
    case 'kubernetes.io/service-account-token': {
      const key = 'kubernetes.io/service-account.name';
      if (textAt(object, 'metadata', 'annotations', key) === '') faults.required(`metadata.annotations[${key}]`);
      break;
    }
    case 'kubernetes.io/dockercfg':
      requireJson('.dockercfg');
      break;
    case 'kubernetes.io/dockerconfigjson':
      requireJson('.dockerconfigjson');
      break;
    case 'kubernetes.io/basic-auth':
      if (Object.hasOwn(data, 'username') || Object.hasOwn(data, 'password')) break;
      require('username');
      require('password');
      break;
    case 'kubernetes.io/ssh-auth':
      if (textAt(data, 'ssh-privatekey') === '') faults.required('data[ssh-privatekey]');
      break;
    case 'kubernetes.io/tls':
      require('tls.crt');
      require('tls.key');
      break;
  }
}

function findJsonFault(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && !Array.isArray(value) ? undefined : 'expected a JSON object';
  } catch {
    // The parser's own words would show the secret.
    return 'invalid JSON';
  }
}

function checkKeys(data: JsonObject, field: string, faults: Faults): void {
  for (const key of Object.keys(data)) tell(faults, `${field}[${key.slice(0, 256)}]`, key, checkConfigKey(key));
}

function checkSealed(
  object: KubeObject,
  before: KubeObject | undefined,
  fields: readonly string[],
  faults: Faults,
): void {
  if (at(before, 'immutable') !== true) return;
  if (at(object, 'immutable') !== true) faults.forbidden('immutable', sealedWords);
  for (const field of fields) {
    if (!isSameJson(mapAt(object, field), mapAt(before, field))) faults.forbidden(field, sealedWords);
  }
}

function sumBytes(data: JsonObject, measure: (text: string) => number): number {
  return Object.values(data).reduce<number>((sum, value) => sum + (typeof value === 'string' ? measure(value) : 0), 0);
}

function countBase64(text: string): number {
  return Buffer.from(text, 'base64').length;
}

/** A body with anything else is not read at all. */
function checkBase64({ apiVersion, kind, ...object }: KubeObject, field: string): void {
  for (const value of Object.values(mapAt(object, field))) {
    const byte = typeof value === 'string' ? findBase64Fault(value) : undefined;
    if (byte === undefined) continue;
    throw new ApiError(
      'BadRequest',
      `${kind} in version "${apiVersion}" cannot be handled as a ${kind}: illegal base64 data at input byte ${byte}`,
    );
  }
}

/** Line ends are passed over, as Go does. No pattern here repeats a group: values are long. */
function findBase64Fault(text: string): number | undefined {
  const bare = text.replaceAll(/[\r\n]/g, '');
  const isWhole = bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare);
  if (isWhole) return undefined;
  const wrong = text.search(/[^A-Za-z0-9+/=\r\n]/);
  if (wrong !== -1) return wrong;
  const padding = text.search(/={1,2}[\r\n]*$/);
  const early = text.indexOf('=');
  return early !== -1 && early !== padding ? early : Math.floor(text.length / 4) * 4;
}
