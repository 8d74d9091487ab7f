import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { ImageRow, JobRow, RunRow, SetRow } from '../../../shared/jobs/tables.ts';

const DeletedRow = z.object({ id: z.string() });

/** All that the database of a service holds that has ended. */
export type Records = ReturnType<typeof readRecords>;

export function readRecords(path: string) {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const all = <T extends z.ZodType>(table: string, row: T): z.output<T>[] =>
      z.array(row).parse(db.prepare(`SELECT * FROM ${table}`).all());
    return {
      images: all('images', ImageRow),
      deleted: all('deleted_images', DeletedRow),
      jobs: all('jobs', JobRow),
      runs: all('runs', RunRow),
      sets: all('sets', SetRow),
    };
  } finally {
    db.close();
  }
}
