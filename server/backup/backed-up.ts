import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Sha256 } from '../../shared/domain/ids.ts';
import { errorCode } from '../../shared/errors.ts';
import { parseJson } from '../parse-json.ts';

/** Files of a kind. */
const Files = z.object({ total: z.int(), bytes: z.int() });

/** The last that is written of a backup: without it there is none. */
export const BackedUp = z.object({
  format: z.literal(1),
  /** All that was accepted before is in it. */
  begunAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  database: z.object({ sha256: Sha256 }),
  originals: Files,
  sets: Files,
});
export type BackedUp = z.infer<typeof BackedUp>;

/** The names of what is in the folder of a backup, beside the files: it is laid out as a data folder. */
export const databaseIn = (folder: string): string => join(folder, 'darkroom.db');
export const reportIn = (folder: string): string => join(folder, 'backup.json');

/** It cannot be made, or used, so. The message is for the operator. */
export class BackupRefused extends Error {
  override readonly name = 'BackupRefused';
}

/** @throws {BackupRefused} where the folder has no backup that was brought to its end */
export async function readBackedUp(folder: string): Promise<BackedUp> {
  const text = await readFile(reportIn(folder), 'utf8').catch((error) => {
    throw new BackupRefused(
      errorCode(error) === 'ENOENT'
        ? `${folder} has no backup.json: it is no backup, or one that was not brought to its end`
        : `${reportIn(folder)} cannot be read: ${errorCode(error)}`,
    );
  });
  const parsed = BackedUp.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new BackupRefused(
    `${reportIn(folder)} is not what this version writes: take the version that has written it`,
  );
}
