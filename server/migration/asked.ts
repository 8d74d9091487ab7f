import { StoreError } from '../../shared/errors.ts';
import { NewerSchemaError } from '../../shared/jobs/migrations/newer-schema.ts';
import { MigrationRefused } from './migration-refused.ts';

/** Gives a failure of the target's database the name that failures of stores have; what was decided stays what it is. */
export async function asked<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isDecided = [StoreError, MigrationRefused, NewerSchemaError].some((kind) => error instanceof kind);
    if (isDecided) throw error;
    throw new StoreError('storage_unavailable', `${doing}: ${String(error)}`, { cause: error });
  }
}
