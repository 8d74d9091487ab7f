import { MIGRATIONS } from './migrations.ts';

/** The database was written by a newer Darkroom, whose tables this one does not know. */
export class NewerSchemaError extends Error {
  constructor(unknown: string[]) {
    super(`the database has migrations that this version does not know: ${unknown.join(', ')}`);
    this.name = 'NewerSchemaError';
  }
}

/** @throws {NewerSchemaError} */
export function refuseNewerSchema(applied: readonly string[]): void {
  const unknown = applied.filter((name) => !(name in MIGRATIONS));
  if (unknown.length > 0) throw new NewerSchemaError(unknown);
}
