import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { askDoctor } from '../../helpers/doctor.ts';
import { oneMachine } from '../../helpers/one-machine.ts';
import { ownFolder, passableFolder } from '../../helpers/own-folder.ts';

/** In a mount namespace of its own, with the same pid. */
const PREPARED = ['unshare', '--map-root-user', '--mount', 'sh', '-c'];
const ON_BAD_DISKS = [
  ...PREPARED,
  'mount -t tmpfs -o size=24m tmpfs "$BASE_PATH" && mount -t tmpfs -o ro tmpfs "$SCRATCH_PATH" && exec "$@"',
  'sh',
];
const WITHOUT_TOOLS = [
  ...PREPARED,
  'for name in bwrap setpriv prlimit; do if at=$(command -v $name); then mount --bind /dev/null "$at" || exit; fi; done; exec "$@"',
  'sh',
];

const namespaces = spawnSync('unshare', [
  '--map-root-user',
  '--mount',
  'mount',
  '-t',
  'tmpfs',
  'tmpfs',
  '/mnt',
]);
const NO_NAMESPACES = namespaces.status !== 0 && process.env.CI !== 'true';

const limits = spawnSync('prlimit', ['--nofile=100:100', 'true']);
const NO_LIMITS = limits.status !== 0 && process.env.CI !== 'true';

async function portThatIsTaken(): Promise<string> {
  const server = createServer((socket) => socket.destroy());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return String((server.address() as AddressInfo).port);
}

describe('a machine with many faults', () => {
  test('is told each with its mend: files, database, port, memory', async () => {
    const { folder } = await oneMachine(0);
    const database = new DatabaseSync(join(folder, 'darkroom.db'));
    database.exec("INSERT INTO kysely_migration VALUES ('9999-of-tomorrow', '2030-01-01')");
    database.close();
    const presets = join(folder, 'presets.json');
    await writeFile(presets, '{"listing": {"sizes": []}}');
    const secrets = join(folder, 'signing.json');
    await writeFile(secrets, JSON.stringify({ keys: [{ id: 'one', secret: 'A'.repeat(43) }] }));
    await chmod(secrets, 0o644);
    const port = await portThatIsTaken();
    const { code, lines } = await askDoctor({
      env: {
        BASE_PATH: folder,
        PRESETS_FILE: presets,
        SIGNING_KEYS_FILE: secrets,
        API_KEYS_FILE: join(folder, 'keys.json'),
        PORT: port,
        MEMORY_BUDGET: String(2 ** 40),
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      },
    });
    expect(code).toBe(78);
    expect(lines('fail')).toEqual([
      expect.stringMatching(/^PRESETS_FILE: .*listing.*-> Mend .*presets\.json/),
      expect.stringMatching(/^PRESETS_FILE: .*listing.*-> Mend .*presets\.json/),
      expect.stringMatching(/^API_KEYS_FILE: .*there is no such file -> Mend .*keys\.json/),
      expect.stringMatching(RegExp(`^port: something else listens at 127.0.0.1:${port} -> .*set PORT`)),
      expect.stringMatching(/^database: .*9999-of-tomorrow -> Start the version that has written it/),
    ]);
    expect(lines('warn')).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^SIGNING_KEYS_FILE: everybody .* can read .* -> chmod o-rw/),
        expect.stringMatching(/^memory: MEMORY_BUDGET .* -> Leave MEMORY_BUDGET unset/),
        expect.stringMatching(
          /^collector: http:\/\/127\.0\.0\.1:1 does not answer.* -> See that a collector/,
        ),
      ]),
    );
  });

  test.skipIf(NO_NAMESPACES)('is told of a disk that is full, and of one that only reads', async () => {
    const [full, readOnly] = [await ownFolder(), await ownFolder()];
    const { code, lines } = await askDoctor({
      env: { BASE_PATH: full, SCRATCH_PATH: readOnly },
      prefix: ON_BAD_DISKS,
    });
    expect(code).toBe(78);
    expect(lines('fail')).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^BASE_PATH.*: .* has 24 MiB free, .* -> Enlarge the volume/),
        expect.stringMatching(/^SCRATCH_PATH: .* cannot be written: EROFS -> Mount .* for writing/),
      ]),
    );
    expect(lines('warn')).toContainEqual(
      expect.stringMatching(/^BASE_PATH.* is on tmpfs: .* -> Have it on a disk/),
    );
  });

  test.skipIf(NO_NAMESPACES)('without bubblewrap is told so where it is asked for', async () => {
    const env = { BASE_PATH: await passableFolder(), WORKER_SANDBOX: 'strict' };
    const { code, lines } = await askDoctor({ env, prefix: WITHOUT_TOOLS });
    expect(code).toBe(78);
    expect(lines('fail')).toEqual([
      expect.stringMatching(/^isolation: WORKER_SANDBOX=strict cannot be in force.* -> Install bubblewrap/),
    ]);
  });

  test.skipIf(NO_NAMESPACES)(
    'without setpriv and prlimit, as a Mac is, works and is told what is missing',
    async () => {
      const env = { BASE_PATH: await passableFolder() };
      const { code, lines } = await askDoctor({ env, prefix: WITHOUT_TOOLS });
      expect({ code, fails: lines('fail') }).toEqual({ code: 0, fails: [] });
      expect(lines('warn')).toContainEqual(
        expect.stringMatching(
          /^isolation: not in force: parent-death signal, no_new_privs, .*memory limit, file size limit -> Install util-linux/,
        ),
      );
    },
  );

  test.skipIf(NO_LIMITS)('with few descriptors, and a file for a folder', async () => {
    const file = join(await ownFolder(), 'file');
    await writeFile(file, '');
    const { code, lines } = await askDoctor({
      env: { BASE_PATH: file, ROLE: 'all', HOST: '192.0.2.1', ALLOW_ANONYMOUS: 'true', PORT: '3999' },
      prefix: ['prlimit', '--nofile=100:100'],
    });
    expect(code).toBe(78);
    expect(lines('fail')).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^descriptors: 100 open files .* -> Allow \d+: `ulimit -n`/),
        expect.stringMatching(/^BASE_PATH.*: .* cannot be written: ENOTDIR -> .* is no folder/),
        expect.stringMatching(/^port: 192\.0\.2\.1 is no address of this machine -> Set HOST/),
      ]),
    );
  });

  test('is told of all wrong settings, and examined no further', async () => {
    const { code, lines } = await askDoctor({ env: { PORT: 'http', ROLE: 'api', MAX_FRAMES: '0' } });
    expect(code).toBe(78);
    expect(lines('fail')).toEqual([
      expect.stringMatching(/^settings: PORT="http" is not allowed.* -> Set PORT/),
      expect.stringMatching(/^settings: MAX_FRAMES="0" is not allowed.* -> Set MAX_FRAMES/),
    ]);
  });
});

describe('a machine that is well', () => {
  test('has no fault, and nothing of the doctor', async () => {
    const { folder } = await oneMachine(1);
    await chmod(folder, 0o755);
    await mkdir(join(folder, 'scratch'));
    const before = await readdir(folder, { recursive: true });
    const { code, verdict, lines } = await askDoctor({ env: { BASE_PATH: folder } });
    expect({ code, fails: lines('fail') }).toEqual({ code: 0, fails: [] });
    expect(verdict).not.toBe('fail');
    expect(lines('ok')).toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          /^decoder: libvips .*: reads jpeg, png, webp, avif, heic, gif, tiff; writes jpeg, webp, avif, png/,
        ),
        expect.stringMatching(/^database: .* is whole, and its tables are up to date/),
      ]),
    );
    expect(await readdir(folder, { recursive: true })).toEqual(before);
  });
});
