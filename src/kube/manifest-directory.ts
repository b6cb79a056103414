// A directory of manifest files as it lies on the disk: what is there (cheap, asked often) and what it
// says (when something changed). Within limits; never opens what is no regular file.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { defaultYamlLimits } from '#control/yaml/document.ts';
import type { ManifestFile } from './read-manifests.ts';

const MAX_FILES = 1000;
const MAX_TOTAL_BYTES = 64 * 1024 * 1024;

export interface DirectoryLook {
  /** Differs when any file was changed, added, removed or replaced, however that was done. */
  readonly signature: string;
  /** Paths of the files that can be read. */
  readonly paths: readonly string[];
  /** Those that cannot, and why: what they held before still counts. */
  readonly unreadable: readonly UnreadableFile[];
  /** Why the directory itself cannot be read. */
  readonly failure: string | undefined;
}

export interface UnreadableFile {
  readonly path: string;
  readonly message: string;
}

/** Hidden files are editors' and ConfigMap volumes' own. */
const isManifestName = (name: string): boolean => /^[^.].*\.(ya?ml|json)$/.test(name);

export function lookAtDirectory(directory: string): DirectoryLook {
  let names: string[];
  try {
    names = readdirSync(directory).filter(isManifestName).toSorted();
  } catch (error) {
    const failure = describeDirectoryError(error);
    return { signature: failure, paths: [], unreadable: [], failure };
  }
  const paths: string[] = [];
  const unreadable: UnreadableFile[] = [];
  let signature = '';
  let totalBytes = 0;
  for (const [index, name] of names.entries()) {
    const path = join(directory, name);
    const refuse = (message: string): void => {
      unreadable.push({ path, message });
      signature += `${name} ${message}\n`;
    };
    if (index >= MAX_FILES) {
      refuse(`file ${index + 1} of the directory: at most ${MAX_FILES} manifest files are read`);
      continue;
    }
    try {
      const stat = statSync(path, { bigint: true });
      // The time of the last status change tells a rewrite that kept size and time of writing.
      signature += `${name} ${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}\n`;
      totalBytes += Number(stat.size);
      if (!stat.isFile()) refuse('not a file');
      else if (stat.size > defaultYamlLimits.maxBytes) {
        refuse(`${stat.size} bytes: at most ${defaultYamlLimits.maxBytes} are read`);
      } else if (totalBytes > MAX_TOTAL_BYTES) {
        refuse(`with this file the directory has more than ${MAX_TOTAL_BYTES} bytes, which is where reading ends`);
      } else paths.push(path);
    } catch (error) {
      refuse(describeFileError(error));
    }
  }
  return { signature, paths, unreadable, failure: undefined };
}

function describeDirectoryError(error: unknown): string {
  switch (error instanceof Error && 'code' in error ? error.code : undefined) {
    case 'ENOENT':
      return 'no such directory';
    case 'ENOTDIR':
      return 'not a directory';
    case 'EACCES':
      return 'the directory cannot be read: permission denied';
    default:
      return `the directory cannot be read: ${describeError(error)}`;
  }
}

export function readManifestFile(path: string): ManifestFile | UnreadableFile {
  try {
    return { name: path, text: readFileSync(path, 'utf8') };
  } catch (error) {
    return { path, message: describeFileError(error) };
  }
}

function describeFileError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EACCES') return 'the file cannot be read: permission denied';
  return describeError(error);
}

export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
