import { resolve } from 'node:path';
import { z } from 'zod';
import { S3Url } from './storage/s3/s3-url.ts';

/** A path on this machine, such as that of `sqlite:/var/lib/darkroom/jobs.db`; null: it is none. */
function localPath(scheme: 'sqlite' | 'file', url: string): string | null {
  const begin = `${scheme}:`;
  return url.startsWith(begin) && url.length > begin.length ? resolve(url.slice(begin.length)) : null;
}

/** One file on this machine, or a database that several nodes share. */
export const DatabaseUrl = z.string().transform((url, context) => {
  const path = localPath('sqlite', url);
  if (path !== null) return { kind: 'sqlite' as const, path };
  if (/^postgres(ql)?:\/\/./.test(url) && URL.canParse(url)) return { kind: 'postgres' as const, url };
  context.addIssue({
    code: 'custom',
    message:
      'sqlite: and a path, such as sqlite:/var/lib/darkroom/jobs.db, or the address of a PostgreSQL, such as postgres://user:password@host:5432/darkroom',
  });
  return z.NEVER;
});

/** A folder on this machine, or a bucket that several nodes share. */
export const StorageUrl = z.string().transform((url, context) => {
  const path = localPath('file', url);
  if (path !== null) return { kind: 'disk' as const, path };
  if (!url.startsWith('s3:')) {
    context.addIssue({
      code: 'custom',
      message: 'file: and a path, such as file:/srv/images, or s3: and a bucket',
    });
    return z.NEVER;
  }
  const settings = S3Url.safeParse(url);
  if (settings.success) return { kind: 's3' as const, settings: settings.data };
  for (const { message } of settings.error.issues) context.addIssue({ code: 'custom', message });
  return z.NEVER;
});
