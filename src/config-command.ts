// `waggle config check FILE|DIR…`: holds router files and manifests against what the daemons accept, without
// running any. `waggle config schema` prints the JSON Schema of the router file.

import { stat } from 'node:fs/promises';
import { checkManifests } from '#agent/check-manifests.ts';
import { renderJsonSchema } from '#control/router/schema.ts';
import { readYaml } from '#control/yaml/document.ts';
import { readTextFile } from '#io/text-file.ts';
import { ConfigFile, describeReadError, maxConfigBytes } from '#router/config-file.ts';

const configHelp = `Usage: waggle config check FILE|DIR…
       waggle config schema

check    Checks router files and Kubernetes manifests (a directory: all of its manifests together).
         One line a fault: file, line, field, value, what would be right. Exit code 1 if there is one.
schema   Prints the JSON Schema of the router file.
`;

export async function runConfig(args: readonly string[]): Promise<number> {
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
  let routerFiles = 0;
  for (const path of paths) {
    const text = await readRouterText(path);
    if (text === undefined) {
      // Manifests are judged together: what one file names may stand in another.
      manifests.push(path);
      continue;
    }
    routerFiles++;
    const checked = 'fault' in text ? { faults: [text.fault] } : new ConfigFile(path).check(text.text);
    if ('faults' in checked) faults.push(...checked.faults);
  }
  const checked = manifests.length === 0 ? { faults: [], files: 0, objects: 0 } : checkManifests(manifests);
  faults.push(...checked.faults);
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  if (faults.length > 0) return 1;
  const told = [
    ...(routerFiles === 0 ? [] : [count(routerFiles, 'router file')]),
    ...(manifests.length === 0 ? [] : [`${count(checked.objects, 'object')} in ${count(checked.files, 'manifest')}`]),
  ];
  process.stdout.write(`${told.join(', ')}: no fault\n`);
  return 0;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
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

function hasKind(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ('kind' in value || 'apiVersion' in value);
}
