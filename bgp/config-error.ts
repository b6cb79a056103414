// The one fault of a configuration that a control room should not have let through: compile (configuration.ts) and its checks
// throw it before anything is touched.

/** Names field, value and what is right. */
export class ConfigError extends Error {
  constructor(field: string, value: unknown, expected: string) {
    super(`${field}: ${JSON.stringify(value)}: expected ${expected}`);
    this.name = 'ConfigError';
  }
}
