// `waggle config check FILE|DIR…`: holds router files and manifests against what the daemons accept, without
// running any. `waggle config schema` prints the JSON Schema of the router file.

import { stat } from 'node:fs/promises';
import { checkManifests } from '#agent/check-manifests.ts';
import { renderJsonSchema } from '#control/router/schema.ts';
import { readYaml } from '#control/yaml/document.ts';
import { lookAtDirectory } from '#kube/manifest-directory.ts';
import { readTextFile } from '#io/text-file.ts';
import { ConfigFile, describeReadError, maxConfigBytes } from '#router/config-file.ts';
import { findPasswordFaults } from '#router/password-files.ts';

const configHelp = `Usage: waggle config check FILE|DIR…
       waggle config schema

check    Checks router files and Kubernetes manifests (a directory: all of its manifests together).
         A document with router: at its top is a router file, in a directory too. The password files
         that it names are looked at as well: run the check as who runs the router.
         One line a fault: file, line, field, value, what would be right. Exit code 1 if there is one.
schema   Prints the JSON Schema of the router file.
`;

export async function runConfig(args: readonly string[]): Promise<number> {
  // `waggle config schema | head`: who reads no further wanted no more.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const [command, ...rest] = args;
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(configHelp);
    return 0;
  }
  const option = rest.find((word) => word.startsWith('-'));
  if (option !== undefined) return usage(`unknown option ${option}`);
  if (command === 'schema') {
    if (rest.length > 0) return usage(`schema takes no argument, but there is ${rest[0]}`);
    process.stdout.write(renderJsonSchema());
    return 0;
  }
  if (command !== 'check')
    return usage(command === undefined ? 'which one: check or schema?' : `unknown command config ${command}`);
  if (rest.length === 0) return usage('config check needs a file or directory');
  return check(rest);
}

function usage(message: string): number {
  process.stderr.write(`waggle: ${message}: see 'waggle config --help'\n`);
  return 2;
}

async function check(paths: readonly string[]): Promise<number> {
  const faults: string[] = [];
  const manifests: string[] = [];
  /** Router files that lie among manifests. */
  const others = new Set<string>();
  let routerFiles = 0;
  const take = async (path: string, text: { readonly text: string } | { readonly fault: string }): Promise<void> => {
    routerFiles++;
    const checked = 'fault' in text ? { faults: [text.fault] } : new ConfigFile(path).check(text.text);
    if ('faults' in checked) faults.push(...checked.faults);
    else faults.push(...(await findPasswordFaults(path, checked.passwordFields)));
  };
  for (const path of paths) {
    const text = await readRouterText(path);
    if (text === undefined) {
      // Manifests are judged together: what one file names may stand in another.
      manifests.push(path);
      for (const file of await listRouterFiles(path)) {
        others.add(file.path);
        await take(file.path, file);
      }
    } else await take(path, text);
  }
  const checked = manifests.length === 0 ? { faults: [], files: 0, objects: 0 } : checkManifests(manifests, others);
  faults.push(...checked.faults);
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  if (faults.length > 0) return 1;
  const told = [
    ...(routerFiles === 0 ? [] : [count(routerFiles, 'router file')]),
    ...(checked.files === 0 ? [] : [`${count(checked.objects, 'object')} in ${count(checked.files, 'manifest')}`]),
  ];
  process.stdout.write(`${told.join(', ')}: no fault\n`);
  return 0;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Files of a directory that hold a router and no Kubernetes object; none where the path is a file. */
async function listRouterFiles(path: string): Promise<readonly { readonly path: string; readonly text: string }[]> {
  const found: { readonly path: string; readonly text: string }[] = [];
  for (const file of lookAtDirectory(path).paths) {
    const text = await readTextFile(file, maxConfigBytes).catch(() => '');
    const values = readYaml(text).documents.map(({ value }) => value);
    if (values.some(hasRouter) && !values.some(hasKind)) found.push({ path: file, text });
  }
  return found;
}

/** The text of a router file; undefined for what is a directory or looks like a Kubernetes object. */
async function readRouterText(
  path: string,
): Promise<{ readonly text: string } | { readonly fault: string } | undefined> {
  try {
    if ((await stat(path)).isDirectory()) return undefined;
    const text = await readTextFile(path, maxConfigBytes);
    const isManifest = readYaml(text).documents.some(({ value }) => hasKind(value));
    return isManifest ? undefined : { text };
  } catch (error) {
    return { fault: describeReadError(path, error) };
  }
}

function hasRouter(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'router' in value;
}

function hasKind(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ('kind' in value || 'apiVersion' in value);
}
