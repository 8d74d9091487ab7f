import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Config } from '../../../shared/config.ts';
import { type Finding, fail, ok, warn } from '../finding.ts';

/** Of the runtime, the database, logs and listeners. */
const OWN = 64;
/** Pipes of one worker, and files of its run. */
const PER_WORKER = 8;

/** With fewer the service does not get through its own start. */
const LEAST = 128;

type Bounds = Pick<Config, 'maxConnections' | 'maxUploads' | 'workers'>;

/** @param limit of open descriptors; null where nobody can tell */
export async function descriptorFindings(
  { maxConnections, maxUploads, workers }: Bounds,
  limit?: number | null,
): Promise<Finding[]> {
  const most = limit === undefined ? await openFilesLimit() : limit;
  if (most === null) return [ok('descriptors', 'no limit, or none that can be told')];
  const needed = OWN + maxConnections + maxUploads + (workers + 1) * PER_WORKER;
  const mend = `Allow ${needed}: \`ulimit -n\`, LimitNOFILE= of systemd or --ulimit nofile= of Docker; or lower MAX_CONNECTIONS.`;
  if (most < LEAST) return [fail('descriptors', `${most} open files are allowed, too few to start`, mend)];
  return most < needed
    ? [
        warn(
          'descriptors',
          `${most} open files are allowed, and MAX_CONNECTIONS and uploads may need ${needed}`,
          mend,
        ),
      ]
    : [ok('descriptors', `${most} open files are allowed, ${needed} may be needed`)];
}

/** They have it from us: the runtime raises its own to the most that it may have. Some machines have no prlimit, images no shell. */
const WHO_TELLS: readonly [file: string, ...args: string[]][] = [
  ['/bin/sh', '-c', 'ulimit -n'],
  ['prlimit', '--nofile', '--output=SOFT', '--noheadings'],
];

/** Null: it is unlimited, or nobody tells. */
async function openFilesLimit(): Promise<number | null> {
  for (const [file, ...args] of WHO_TELLS) {
    const told = await promisify(execFile)(file, args).catch(() => null);
    if (told === null) continue;
    const limit = Number.parseInt(told.stdout, 10);
    return Number.isNaN(limit) ? null : limit;
  }
  return null;
}
