// Writes src/kube/builtin/data/fields.json anew: `node scripts/generate-kinds.ts`. The fields of built-in kinds, their types and which
// are required, from the models of @kubernetes/client-node; what the models lack stands in src/kube/builtin/list-keys.ts.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderFields } from '#kube/builtin/render-fields.ts';
import { builtinModels } from '#kube/builtin/kinds.ts';

const root = join(import.meta.dirname, '..');
const models = join(root, 'node_modules/@kubernetes/client-node/dist/gen/models');
const read = (file: string): string => readFileSync(join(models, file), 'utf8');

writeFileSync(join(root, 'src/kube/builtin/data/fields.json'), renderFields(builtinModels, read));
