import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

/** Debian's own, which python3-swift is installed for. */
export const PYTHON = '/usr/bin/python3';

/** Apart from the environment and from other people's packages. */
export const SWIFT = [
  '-I',
  '-W',
  'ignore',
  fileURLToPath(new URL('../fixtures/swift-server.py', import.meta.url)),
];

/** The first of these folders in which Swift can keep its files, or why there is none. */
export function placeForS3(folders = [tmpdir(), '/tmp', '/var/tmp']): { folder: string } | { why: string } {
  const options = { encoding: 'utf8' } as const;
  const { status, stdout, stderr, error } = spawnSync(PYTHON, [...SWIFT, 'probe', ...folders], options);
  if (status === 0) return { folder: stdout.trim() };
  const reason = error?.message ?? stderr.trim().split('\n').at(-1);
  return { why: `there is no S3 server, which Debian's python3-swift is: ${reason}` };
}
