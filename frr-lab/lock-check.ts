// Is node_modules what package-lock.json asks for? Exit 0 yes, 1 no. Run by install.sh before anything else, so it uses
// nothing but Node. Contents are compared, not times: a checkout gives every file a new time.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

type Entry = { readonly version: string; readonly isOptional: boolean };

function readPackages(file: string): Map<string, Entry> {
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const found = new Map<string, Entry>();
  if (typeof parsed !== 'object' || parsed === null || !('packages' in parsed)) return found;
  const { packages } = parsed;
  if (typeof packages !== 'object' || packages === null) return found;
  for (const [path, value] of Object.entries(packages)) {
    if (path === '' || typeof value !== 'object' || value === null) continue;
    const version = 'version' in value && typeof value.version === 'string' ? value.version : '';
    const isOptional = ['optional', 'devOptional'].some((key) => Reflect.get(value, key) === true);
    found.set(path, { version, isOptional });
  }
  return found;
}

function isFresh(repo: string): boolean {
  const installedFile = join(repo, 'node_modules/.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const wanted = readPackages(join(repo, 'package-lock.json'));
  const installed = readPackages(installedFile);
  for (const [path, entry] of installed) {
    if (wanted.get(path)?.version !== entry.version) return false;
  }
  for (const [path, entry] of wanted) {
    // npm leaves out what is optional and for another machine; everything else must be there.
    if (!installed.has(path) && !entry.isOptional) return false;
  }
  return true;
}

const repo = process.argv[2];
process.exitCode = repo !== undefined && isFresh(repo) ? 0 : 1;
