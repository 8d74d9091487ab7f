import { ConfigurationError, EXIT_CONFIGURATION, readConfig } from '../shared/config.ts';
import { createLogger } from '../shared/telemetry/logger.ts';
import { openTelemetry, type Telemetry } from '../shared/telemetry/telemetry.ts';
import { startService, type WorkerProgram } from './composition/service.ts';
import { onSignals } from './signals.ts';

/** EX_TEMPFAIL of sysexits.h: workers die at boot; start the whole service again, elsewhere or with a mended image. */
const EXIT_WORKERS_DIE = 75;

/** Long enough for readiness to be noticed and the log to be collected. */
const BREAKER_LINGER_MS = 60_000;

/** What a wrong environment, and nothing else, brings about: starting again will not help. */
const CONFIGURATION_FAULTS = new Set([
  'ConfigurationError',
  'FolderInUse',
  'NetworkFileSystem',
  'NewerSchemaError',
  'ForeignOriginals',
  'SandboxUnavailable',
]);

/**
 * The whole life of the process: starts the service, and ends with an exit code that says why.
 * @param workerProgram what workers run instead of their own; nothing but a test gives one
 */
export async function serve(workerProgram?: WorkerProgram): Promise<void> {
  let telemetry: Telemetry = { log: createLogger('info'), close: async () => {} };
  try {
    const config = readConfig();
    telemetry = await openTelemetry(config);
    const { log, close } = telemetry;
    const breakerOpened = () => {
      setTimeout(() => void close().then(() => process.exit(EXIT_WORKERS_DIE)), BREAKER_LINGER_MS);
    };
    const service = await startService(config, log, breakerOpened, workerProgram);
    onSignals(service, telemetry);
    log.info({ url: `http://${config.host}:${service.port}` }, 'listening');
  } catch (error) {
    if (error instanceof ConfigurationError) for (const fault of error.faults) telemetry.log.fatal(fault);
    else telemetry.log.fatal({ err: error }, 'the service could not be started');
    await telemetry.close();
    const configuration = error instanceof Error && CONFIGURATION_FAULTS.has(error.name);
    process.exit(configuration ? EXIT_CONFIGURATION : 1);
  }
}
