// What an API server answers when it does not do what was asked: a Status (Kubernetes API conventions, "Response Status Kind") with
// HTTP code, reason, message and causes. Messages are upstream's, because people search for them.

import type { JsonObject } from './object.ts';

/** What a cause says of one field. Upstream: metav1.StatusCause, field.ErrorType. */
export interface StatusCause {
  readonly reason:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueNotSupported'
    | 'FieldValueDuplicate'
    | 'FieldValueForbidden'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'FieldValueTypeInvalid'
    | 'FieldValueNotFound'
    | 'FieldManagerConflict'
    | 'ResourceVersionTooLarge'
    | 'InternalError';
  readonly message: string;
  /** `spec.virtualRouters[0].localASN`; '' where no field is at fault. */
  readonly field: string;
}

export type StatusReason =
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'Expired'
  | 'Invalid'
  | 'BadRequest'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'UnsupportedMediaType'
  | 'RequestEntityTooLarge'
  | 'TooManyRequests'
  | 'Timeout'
  | 'InternalError'
  | 'ServiceUnavailable';

const codes: Readonly<Record<StatusReason, number>> = {
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  Invalid: 422,
  BadRequest: 400,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  UnsupportedMediaType: 415,
  RequestEntityTooLarge: 413,
  TooManyRequests: 429,
  Timeout: 504,
  InternalError: 500,
  ServiceUnavailable: 503,
};

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  /** The plural, except in details of Invalid, where upstream puts the kind. */
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** The world's fault or the caller's: answered as a Status, never a crash. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly reason: StatusReason;
  readonly details: StatusDetails | undefined;

  constructor(reason: StatusReason, message: string, details?: StatusDetails, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    this.details = details;
  }

  /** HTTP status. */
  get code(): number {
    return codes[this.reason];
  }

  status(): JsonObject {
    const { causes, ...details } = this.details ?? {};
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined
        ? {}
        : {
            details: { ...details, ...(causes === undefined ? {} : { causes: causes.map(writeCause) }) },
          }),
      code: this.code,
    };
  }
}

function writeCause({ field, ...cause }: StatusCause): JsonObject {
  return field === '' ? cause : { ...cause, field };
}

/** `pods`, of a group `deployments.apps`. */
export function qualify(group: string, plural: string): string {
  return group === '' ? plural : `${plural}.${group}`;
}

export function notFound(group: string, plural: string, name: string): ApiError {
  return new ApiError('NotFound', `${qualify(group, plural)} "${name}" not found`, {
    name,
    ...(group === '' ? {} : { group }),
    kind: plural,
  });
}

export function alreadyExists(group: string, plural: string, name: string): ApiError {
  return new ApiError('AlreadyExists', `${qualify(group, plural)} "${name}" already exists`, {
    name,
    ...(group === '' ? {} : { group }),
    kind: plural,
  });
}

/** `why` as upstream words it, e.g. `the object has been modified; please apply your changes to the latest version and try again`. */
export function conflict(group: string, plural: string, name: string, why: string): ApiError {
  return new ApiError('Conflict', `Operation cannot be fulfilled on ${qualify(group, plural)} "${name}": ${why}`, {
    name,
    ...(group === '' ? {} : { group }),
    kind: plural,
  });
}

/** 422 with every fault; upstream joins several in brackets. */
export function invalid(group: string, kind: string, name: string, causes: readonly StatusCause[]): ApiError {
  const words = causes.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`));
  const all = words.length === 1 ? words[0] : `[${words.join(', ')}]`;
  const qualified = group === '' ? kind : `${kind}.${group}`;
  return new ApiError('Invalid', `${qualified} "${name}" is invalid: ${all}`, {
    name,
    ...(group === '' ? {} : { group }),
    kind,
    causes,
  });
}
