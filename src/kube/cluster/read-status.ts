// The answer of an API server that did not do what was asked → ApiError, with the reason, the words and the time to wait that it gave.
// Proxies and load balancers answer without a Status; then the HTTP code alone says what happened.

import type { IncomingHttpHeaders } from 'node:http';
import { ApiError, type StatusDetails, type StatusReason } from '../api/api-error.ts';
import { isJsonObject, type Json } from '../api/object.ts';

const reasonsOfCodes: Readonly<Record<number, StatusReason>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Expired',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};
const reasons = new Set<string>([...Object.values(reasonsOfCodes), 'AlreadyExists', 'Gone', 'InternalError']);

/** `code`: undefined for a Status that came within a watch. */
export function readStatus(code: number | undefined, headers: IncomingHttpHeaders, body: string): ApiError {
  const status = parse(body);
  const text = (field: string): string | undefined => {
    const value = status[field];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const told = typeof status['code'] === 'number' ? status['code'] : code;
  const reason = text('reason');
  const message = text('message') ?? `HTTP ${told ?? 'status unknown'}: ${body.slice(0, 100).replaceAll(/\s+/g, ' ')}`;
  const retryAfter = Number(headers['retry-after']);
  const given = isJsonObject(status['details']) ? status['details'] : {};
  const details: StatusDetails = {
    ...given,
    ...(Number.isFinite(retryAfter) && retryAfter > 0 ? { retryAfterSeconds: retryAfter } : {}),
  };
  return new ApiError(isReason(reason) ? reason : (reasonsOfCodes[told ?? 0] ?? 'InternalError'), message, details);
}

function parse(body: string): Readonly<Record<string, Json | undefined>> {
  try {
    const value = JSON.parse(body) as Json;
    return isJsonObject(value) && value['kind'] === 'Status' ? value : {};
  } catch {
    return {};
  }
}

function isReason(reason: string | undefined): reason is StatusReason {
  return reason !== undefined && reasons.has(reason);
}
