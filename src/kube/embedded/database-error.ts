// What can be wrong with the embedded API's file, in words for whoever runs the server: what is wrong, and what to do. SQLite's own
// errors are told apart by their messages here and nowhere else.

/** The file cannot be used as it is: what is wrong, and what to do. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
}

/** Of whatever SQLite or the file system threw. */
export function describe(error: unknown, file: string): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (/database is locked/.test(message)) {
    return new DatabaseError(`${file} is in use by another process: stop it first`, { cause: error });
  }
  if (/not a database|malformed|no such (table|column)/.test(message)) return damaged(file, message, error);
  return new DatabaseError(`${file}: ${message}`, { cause: error });
}

export function damaged(file: string, what: string, cause?: unknown): DatabaseError {
  return new DatabaseError(`${file} is damaged or none of waggle's files (${what}): restore it from a copy`, { cause });
}
