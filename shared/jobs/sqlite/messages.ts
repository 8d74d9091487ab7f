import type { CallName } from '../calls.ts';
import type { Failure } from './failure.ts';

/** What the main thread sends to the database thread, and what comes back. */
export type Request = { id: number; name: CallName; input: unknown } | { close: true };
export type Response =
  | { opened: true }
  | { openFailed: { name: string; message: string } }
  | { id: number; value: unknown }
  | { id: number; failure: Failure };
