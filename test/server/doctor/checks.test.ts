import { describe, expect, test } from 'vitest';
import { capacityFindings } from '../../../server/doctor/checks/capacity.ts';
import { clockFindings, skewFinding } from '../../../server/doctor/checks/clock.ts';
import { descriptorFindings } from '../../../server/doctor/checks/descriptors.ts';
import { fileSystemFindings } from '../../../server/doctor/checks/file-systems.ts';
import { placesOf } from '../../../server/doctor/checks/places.ts';
import { roomFinding } from '../../../server/doctor/checks/room.ts';
import { runtimeFindings } from '../../../server/doctor/checks/runtime.ts';
import { isolationFindings } from '../../../server/doctor/checks/worker.ts';
import { readConfig } from '../../../shared/config.ts';
import { STANDING_LAYERS } from '../../../shared/domain/isolation.ts';
import { ownFolder } from '../../helpers/own-folder.ts';

const GIB = 2 ** 30;
const MINUTE_MS = 60_000;

const verdicts = (findings: { verdict: string }[]) => findings.map(({ verdict }) => verdict);

describe('the runtime', () => {
  test.each([
    [{ node: '24.21.0' }, 'ok'],
    [{ node: '26.1.0' }, 'warn'],
    [{ node: '20.19.4' }, 'fail'],
    [{ node: '22.9.0' }, 'fail'],
    [{ node: '24.3.0', bun: '1.4.5' }, 'ok'],
    [{ node: '24.3.0', bun: '2.0.0' }, 'warn'],
  ])('%o: %s', (versions, verdict) => {
    expect(verdicts(runtimeFindings(versions, 'linux', 'x64'))).toEqual(['ok', verdict]);
  });

  test('on a Mac is for development, and what is missing there is said', () => {
    const [machine] = runtimeFindings({ node: '24.21.0' }, 'darwin', 'arm64');
    expect(machine).toMatchObject({ verdict: 'warn', mend: expect.stringContaining('run it on Linux') });
    expect(machine?.told).toMatch(/\/proc, setpriv, prlimit or bubblewrap/);
  });
});

test('workers that are root, and layers that are missing, are named; on a Mac nothing can be installed', () => {
  const why = 'setpriv of util-linux is not there, or may not do it';
  const isolation = {
    sandbox: 'default',
    layers: STANDING_LAYERS,
    missing: [{ layer: 'no_new_privs', why }],
  } as const;
  const mends = (platform: NodeJS.Platform) =>
    isolationFindings({ isolation, whyRoot: 'EACCES' }, platform).map(({ mend }) => mend);
  expect(mends('linux')).toEqual([
    null,
    expect.stringContaining('not root'),
    expect.stringContaining('apt-get'),
  ]);
  expect(mends('darwin')).toEqual([
    null,
    expect.stringContaining('not root'),
    expect.stringContaining('on Linux'),
  ]);
});

describe('a clock', () => {
  test('that is before the program was installed is wrong', async () => {
    expect(verdicts(await clockFindings(Date.now()))).toEqual(['ok']);
    expect(verdicts(await clockFindings(Date.parse('2001-01-01')))).toEqual(['fail']);
  });

  test.each([
    [4_000, 'ok', 'as'],
    [-MINUTE_MS, 'warn', '60 s ahead of'],
    [MINUTE_MS, 'warn', '60 s behind'],
    [16 * MINUTE_MS, 'fail', '960 s behind'],
  ])('%i ms behind another one: %s', (aheadMs, verdict, words) => {
    const found = skewFinding('clock', 'S3', aheadMs);
    expect(found).toMatchObject({ verdict, told: expect.stringContaining(words) });
  });
});

test('workers have a core and memory each, and pictures no more than is left', () => {
  const of = (workers: number, memoryBudgetBytes: number, memory = 4 * GIB) =>
    capacityFindings({ workers, memoryBudgetBytes, role: 'all' }, 4, memory);
  expect(verdicts(of(4, GIB))).toEqual(['ok', 'ok']);
  expect(of(8, GIB)[0]).toMatchObject({ verdict: 'warn', mend: expect.stringContaining('N_WORKERS=4') });
  expect(of(4, GIB / 8, GIB / 2)[0]).toMatchObject({
    verdict: 'warn',
    mend: expect.stringContaining('N_WORKERS=1'),
  });
  expect(of(4, 4 * GIB)[1]).toMatchObject({
    verdict: 'warn',
    told: expect.stringContaining('MEMORY_BUDGET'),
  });
});

test('descriptors suffice for the connections that are allowed', async () => {
  const bounds = { maxConnections: 4096, maxUploads: 256, workers: 4 };
  const of = async (limit: number | null) => verdicts(await descriptorFindings(bounds, limit));
  expect([await of(null), await of(65_536), await of(1_024), await of(100)]).toEqual([
    ['ok'],
    ['ok'],
    ['warn'],
    ['fail'],
  ]);
});

test('a volume has room for some uploads, and inodes', () => {
  const volume = { bsize: 4096, blocks: 10 * 2 ** 20, bavail: 5 * 2 ** 20, files: 1_000, ffree: 1 };
  const of = (given: Partial<typeof volume>) =>
    roomFinding('BASE_PATH', '/data', { ...volume, ...given }, 20 * 2 ** 20);
  expect(of({}).verdict).toBe('ok');
  expect(of({ bavail: 400_000 }).verdict).toBe('warn');
  expect(of({ bavail: 20_000 }).verdict).toBe('fail');
  expect(of({ ffree: 0 })).toMatchObject({ verdict: 'fail', told: expect.stringContaining('inodes') });
  // A file system without a number of inodes, such as Btrfs.
  expect(of({ files: 0, ffree: 0 }).verdict).toBe('ok');
});

describe('folders', () => {
  const names = (env: Record<string, string>) =>
    placesOf(readConfig({ BASE_PATH: '/data', ...env })).map((place) => [
      place.path,
      place.names,
      place.isKept,
      place.hasSqlite,
    ]);

  test('of one machine are all kept but the scratch', () => {
    expect(names({ DATABASE_URL: 'sqlite:/db/jobs.db' })).toEqual([
      ['/data', ['BASE_PATH', 'STORAGE_URL'], true, false],
      ['/db', ['DATABASE_URL'], true, true],
      ['/data/scratch', ['SCRATCH_PATH'], false, false],
    ]);
  });

  test('of a node among many keep nothing', () => {
    expect(names({ DATABASE_URL: 'postgres://db/darkroom', STORAGE_URL: 's3://photos' })).toEqual([
      ['/data', ['BASE_PATH'], false, false],
      ['/data/scratch', ['SCRATCH_PATH'], false, false],
    ]);
  });

  test.each([
    ['nfs4', 'fail', 'a disk of this machine'],
    ['fuse', 'warn', 'See that a disk'],
    ['tmpfs', 'warn', 'Have it on a disk'],
    ['overlay', 'warn', 'Mount a volume'],
  ])('with SQLite on %s: %s', async (name, verdict, mend) => {
    const path = await ownFolder();
    const place = { names: ['BASE_PATH'], path, isKept: true, hasSqlite: true };
    const mounts = async () => `36 35 98:0 / / rw - ${name} source rw`;
    const systems = { platform: 'linux', mounts, typeOf: async () => 0 } as const;
    const [found] = await fileSystemFindings(place, systems);
    expect(found).toMatchObject({ verdict, mend: expect.stringContaining(mend) });
    expect(await fileSystemFindings({ ...place, isKept: false, hasSqlite: false }, systems)).toEqual([]);
    const mac = { ...systems, platform: 'darwin' } as const;
    expect(await fileSystemFindings(place, mac)).toMatchObject([{ verdict: 'ok' }]);
  });
});
