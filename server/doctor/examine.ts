import type { Config } from '../../shared/config.ts';
import { capacityFindings } from './checks/capacity.ts';
import { clockFindings } from './checks/clock.ts';
import { collectorFindings } from './checks/collector.ts';
import { descriptorFindings } from './checks/descriptors.ts';
import { fileFindings } from './checks/files.ts';
import { folderFindings } from './checks/folders.ts';
import { portFindings } from './checks/port.ts';
import { runtimeFindings } from './checks/runtime.ts';
import { readSettings } from './checks/settings.ts';
import { sqliteFindings } from './checks/sqlite.ts';
import { workerFindings } from './checks/worker.ts';
import { type Finding, fail, warn } from './finding.ts';

/** Some checks by what they are about, in the order in which they are told. */
type Checks = Record<string, () => Finding[] | Promise<Finding[]>>;

/**
 * Examines this machine and the stores as a service of this environment would find them. It harms no service that runs: what it
 * writes are files and objects of its own, which it removes.
 * @param environment by default that of the process
 */
export async function* examine(environment?: Record<string, string | undefined>): AsyncGenerator<Finding> {
  const { config, findings } = readSettings(environment);
  yield* run({
    runtime: () => runtimeFindings(process.versions, process.platform, process.arch),
    clock: () => clockFindings(),
    settings: () => findings,
  });
  if (config) yield* run(checksOf(config));
  else
    yield warn(
      'settings',
      'folders, stores, workers and the port were not examined: the settings say where they are',
      'Mend the settings, and ask again.',
    );
}

const checksOf = (config: Config): Checks => ({
  files: () => fileFindings(config),
  workers: () => capacityFindings(config),
  descriptors: () => descriptorFindings(config),
  port: () => portFindings(config),
  folders: () => folderFindings(config),
  decoder: () => workerFindings(config),
  database: () => databaseFindings(config),
  storage: () => storageFindings(config),
  collector: () => collectorFindings(config),
});

/** What is for many machines is loaded where it is asked for. */
async function databaseFindings({ database, databasePool }: Config): Promise<Finding[]> {
  if (database.kind === 'sqlite') return sqliteFindings(database.path);
  const { postgresFindings } = await import('./checks/postgres.ts');
  return postgresFindings(database.url, databasePool);
}

async function storageFindings(config: Config): Promise<Finding[]> {
  if (config.storage.kind === 'disk') return [];
  const { bucketFindings } = await import('./checks/bucket.ts');
  return bucketFindings(config.storage.settings, config);
}

/** One that fails in a way that nobody has foreseen keeps no other back. */
async function* run(checks: Checks): AsyncGenerator<Finding> {
  for (const [name, check] of Object.entries(checks)) {
    try {
      yield* await check();
    } catch (error) {
      const told = error instanceof Error ? error.message : String(error);
      yield fail(name, `it could not be examined: ${told}`, 'Mend what is named here, and ask again.');
    }
  }
}
