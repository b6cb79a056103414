// A policy that cannot be compiled: which field, what it holds, what would be right.

export class PolicyError extends RangeError {
  readonly code = 'policy-invalid';
  readonly field: string;

  constructor(field: string, value: unknown, expected: string) {
    super(`${field}: ${JSON.stringify(value)} is not valid here; expected ${expected}`);
    this.name = 'PolicyError';
    this.field = field;
  }
}
