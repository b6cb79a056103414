// One command of kubectl and what it must answer. What is expected is transcribed from kubectl's reference and the API reference, which a
// comment beside the rows names; nothing is recorded from this server.

export interface Row {
  /** After the word `kubectl`, as somebody types it into a shell. */
  readonly run: string;
  /** What it reads from standard input: an object, written as JSON, or text as it is. */
  readonly input?: string | object;
  /** Standard output, without blanks at its end. */
  readonly out?: string | RegExp;
  /** Standard output as JSON: what must be in it, at least. */
  readonly json?: object;
  /** Standard error, without blanks at its end; without it there must be none. */
  readonly err?: string | RegExp;
  /** Exit code; without it, 0. */
  readonly code?: number;
}

/** What `kubectl delete` says: since 1.34 with the namespace. */
export function deleted(what: string, after = ''): RegExp {
  return new RegExp(`^${escape(what)} deleted( from \\S+ namespace)?${escape(after)}$`);
}

/** The rows of a table, its cells as regular expressions, one line each. */
export function table(...lines: readonly string[]): RegExp {
  return new RegExp(`^${lines.map((line) => line.trim().replaceAll(/ +/g, ' +')).join(' *\n')} *$`);
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
