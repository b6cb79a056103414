// The columns of every built-in kind, as kubectl shows them of any cluster; by `group/Kind`, of the core group `/Kind`.

import type { PrinterColumn } from '../../api/resource.ts';
import { appsColumns } from './apps.ts';
import { clusterColumns } from './cluster.ts';
import { coreColumns } from './core.ts';
import { networkingColumns } from './networking.ts';

/** Without the name, which comes first; only Event has a column `Name` of its own, and starts with another. */
export const builtinColumns: ReadonlyMap<string, readonly PrinterColumn[]> = new Map([
  ...coreColumns,
  ...appsColumns,
  ...networkingColumns,
  ...clusterColumns,
]);
