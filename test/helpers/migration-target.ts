import { Pool } from 'pg';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { type OperatorCommand, startCommand } from './operator-command.ts';
import { newDatabase } from './postgres-server.ts';
import { S3_ENVIRONMENT } from './s3-environment.ts';
import type { S3Server } from './s3-server.ts';
import { sharedServer } from './shared-servers.ts';

export interface MigrationTarget {
  /** Of nodes that have it. */
  env: { DATABASE_URL: string; STORAGE_URL: string } & typeof S3_ENVIRONMENT;
  /** Of rows. @param from as in SQL */
  count(from: string): Promise<number>;
  /** How many originals and sets the command remembers to have moved; none before it begins. */
  moved(): Promise<number>;
  /** What is in the bucket, and what rows say has to be. */
  files(): Promise<{ there: string[]; named: string[] }>;
  /** Starts `migrate`. @param folder the BASE_PATH of the source @param others in the place of what is in `env` */
  start(folder: string, others?: Record<string, string>): OperatorCommand;
}

const Count = z.tuple([z.object({ n: z.int() })]);
const Images = z.array(z.object({ id: z.string() }));
const Sets = z.array(z.object({ run_id: z.string(), manifest: z.string() }));
const Variants = z.object({ variants: z.array(z.object({ name: z.string(), format: z.string() })) });

/** An empty database and an empty bucket. */
export async function migrationTarget(server: S3Server): Promise<MigrationTarget> {
  const bucket = await server.newBucket();
  const database = await newDatabase(await sharedServer('postgres'));
  const env = { ...S3_ENVIRONMENT, DATABASE_URL: database, STORAGE_URL: server.urlOf(bucket) };
  const pool = new Pool({ connectionString: database, max: 2 });
  onTestFinished(() => pool.end());
  const count = async (from: string) => {
    const { rows } = await pool.query(`select count(*)::int as n from ${from}`);
    return Count.parse(rows)[0].n;
  };
  return {
    env,
    count,
    moved: async () => ((await count("pg_tables where tablename = 'moved'")) > 0 ? count('moved') : 0),
    files: async () => {
      const images = Images.parse((await pool.query('select id from images')).rows);
      const sets = Sets.parse((await pool.query('select run_id, manifest from sets')).rows);
      const variants = sets.flatMap(({ run_id: run, manifest }) =>
        Variants.parse(JSON.parse(manifest)).variants.map(
          ({ name, format }) => `variants/${run}/${name}.${format.replace('jpeg', 'jpg')}`,
        ),
      );
      return {
        there: (await server.keysOf(bucket)).toSorted(),
        named: [...images.map(({ id }) => `originals/${id}`), ...variants].toSorted(),
      };
    },
    start: (folder, others = {}) => startCommand('migrate', [], { ...env, BASE_PATH: folder, ...others }),
  };
}
