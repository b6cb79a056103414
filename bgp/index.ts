// The public surface of the BGP speaker as a library. Everything else in this room may change.

export type * from './config.ts';
export { ConfigError } from './configuration.ts';
export type { SpeakerEvent } from './events.ts';
export type * from './ports.ts';
export { QueryError, type RouteCursor } from './route-cursor.ts';
export { Speaker, type SpeakerDeps } from './speaker.ts';
export * from './views.ts';
