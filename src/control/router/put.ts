// Building values whose fields may be absent: what was not given stays away, as absent and undefined differ in configurations.

export type Writable<T> = { -readonly [K in keyof T]: T[K] };

export function put<T, K extends keyof T>(target: T, key: K, value: T[K] | undefined): void {
  if (value !== undefined) target[key] = value;
}
