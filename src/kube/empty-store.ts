// A KubeStore without objects: `waggle agent --standalone` without manifests.

import type { KubeStore } from './port.ts';

export const emptyStore: KubeStore = {
  list: () => [],
  locate: () => undefined,
  faults: () => [],
  onChange: () => undefined,
  start: () => Promise.resolve(),
  stop: () => undefined,
};
