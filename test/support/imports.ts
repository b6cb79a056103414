// Lists the modules a TypeScript source names: import, export … from, import(), and `new URL('./x.ts', import.meta.url)`.
// Works on formatted text, not on a syntax tree: it may see an import inside a template literal, and never misses a real one
// that the formatter has laid out. `import { type A }` counts as a value import: with verbatimModuleSyntax it still loads the file.

export interface Import {
  readonly specifier: string;
  readonly isTypeOnly: boolean;
}

const STATIC = /^(?:import|export)\s+(type\s+)?(?:[\w$*{][\w$*{},\s]*\sfrom\s+)?['"]([^'"\n]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*['"`]([^'"`]+)['"`]/g;
const URL_OF = /new URL\(\s*['"]([^'"]+\.[tj]s)['"],\s*import\.meta\.url/g;

export function listImports(source: string): Import[] {
  const found: Import[] = [];
  for (const match of source.matchAll(STATIC)) {
    found.push({ specifier: match[2], isTypeOnly: match[1] !== undefined });
  }
  for (const match of source.matchAll(DYNAMIC)) found.push({ specifier: match[1], isTypeOnly: false });
  for (const match of source.matchAll(URL_OF)) found.push({ specifier: match[1], isTypeOnly: false });
  return found;
}
