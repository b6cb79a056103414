// An error that crossed the port between threads: its kind and code survive, its stack stays behind.

export class PortError extends Error {
  override readonly name: string;
  readonly code: string | undefined;

  constructor(name: string, message: string, code: string | undefined, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
    this.code = code;
  }
}

/** The part of an error that can be posted. */
export interface PostedError {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
}

export function packError(error: unknown): PostedError {
  if (!isErrorLike(error)) return { name: 'Error', message: String(error), code: undefined };
  const code: unknown = Reflect.get(error, 'code');
  return { name: error.name, message: error.message, code: typeof code === 'string' ? code : undefined };
}

export function unpackError({ name, message, code }: PostedError): PortError {
  return new PortError(name, message, code);
}

/** Errors of another thread are no instances of this one's Error. */
function isErrorLike(error: unknown): error is { readonly name: string; readonly message: string } {
  if (typeof error !== 'object' || error === null || !('name' in error) || !('message' in error)) return false;
  return typeof error.name === 'string' && typeof error.message === 'string';
}
