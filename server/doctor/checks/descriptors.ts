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

/** A shell's, who has it from us: the runtime raises its own to the most that it may have. Null: it is unlimited. */
async function openFilesLimit(): Promise<number | null> {
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', 'ulimit -n']);
  const limit = Number.parseInt(stdout, 10);
  return Number.isNaN(limit) ? null : limit;
}
