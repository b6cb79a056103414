// Lists the modules a TypeScript source names: import, export … from, import(), and what it makes a URL of for a worker thread.
// Works on formatted text, not on a syntax tree: it may see an import inside a template literal, and never misses a real one
// that the formatter has laid out. `import { type A }` counts as a value import: with verbatimModuleSyntax it still loads the file.

export interface Import {
  readonly specifier: string;
  readonly isTypeOnly: boolean;
  /** Named for its URL: by import.meta.resolve (an alias, good in dist/ too) or relative to import.meta.url (as it is written). */
  readonly isUrl?: boolean;
}

const STATIC = /^(?:import|export)\s+(type\s+)?(?:[\w$*{][\w$*{},\s]*\sfrom\s+)?['"]([^'"\n]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*['"`]([^'"`]+)['"`]/g;
const URL_OF = /new URL\(\s*['"]([^'"]+\.[tj]s)['"],\s*import\.meta\.url/g;
const RESOLVED = /\bimport\.meta\.resolve\(\s*['"]([^'"]+)['"]/g;

export function listImports(source: string): Import[] {
  const found: Import[] = [];
  for (const match of source.matchAll(STATIC)) {
    found.push({ specifier: match[2], isTypeOnly: match[1] !== undefined });
  }
  for (const match of source.matchAll(DYNAMIC)) found.push({ specifier: match[1], isTypeOnly: false });
  for (const pattern of [URL_OF, RESOLVED]) {
    for (const match of source.matchAll(pattern)) found.push({ specifier: match[1], isTypeOnly: false, isUrl: true });
  }
  return found;
}
