// `waggle config check` for manifests: everything the store or the reconciler would refuse, without running
// anything. One line a fault: `file:line: field: value: what would be right`.

import { statSync } from 'node:fs';
import { formatProblem } from '#control/bgp/object-problem.ts';
import { desiredBgp } from '#control/bgp/peering-policy.ts';
import { BgpSecrets } from '#control/bgp/secrets.ts';
import { describeError, lookAtDirectory, readManifestFile } from '#kube/manifest-directory.ts';
import { ManifestReader, type ManifestFile, type ReadObject } from '#kube/read-manifests.ts';
import { admitManifest, judgeManifest } from './judge-manifest.ts';
import { defaultSecretsNamespace } from './options.ts';
import { joinNode } from './read-local-node.ts';
import { readSecret } from './read-secret.ts';

export interface ManifestCheck {
  /** One line each, in the order of files and lines. */
  readonly faults: readonly string[];
  readonly files: number;
  readonly objects: number;
}

/**
 * Files and directories; a directory's are its manifests, as the agent reads them. `others`: files in them that are no
 * manifests.
 */
export function checkManifests(paths: readonly string[], others: ReadonlySet<string> = new Set()): ManifestCheck {
  const faults: string[] = [];
  const files = paths.flatMap((path) => readPath(path, faults)).filter(({ name }) => !others.has(name));
  const reading = new ManifestReader(admitManifest).read(files);
  faults.push(...reading.faults.map(({ where, message }) => `${where}: ${message}`));
  for (const object of reading.objects) {
    for (const problem of judgeManifest(object.manifest)) {
      faults.push(`${object.locate(problem.path)}: ${formatProblem(problem)}`);
    }
  }
  faults.push(...checkNodes(reading.objects));
  return { faults: sortByPlace([...new Set(faults)]), files: files.length, objects: reading.objects.length };
}

function readPath(path: string, faults: string[]): ManifestFile[] {
  let isDirectory: boolean;
  try {
    isDirectory = statSync(path).isDirectory();
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    faults.push(`${path}: ${isMissing ? 'no such file or directory' : describeError(error)}`);
    return [];
  }
  const look = isDirectory ? lookAtDirectory(path) : { paths: [path], unreadable: [], failure: undefined };
  if (look.failure !== undefined) faults.push(`${path}: ${look.failure}`);
  if (isDirectory && look.failure === undefined && look.paths.length + look.unreadable.length === 0) {
    faults.push(`${path}: no manifests in this directory: expected files named *.yaml, *.yml or *.json`);
  }
  const read = look.paths.map(readManifestFile);
  const unreadable = [...look.unreadable, ...read.filter((file) => 'message' in file)];
  faults.push(...unreadable.map((file) => `${file.path}: ${file.message}`));
  return read.filter((file) => 'text' in file);
}

/** What shows only on a node: for each that the manifests have, which policies meet there, and what it lacks. */
function checkNodes(objects: readonly ReadObject[]): string[] {
  const manifests = objects.map(({ manifest }) => manifest);
  const policies = manifests
    .filter((manifest) => manifest.kind === 'CiliumBGPPeeringPolicy')
    .map(({ metadata, spec }) => ({ name: metadata.name, creationTimestamp: metadata.creationTimestamp ?? '', spec }));
  const names = manifests
    .filter(({ kind }) => kind === 'CiliumNode' || kind === 'Node')
    .map(({ metadata }) => metadata.name);
  const withMetadata = <Manifest extends (typeof manifests)[number]>(manifest: Manifest) => {
    const { name, labels = {}, annotations = {} } = manifest.metadata;
    return { ...manifest, metadata: { name, labels, annotations, uid: '', creationTimestamp: '' } };
  };
  const secrets = new BgpSecrets(
    defaultSecretsNamespace,
    manifests.flatMap((manifest) => (manifest.kind === 'Secret' ? [readSecret(manifest)] : [])),
  );
  const faults: string[] = [];
  for (const name of new Set(names)) {
    const ciliumNode = manifests.find((manifest) => manifest.kind === 'CiliumNode' && manifest.metadata.name === name);
    const node = manifests.find((manifest) => manifest.kind === 'Node' && manifest.metadata.name === name);
    const local = joinNode(
      name,
      ciliumNode?.kind === 'CiliumNode' ? withMetadata(ciliumNode) : undefined,
      node?.kind === 'Node' ? withMetadata(node) : undefined,
    );
    if (local === undefined) continue;
    const desired = desiredBgp(policies, local, undefined, secrets);
    for (const problem of desired.problems) {
      const { reason, object, path, value } = problem;
      if (reason !== 'conflict' && reason !== 'node' && reason !== 'secret') continue;
      // Which of them is the older one, only the agent's memory knows.
      const message = `also selects node ${name}, as CiliumBGPPeeringPolicy/${desired.policy} does; a node takes one policy, the older`;
      const place = objects.find(({ key }) => key === object)?.locate(path) ?? object;
      faults.push(
        `${place}: ${formatProblem(reason !== 'conflict' ? problem : { reason, object, path, value, message })}`,
      );
    }
  }
  return faults;
}

function sortByPlace(faults: string[]): string[] {
  const place = (fault: string): [file: string, line: number] => {
    const match = /^(.*?):(\d+): /.exec(fault);
    return match === null ? [fault, 0] : [match[1], Number(match[2])];
  };
  return faults.toSorted((a, b) => {
    const [fileA, lineA] = place(a);
    const [fileB, lineB] = place(b);
    return fileA < fileB ? -1 : fileA > fileB ? 1 : lineA - lineB;
  });
}
