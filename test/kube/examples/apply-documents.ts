// Applies every document of a folder of YAML files to the embedded API, as kubectl would: objects of the groups that examples use, in
// the order of the files' names. A namespace that nobody makes is made first.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { parseAllDocuments } from 'yaml';
import { SystemClock } from '#io/clock.ts';
import { ApiError } from '#kube/api/api-error.ts';
import { targetOf, writeAs } from '#kube/controllers/controller.ts';
import { EmbeddedApi } from '#kube/embedded-api.ts';
import { isRecord } from '#kube/record.ts';
import { readObject } from '#kube/registry/read-object.ts';

const groups: readonly string[] = ['', 'cilium.io', 'apps', 'networking.k8s.io'];

export interface Applied {
  readonly applied: number;
  /** `file: Kind/name: why`. */
  readonly refused: readonly string[];
  /** Each text of a warning, with how often it came. */
  readonly warnings: Readonly<Record<string, number>>;
  /** Documents of other groups: kind, and how many. */
  readonly others: Readonly<Record<string, number>>;
}

export interface Document {
  readonly file: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Of every `.yaml` and `.yml`, in the order of the names. */
export function readDocuments(root: string): readonly Document[] {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => /\.ya?ml$/.test(name));
  return names.toSorted().flatMap((file) =>
    parseAllDocuments(readFileSync(join(root, file), 'utf8')).flatMap((document) => {
      const body: unknown = document.toJS();
      if (!isRecord(body) || typeof body.apiVersion !== 'string' || typeof body.kind !== 'string') return [];
      const { apiVersion, kind, metadata } = body;
      const given = isRecord(metadata) ? metadata.namespace : undefined;
      return [{ file, apiVersion, kind, namespace: typeof given === 'string' ? given : 'default', body }];
    }),
  );
}

export async function openEmbedded(t: ExecutionContext): Promise<EmbeddedApi> {
  const directory = mkdtempSync(join(tmpdir(), 'waggle-examples-'));
  const embedded = new EmbeddedApi(
    { directory, server: undefined },
    { clock: new SystemClock(() => {}), failed: (what, error) => t.fail(`${what}: ${error.message}`) },
  );
  t.teardown(() => {
    embedded.close();
    rmSync(directory, { recursive: true, force: true });
  });
  await embedded.start([]);
  return embedded;
}

/** What is there already is applied over it; unknown fields are warnings, as without kubectl's validation. */
export async function applyDocuments({ api }: EmbeddedApi, documents: readonly Document[]): Promise<Applied> {
  let applied = 0;
  const refused: string[] = [];
  const [warnings, others]: readonly Record<string, number>[] = [{}, {}];
  for (const { file, apiVersion, kind, namespace: home, body } of documents) {
    const [group, version] = ['', ...apiVersion.split('/')].slice(-2);
    const resource = api.resources().find((one) => one.group === group && one.version === version && one.kind === kind);
    if (!groups.includes(group)) {
      count(others, `${apiVersion} ${kind}`);
      continue;
    }
    const what = `${file}: ${kind}`;
    if (resource === undefined) {
      refused.push(`${what}: not served in ${apiVersion}`);
      continue;
    }
    const warn = (text: string): void => count(warnings, text);
    const options = { ...writeAs('examples'), fieldValidation: 'Warn', warn } as const;
    try {
      const namespace = resource.isNamespaced ? home : undefined;
      if (namespace !== undefined) await ensureNamespace(api, namespace);
      const target = { resource, namespace };
      const given = readObject(body, resource, namespace);
      try {
        await api.create(target, given, options);
      } catch (error) {
        if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error;
        const at = { ...targetOf(resource, given), namespace };
        await api.patch(at, { type: 'application/merge-patch+json', body, isForced: false }, options);
      }
      applied++;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      refused.push(`${what}: ${error.message}`);
    }
  }
  return { applied, refused, warnings, others };
}

async function ensureNamespace(api: EmbeddedApi['api'], name: string): Promise<void> {
  const resource = api.resources().find(({ group, kind }) => group === '' && kind === 'Namespace');
  if (resource === undefined) throw new Error('namespaces are not served');
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  await api.create({ resource, namespace: undefined }, namespace, writeAs('examples')).catch((error: unknown) => {
    if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error;
  });
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
