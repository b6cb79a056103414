// Writes deploy/crds anew from src/kube/crds: `node scripts/generate-crds.ts`. Files of definitions that are no more are removed.
// test/kube/crds/manifest.test.ts holds the files against the source.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderManifests } from '#kube/crds/manifest.ts';

const folder = join(import.meta.dirname, '..', 'deploy', 'crds');
const manifests = renderManifests();

mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) {
  if (name.endsWith('.yaml') && !manifests.has(name)) rmSync(join(folder, name));
}
for (const [name, text] of manifests) writeFileSync(join(folder, name), text);
process.stdout.write(`${manifests.size} definitions written to deploy/crds\n`);
