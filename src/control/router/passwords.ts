// passwordFile → password: what the bytes of such a file mean, and the settings with what was read put in. Reading is the shell's
// business. What is missing or cannot be a password holds the neighbor down, and is said in words that never hold the value.

import type { NeighborOptionsConfig } from '#bgp/config.ts';
import type { RouterSettings } from './settings.ts';

/** Linux's limit for a key of RFC 2385 (TCP_MD5SIG_MAXKEYLEN). */
export const maxPasswordBytes = 80;

export interface PasswordFileRef {
  /** A neighbor's address with its zone, or the prefix of dynamic ones, in canonical text. */
  readonly neighbor: string;
  /** As it stands in router.yaml: relative ones are taken from there. */
  readonly path: string;
}

export type Password = { readonly password: string } | { readonly heldDownReason: string };

/** Permissions that nobody but the owner, and the group for reading, may have. */
const tooOpen = 0o027;

/** The content of a password file with its mode; one line end at its end is not part of the password. */
export function readPassword(path: string, bytes: Uint8Array, mode: number): Password {
  const held = (reason: string): Password => ({ heldDownReason: `password file ${path}: ${reason}` });
  if ((mode & tooOpen) !== 0) {
    const shown = (mode & 0o777).toString(8).padStart(4, '0');
    return held(`its mode is ${shown}, so that others may read or change it: expected 0600 or 0640`);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return held('is not UTF-8 text');
  }
  const password = text.replace(/\r?\n$/, '');
  // An empty key would mean: no signature at all.
  if (password === '') return held('is empty');
  if (/[\0\r\n]/.test(password)) return held('has more than one line: expected the password alone');
  const { length } = new TextEncoder().encode(password);
  if (length > maxPasswordBytes) return held(`has ${length} octets: at most ${maxPasswordBytes} fit`);
  return { password };
}

/** The settings with each password in its place; a neighbor whose file is not among those read stays down. */
export function withPasswords(settings: RouterSettings, byPath: ReadonlyMap<string, Password>): RouterSettings {
  const pathOf = new Map(settings.passwordFiles.map(({ neighbor, path }) => [neighbor, path]));
  const resolve = <T extends NeighborOptionsConfig>(name: string, config: T): T => {
    const path = pathOf.get(name);
    const found = path === undefined ? undefined : byPath.get(path);
    if (found === undefined) return config;
    if ('heldDownReason' in found) return { ...config, heldDownReason: found.heldDownReason };
    const resolved: T & { heldDownReason?: string } = { ...config, password: found.password };
    delete resolved.heldDownReason;
    return resolved;
  };
  const instances = settings.speaker.instances.map((instance) => ({
    ...instance,
    neighbors: instance.neighbors.map((neighbor) => resolve(neighbor.address, neighbor)),
    ...(instance.dynamicNeighbors === undefined
      ? {}
      : {
          dynamicNeighbors: instance.dynamicNeighbors.map((range) => ({
            ...range,
            neighbor: resolve(range.prefix, range.neighbor),
          })),
        }),
  }));
  return { ...settings, speaker: { ...settings.speaker, instances } };
}
