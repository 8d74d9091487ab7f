import { type Config, ConfigurationError, readConfig } from '../../../shared/config.ts';
import { type Finding, fail, ok } from '../finding.ts';

export interface Settings {
  /** Null: there is something wrong with them, and nobody can tell what is meant. */
  config: Config | null;
  findings: Finding[];
}

/** The environment as the service reads it. */
export function readSettings(environment?: Record<string, string | undefined>): Settings {
  try {
    const config = readConfig(environment);
    const { database, storage, role } = config;
    return { config, findings: [ok('settings', `${database.kind} and ${storage.kind}, role ${role}`)] };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const findings = error.faults.map((fault) => {
      const [name = ''] = fault.split('=');
      return fail('settings', fault, `Set ${name} to what it takes, or unset it: README, Configuration.`);
    });
    return { config: null, findings };
  }
}
