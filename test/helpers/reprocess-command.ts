import { type OperatorCommand, startCommand } from './operator-command.ts';

/** Starts the command as `npm run reprocess` does. */
export const startReprocess = (...flags: string[]): OperatorCommand => startCommand('reprocess', flags);
