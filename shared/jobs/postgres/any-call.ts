import type { CallInput, CallName } from '../calls.ts';

/** A call of the job store, whichever it is. */
export type AnyCall = { [N in CallName]: { name: N; input: CallInput<N> } }[CallName];
