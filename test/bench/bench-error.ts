// What stops a benchmark: a device that does not start, a session that ends, an answer that is no answer. The message
// is one line for the person at the terminal; `details` (a log's tail, for instance) follows it.

export class BenchError extends Error {
  readonly details: string;

  constructor(message: string, details = '', options?: ErrorOptions) {
    super(message, options);
    this.name = 'BenchError';
    this.details = details;
  }
}
