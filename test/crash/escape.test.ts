import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Layer } from '../../shared/domain/isolation.ts';
import { type Attempt, escapePicture } from '../fixtures/escape-pictures.ts';
import { type JobWithRuns, jobOf } from '../helpers/aftermath.ts';
import { isAlive, signal } from '../helpers/processes.ts';
import { PROFILE } from '../helpers/profile.ts';
import { type LogLine, type RunningService, startService } from '../helpers/service.ts';
import { storesOf } from '../helpers/stores.ts';
import { IS_ROOT, ORDINARY_USER, SKIPS_STRICT } from '../helpers/strict.ts';
import { endOf, upload } from '../helpers/upload.ts';

const NOT_ROOT = IS_ROOT ? { uid: ORDINARY_USER } : {};

const MODES = {
  'strict, as root': { sandbox: 'strict' },
  'strict, not as root': { sandbox: 'strict', ...NOT_ROOT },
  'default, as root': { sandbox: 'default' },
  'default, not as root': { sandbox: 'default', ...NOT_ROOT },
} as const;
type Mode = keyof typeof MODES;

/** What stops it, null where nothing does; and what the worker tells of it. */
type Stop = [by: Layer | null, tried: string | RegExp];

const NOT_THERE = 'stopped by ENOENT';
const FORBIDDEN = 'stopped by EACCES';

/** The columns of the README's table. */
const LOOKS_AND_REACHES: [Attempt, strict: Stop, asRoot: Stop, notAsRoot: Stop][] = [
  ['read-image', ['mount namespace', NOT_THERE], ['user of its own', FORBIDDEN], [null, 'read it']],
  [
    'read-other-worker',
    ['mount namespace', 'stopped by nobody there'],
    ['user of its own', FORBIDDEN],
    [null, /^saw \d/],
  ],
  ['read-database', ['mount namespace', NOT_THERE], ['user of its own', FORBIDDEN], [null, 'read it']],
  ['read-parent', ['pid namespace', NOT_THERE], ['user of its own', FORBIDDEN], [null, 'read it']],
  [
    'read-environment',
    ['bare environment', 'MALLOC_ARENA_MAX PATH PWD TMPDIR'],
    ['bare environment', 'MALLOC_ARENA_MAX PATH'],
    ['bare environment', 'MALLOC_ARENA_MAX PATH'],
  ],
  ['write-data', ['mount namespace', 'stopped by EROFS'], ['user of its own', FORBIDDEN], [null, 'wrote it']],
  [
    'write-input',
    // As root the user of its own stops it, too, and may be asked first.
    ['mount namespace', /^stopped by (?:EROFS|EACCES)/],
    ['user of its own', FORBIDDEN],
    [null, 'wrote it'],
  ],
  ['connect', ['network namespace', 'stopped by ECONNREFUSED'], [null, 'connected'], [null, 'connected']],
  ['fork', ['pid namespace', /^started \d/], [null, /^started \d/], [null, /^started \d/]],
  [
    'signal-parent',
    ['pid namespace', 'stopped by ESRCH'],
    ['user of its own', 'stopped by EPERM'],
    [null, 'signalled'],
  ],
  [
    'publish-other-folder',
    ['mount namespace', /^stopped by (?:EBUSY|EROFS)/],
    ['user of its own', FORBIDDEN],
    [null, 'put another in its place'],
  ],
  [
    'publish-terabyte',
    ['file size limit', 'stopped by EFBIG'],
    ['file size limit', 'stopped by EFBIG'],
    ['file size limit', 'stopped by EFBIG'],
  ],
];

/** These are stopped in every mode: by the parent, which believes nothing. What it logs of them. */
const LIES: [Attempt, by: Layer, LogLine | RegExp][] = [
  [
    'forge-result',
    'checked messages',
    { msg: 'worker broke the protocol', what: 'a run that it does not have' },
  ],
  [
    'publish-path',
    'checked messages',
    { msg: 'worker broke the protocol', what: 'a message of no known form' },
  ],
  ['publish-link', 'verified outputs', /^large\.jpg is a symbolic link$/],
  ['publish-device', 'verified outputs', /^large\.jpg (?:cannot be opened as a file|is not the file)/],
  ['publish-gigabyte', 'verified outputs', /^large\.jpg /],
];

const modes = (Object.keys(MODES) as Mode[]).filter(
  (mode) => (IS_ROOT || mode.includes('not as root')) && !(SKIPS_STRICT && mode.startsWith('strict')),
);

describe.each(modes)('a worker that was taken over, %s', (mode) => {
  let service: RunningService;
  let listener: Server;
  let connections = 0;
  let layers: unknown;
  let other = '';

  beforeAll(async () => {
    const { sandbox, ...as } = MODES[mode];
    // As in production: the cache of the tests is one variable more.
    const env = { WORKER_SANDBOX: sandbox, MAX_ATTEMPTS: '1', N_WORKERS: '1' };
    service = await startService({ escapes: true, codeCache: false, env, ...as });
    ({ layers } = await service.logged('isolation layers in force'));
    listener = createServer((socket) => {
      connections++;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    execFileSync('mkfifo', ['--mode=0666', join(service.folder, 'scratch', 'idle', 'alive')]);
    const { id } = (await tried('read-environment')).accepted;
    // Where it is in S3, this is where it was before.
    const place = PROFILE === 'embedded' ? join('originals', id.slice(0, 2)) : 'spool';
    other = join(service.folder, place, id);
  });
  afterAll(async () => {
    listener.close();
    await service[Symbol.asyncDispose]();
  });

  /** Lets a worker try it: what became of its job, and what was logged meanwhile. */
  async function sent(attempt: Attempt) {
    const from = service.lines.length;
    const { folder, pid } = service;
    const { port } = listener.address() as AddressInfo;
    const accepted = await upload(service, escapePicture({ attempt, folder, original: other, pid, port }));
    await endOf(service, accepted);
    const job = await jobOf(service, accepted);
    return { accepted, job, from, lines: service.lines.slice(from) };
  }

  /** And what the worker tells of it. */
  async function tried(attempt: Attempt) {
    const { from, ...outcome } = await sent(attempt);
    const { msg } = await service.logged((line) => line.msg.startsWith('tried: '), from);
    return { ...outcome, tried: msg.slice('tried: '.length) };
  }

  function stopOf([, strict, asRoot, notAsRoot]: (typeof LOOKS_AND_REACHES)[number]): Stop {
    if (MODES[mode].sandbox === 'strict') return strict;
    return mode === 'default, as root' ? asRoot : notAsRoot;
  }

  test.each(
    LOOKS_AND_REACHES.filter(([attempt]) => isThere(attempt)).map((row) => [row[0], stopOf(row)] as const),
  )('%s: %j', async (attempt, [by, expected]) => {
    if (by !== null) expect(layers).toContain(by);
    const before = { connections, lines: service.lines.length };
    const outcome = await tried(attempt);
    if (typeof expected === 'string') expect(outcome.tried).toBe(expected);
    else expect(outcome.tried).toMatch(expected);
    await FROM_OUTSIDE[attempt]?.(by !== null, outcome, before);
  });

  test.each(LIES)('%s: stopped by %s', async (attempt, by, logged) => {
    expect(layers).toContain(by);
    const { job, lines } = await sent(attempt);
    expect(job).toMatchObject({ status: 'failed', failure: 'protocol_error' });
    const expected =
      logged instanceof RegExp
        ? {
            msg: 'run failed outside its worker',
            err: expect.objectContaining({ message: expect.stringMatching(logged) }),
          }
        : logged;
    expect(lines).toContainEqual(expect.objectContaining(expected));
  });

  type Outcome = Awaited<ReturnType<typeof tried>>;
  type Look = (isStopped: boolean, outcome: Outcome, before: { connections: number }) => unknown;

  /** Whether it was stopped is seen from outside, where there is something to be seen. */
  const FROM_OUTSIDE: Partial<Record<Attempt, Look>> = {
    'write-data': (isStopped) => expect(existsSync(join(service.folder, 'planted'))).toBe(!isStopped),
    'write-input': async (isStopped, { accepted }) => {
      const bytes = await (await storesOf(service)).original(accepted.id);
      // From S3 a worker has a copy.
      expect(bytes.toString('latin1') === 'another picture').toBe(!isStopped && PROFILE === 'embedded');
    },
    connect: (isStopped, _, before) => expect(connections - before.connections).toBe(isStopped ? 0 : 1),
    fork: async (isStopped, { tried: said, job }) => {
      const lifeline = createReadStream(join(service.folder, 'scratch', 'idle', 'alive'));
      onTestFinished(() => void lifeline.destroy());
      const ended = once(lifeline.resume(), 'end');
      await once(lifeline, 'open');
      signal(workerOf(job), 'SIGKILL');
      await service.logged(({ msg, workerPid }) => msg === 'worker died' && workerPid === workerOf(job));
      if (!isStopped) {
        const grandchild = Number(said.replace('started ', ''));
        expect(await isAlive(grandchild)).toBe(true);
        signal(grandchild, 'SIGKILL');
      }
      await ended;
    },
    'signal-parent': async (isStopped) => {
      if (!isStopped) await service.logged('workers replaced');
      expect(service.lines.some(({ msg }) => msg === 'replacing the workers')).toBe(!isStopped);
    },
  };
});

/** Neither files nor records of others are on the machine of a node that shares them. */
const isThere = (attempt: Attempt) =>
  PROFILE === 'embedded' || !['read-image', 'read-database'].includes(attempt);

const workerOf = ({ runs }: JobWithRuns): number => runs.at(-1)?.workerPid ?? Number.NaN;
