// Which kubectl the tests run: the pinned one that scripts/install-kubectl.ts brought, else the one on PATH if it is new enough. One
// place, so that no test runs another one than it says.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Need } from './skip.ts';

const pinned = join(import.meta.dirname, '../../.tools/kubectl/kubectl');
/** Older ones were never tried. */
const oldestMinor = 32;

/** What to start: a path, or a name on PATH. */
export const kubectlPath = existsSync(pinned) ? pinned : 'kubectl';

/** The version of 1.x; undefined: there is none. */
export const kubectlMinor = readMinor();

export const kubectl: Need = () => {
  if (kubectlMinor === undefined) return 'kubectl is not installed (scripts/install-kubectl.ts)';
  return kubectlMinor < oldestMinor ? `kubectl 1.${kubectlMinor} is older than 1.${oldestMinor}` : undefined;
};

function readMinor(): number | undefined {
  try {
    const text = execFileSync(kubectlPath, ['version', '--client', '-o', 'json'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return Number.parseInt(JSON.parse(text).clientVersion.minor, 10);
  } catch {
    return undefined;
  }
}
