import type { Subcommand } from './subcommand.ts';

/** In the order of the help. */
export const COMMANDS: readonly Subcommand[] = [
  {
    name: 'serve',
    summary: 'starts the service',
    load: async () => (await import('./serve-command.ts')).serveCommand,
  },
  {
    name: 'doctor',
    summary: 'examines this machine and its stores, and says what has to be mended',
    load: async () => (await import('./doctor-command.ts')).doctorCommand,
  },
  {
    name: 'keys',
    summary: 'makes API keys',
    load: async () => (await import('./keys-command.ts')).keysCommand,
  },
  {
    name: 'reprocess',
    summary: 'applies a changed preset to the images that are there',
    load: async () => (await import('./reprocess-command.ts')).reprocessCommand,
  },
  {
    name: 'erase',
    summary: 'erases images of a tenant with all that is known of them',
    load: async () => (await import('./erase-command.ts')).eraseCommand,
  },
  {
    name: 'quarantine',
    summary: 'lists what is refused since it crashed its decoder twice, and lets it in again',
    load: async () => (await import('./quarantine-command.ts')).quarantineCommand,
  },
  {
    name: 'backup',
    summary: 'copies all that one machine has into a folder, while it works',
    load: async () => (await import('./backup-command.ts')).backupCommand,
  },
  {
    name: 'restore',
    summary: 'brings a backup back, every file compared with its hash',
    load: async () => (await import('./restore-command.ts')).restoreCommand,
  },
  {
    name: 'migrate',
    summary: 'moves everything from one machine to what many share',
    load: async () => (await import('./migrate-command.ts')).migrateCommand,
  },
];
