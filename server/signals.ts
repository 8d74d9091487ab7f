import type { Telemetry } from '../shared/telemetry/telemetry.ts';
import type { Service } from './composition/service.ts';

/**
 * npm passes on a signal that its child has had already from the terminal, so one Ctrl-C may come twice within
 * some milliseconds. Two that a person sends are further apart.
 */
const ECHO_MS = 80;

/**
 * The first SIGTERM or SIGINT drains, and a second one ends the drain at once. Exit 0 when clean, 1 when forced.
 * SIGHUP replaces the workers, and reads again whom webhooks go to.
 */
export function onSignals(service: Service, { log, close }: Telemetry): void {
  let first: number | null = null;
  const receive = (signal: string) => {
    const now = performance.now();
    if (first === null) {
      first = now;
      log.info({ signal }, 'draining');
      void service.drain().then(
        (clean) => exit(clean ? 0 : 1, clean ? 'drained' : 'drained by force'),
        (error: unknown) => {
          log.error({ err: error }, 'drain failed');
          service.kill();
          return exit(1, 'ended');
        },
      );
    } else if (now - first > ECHO_MS) {
      service.kill();
      log.info({ exitCode: 1 }, 'ended at once by a second signal');
      process.exit(1);
    }
  };
  const exit = async (code: number, how: string) => {
    log.info({ exitCode: code }, how);
    await close();
    process.exit(code);
  };
  process.on('SIGTERM', receive);
  process.on('SIGINT', receive);
  process.on('SIGHUP', () => {
    log.info({ signal: 'SIGHUP' }, 'replacing the workers');
    void service.readAgain();
    void service.replaceWorkers().then((done) => log.info(done ? 'workers replaced' : 'workers kept'));
  });
  // At a limit of file sizes (`ulimit -f`, LimitFSIZE) a write is to fail, as on a full disk, and not to end the process.
  process.on('SIGXFSZ', () => {});
}
