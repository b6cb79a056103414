// Reading the daemon's JSON: `unknown` until checked, missing fields are shown as nothing rather than as `undefined`.

export type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function toObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function readObject(text: string): JsonObject {
  const parsed: unknown = JSON.parse(text);
  return toObject(parsed);
}

export function readList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

export function numberOf(object: JsonObject, key: string): number {
  const value = object[key];
  return typeof value === 'number' ? value : 0;
}
