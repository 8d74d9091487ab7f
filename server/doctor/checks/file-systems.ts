import { type FileSystems, fileSystemOf } from '../../../shared/storage/disk/file-system.ts';
import { type Finding, fail, ok, warn } from '../finding.ts';
import type { Place } from './places.ts';

/** What a folder lies on: SQLite on no other machine's disk, and what is kept on nothing that ends. */
export async function fileSystemFindings(
  { names, path, isKept, hasSqlite }: Place,
  systems: FileSystems,
): Promise<Finding[]> {
  const check = names.join(', ');
  const found = await fileSystemOf(path, systems).catch(() => null);
  if (!found)
    return hasSqlite
      ? [ok(check, `${path}: what it lies on cannot be told here; SQLite needs a disk of this machine`)]
      : [];
  const on = `${path} is on ${found.name}`;
  if (hasSqlite && found.kind === 'network')
    return [
      fail(
        check,
        `${on}, a network file system, where SQLite may lose what was accepted`,
        'Have BASE_PATH or DATABASE_URL=sqlite:… name a folder on a disk of this machine, or use PostgreSQL.',
      ),
    ];
  if (hasSqlite && found.kind === 'doubtful')
    return [
      warn(
        check,
        `${on}, which passes on what may be another machine’s disk: SQLite needs locks, memory maps and fsync that work`,
        'See that a disk of this machine is behind it, or have BASE_PATH name another folder.',
      ),
    ];
  if (isKept && found.kind === 'memory')
    return [
      warn(
        check,
        `${on}: what was accepted ends with this machine`,
        'Have it on a disk, unless this is a trial.',
      ),
    ];
  if (isKept && found.kind === 'container')
    return [
      warn(
        check,
        `${on}, the container’s own layer: what was accepted ends with it`,
        `Mount a volume at ${path}.`,
      ),
    ];
  return [];
}
