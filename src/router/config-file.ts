// The file behind `--config`: read, checked, and every fault as `file:line: field: message`.

import { formatFault, readRouterFile } from '#control/router/settings.ts';
import type { PasswordField, RouterSettings } from '#control/router/settings.ts';
import { RouterFileValidator } from '#control/router/validate.ts';
import { defaultYamlLimits } from '#control/yaml/document.ts';
import { readTextFile } from '#io/text-file.ts';

export const maxConfigBytes = defaultYamlLimits.maxBytes;

export type Checked =
  | { readonly settings: RouterSettings; readonly passwordFields: readonly PasswordField[] }
  | { readonly faults: readonly string[] };

export class ConfigFile {
  readonly path: string;
  readonly #validator = new RouterFileValidator();

  constructor(path: string) {
    this.path = path;
  }

  /** The text, or why it cannot be read. */
  async read(): Promise<{ readonly text: string } | { readonly fault: string }> {
    try {
      return { text: await readTextFile(this.path, maxConfigBytes) };
    } catch (error) {
      return { fault: describeReadError(this.path, error) };
    }
  }

  check(text: string): Checked {
    const reading = readRouterFile(text, this.#validator);
    if ('settings' in reading) return reading;
    return { faults: reading.faults.map((fault) => formatFault(this.path, fault)) };
  }
}

export function describeReadError(path: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return `${path}: no such file`;
  if (code === 'EACCES') return `${path}: permission denied`;
  return `${path}: ${error instanceof Error ? error.message : String(error)}`;
}
