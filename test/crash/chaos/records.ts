import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { ImageRow, JobRow, RunRow, SetRow } from '../../../shared/jobs/schema/tables.ts';
import { connect } from '../../../shared/postgres/connect.ts';

const Records = z.object({
  images: z.array(ImageRow),
  deleted_images: z.array(z.object({ id: z.string() })),
  jobs: z.array(JobRow),
  runs: z.array(RunRow),
  sets: z.array(SetRow),
});
/** All that the database of a service holds that has ended. */
export type Records = z.output<typeof Records>;

const TABLES = Object.keys(Records.shape);

/** Of a file of SQLite. */
export function readRecords(path: string): Records {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return Records.parse(
      Object.fromEntries(TABLES.map((table) => [table, db.prepare(`SELECT * FROM ${table}`).all()])),
    );
  } finally {
    db.close();
  }
}

/** Of PostgreSQL. */
export async function queryRecords(url: string): Promise<Records> {
  const tables = TABLES.map(async (table) => [table, await query(url, `SELECT * FROM ${table}`)]);
  return Records.parse(Object.fromEntries(await Promise.all(tables)));
}

/** What waits in the queue of many nodes, or is said to be at work. */
export async function liveQueue(url: string): Promise<string[]> {
  const live = await query(url, "SELECT name, singleton_key, state FROM pgboss.job WHERE state <= 'active'");
  return live.map((row) => `in the queue: ${JSON.stringify(row)}`);
}

async function query(url: string, text: string): Promise<unknown[]> {
  const pool = connect(url, 1, 'audit');
  try {
    return (await pool.query(text)).rows;
  } finally {
    await pool.end();
  }
}
