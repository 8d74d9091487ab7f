import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import { folderOf, livedOn, releases } from '../../testdata/releases/release.ts';
import { expectCleanEnd } from '../helpers/aftermath.ts';
import { filesBelow } from '../helpers/files-below.ts';
import { passableFolder } from '../helpers/own-folder.ts';
import { dropDatabase, newDatabase, query } from '../helpers/postgres-server.ts';
import { expectCarriedOn } from '../helpers/released.ts';
import { S3_ENVIRONMENT } from '../helpers/s3-environment.ts';
import type { S3Server } from '../helpers/s3-server.ts';
import { spawnService, startService } from '../helpers/service.ts';
import { sharedServer } from '../helpers/shared-servers.ts';
import { describeWithS3 } from '../helpers/with-s3.ts';

/** A database and a bucket with what a release has left there. @returns what leads a node to them */
async function broughtBack(version: string, server: S3Server): Promise<Record<string, string>> {
  const DATABASE_URL = await newDatabase(await sharedServer('postgres'));
  onTestFinished(() => dropDatabase(DATABASE_URL));
  await query(DATABASE_URL, await readFile(join(folderOf(version), 'database.sql'), 'utf8'));
  const bucket = await server.newBucket();
  const objects = join(folderOf(version), 'bucket');
  for (const Key of await filesBelow(objects)) {
    const Body = await readFile(join(objects, Key));
    await server.client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
  }
  return { ...S3_ENVIRONMENT, DATABASE_URL, STORAGE_URL: server.urlOf(bucket) };
}

describeWithS3('the stores of many machines', (server) => {
  test.each(releases())('of %s are taken over as they were, and what waited is run', async (version) => {
    const env = await broughtBack(version, server());
    await using service = await startService({ folder: await passableFolder(), env });
    await expectCarriedOn(service, livedOn(version, 'many-machines'));
    await expectCleanEnd(service);
  });

  test('of a newer version are refused with 78', async () => {
    const env = await broughtBack(releases()[0] ?? '', server());
    await query(
      env.DATABASE_URL ?? '',
      "insert into public.kysely_migration (name, timestamp) values ('9999-future', '2100-01-01')",
    );
    const folder = await passableFolder();
    await using service = await spawnService(folder, { folder, env });
    expect(await service.exited).toEqual({ code: 78, signal: null });
    expect(JSON.stringify(service.lines)).toMatch(/migrations that this version does not know: 9999-future/);
  });
});
