// The world does not let the daemon start, in one line that says what and what to do; exit code 1.

export class StartError extends Error {
  override readonly name = 'StartError';
}
