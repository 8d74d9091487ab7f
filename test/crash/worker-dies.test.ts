import { constants } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Sandbox } from '../../shared/domain/isolation.ts';
import type { Fault } from '../fixtures/fault-pictures.ts';
import { expectCleanEnd } from '../helpers/aftermath.ts';
import { commitOnce } from '../helpers/fault-run.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { inEachSandbox } from '../helpers/strict.ts';

/** A sandbox tells of a signal by an exit code. */
const bySignal = (signal: string) => ({
  default: { signal, exitCode: null },
  strict: { signal, exitCode: 128 + constants.signals[signal as NodeJS.Signals] },
});
const byExit = (exitCode: number) => ({
  default: { signal: null, exitCode },
  strict: { signal: null, exitCode },
});

inEachSandbox('a worker that dies', (env) => {
  let service: RunningService;
  beforeAll(async () => {
    service = await startService({ faults: true, env });
  });
  afterAll(async () => {
    await expectCleanEnd(service);
    await service[Symbol.asyncDispose]();
  });

  test.for([
    ['SIGSEGV', 'crashed SIGSEGV', bySignal('SIGSEGV')],
    ['SIGABRT', 'crashed SIGABRT', bySignal('SIGABRT')],
    ['SIGBUS', 'crashed SIGBUS', bySignal('SIGBUS')],
    ['SIGILL', 'crashed SIGILL', bySignal('SIGILL')],
    ['SIGFPE', 'crashed SIGFPE', bySignal('SIGFPE')],
    ['SIGTRAP', 'crashed SIGTRAP', bySignal('SIGTRAP')],
    // Others send these: no picture is charged with them.
    ['SIGKILL', 'interrupted SIGKILL', bySignal('SIGKILL')],
    ['SIGTERM', 'interrupted SIGTERM', bySignal('SIGTERM')],
    ['half-message-then-death', 'interrupted SIGKILL', bySignal('SIGKILL')],
    ['exit-0', 'crashed', byExit(0)],
    ['exit-7', 'crashed', byExit(7)],
    ['uncaught-error', 'crashed', byExit(1), /^error: nobody catches this/i],
    ['unhandled-rejection', 'crashed', byExit(1), /^error: nobody handles this/i],
    // It has answered: that counts, and asks for another run.
    ['answer-then-death', 'errored', bySignal('SIGSEGV')],
  ] as [Fault, string, Record<Sandbox, object>, RegExp?][])(
    '%s in the middle of a run costs that picture one run, and nobody else any',
    async ([fault, outcome, end, lastWords]) => {
      const { job, outcomes, lines } = await commitOnce(service, fault);
      expect(outcomes).toEqual([outcome, 'succeeded']);
      expect(lines).toContainEqual(
        expect.objectContaining({ msg: 'worker died', killedFor: null, ...end[env.WORKER_SANDBOX] }),
      );
      if (!lastWords) return;
      expect(lines.find(({ line }) => lastWords.test(String(line)))).toMatchObject({
        msg: 'worker printed',
        jobId: job.id,
        runId: job.runs[0]?.id,
      });
    },
  );
});
