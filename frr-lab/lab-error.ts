// The one error that a person at the terminal is meant to read: one line, no stack.

export class LabError extends Error {
  override readonly name = 'LabError';
}
