/** What every command ends with. Others than these come from signals: 128 and the number of the signal, as shells say it. */
export const EXIT = {
  /** All that was asked for is done. */
  done: 0,
  /** Some of it could not be done, and was listed; or it failed in a way that has no name. */
  notAll: 1,
  /** The command line cannot be followed, or the service refuses what it asks for. */
  usage: 2,
  /** EX_TEMPFAIL of sysexits.h: something does not answer. Nothing is lost, and the same command goes on. */
  outOfReach: 75,
  /** EX_CONFIG of sysexits.h: a setting is wrong, a folder is in use, or the machine has to be mended first. */
  configuration: 78,
} as const;

/** The errors that a command may end with, by their names: to know their classes would load what most commands never need. */
const BY_NAME: Record<string, number> = {
  UsageError: EXIT.usage,
  Refused: EXIT.usage,
  OutOfReach: EXIT.outOfReach,
  StoreError: EXIT.outOfReach,
  ConfigurationError: EXIT.configuration,
  FolderInUse: EXIT.configuration,
  MigrationRefused: EXIT.configuration,
  BackupRefused: EXIT.configuration,
  NewerSchemaError: EXIT.configuration,
};

/** Null: nobody has foreseen it. */
export function exitCodeOf(error: unknown): number | null {
  return error instanceof Error ? (BY_NAME[error.name] ?? null) : null;
}
