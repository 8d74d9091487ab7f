import { type ExecFileException, execFile } from 'node:child_process';
import { once } from 'node:events';
import { readlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { NAMESPACE_LAYERS } from '../../shared/domain/isolation.ts';
import { parseJson } from './lines.ts';
import type { WorkerFolder } from './worker-folder.ts';
import { BARE_ENVIRONMENT } from './worker-user.ts';

/** As namespaces(7) has them in /proc/<pid>/ns. */
const NAMESPACES = {
  'user namespace': 'user',
  'mount namespace': 'mnt',
  'pid namespace': 'pid',
  'network namespace': 'net',
  'ipc namespace': 'ipc',
  'uts namespace': 'uts',
} satisfies Record<(typeof NAMESPACE_LAYERS)[number], string>;

/** What a probe takes at most, on a machine whose cores all decode; ms. */
const PROBE_TIMEOUT_MS = 15_000;

/** Tries all that a worker in the sandbox has to be able to do, and what it must not be; tells what it found. */
const PROBE = `
  import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
  import { createRequire } from 'node:module';
  import { connect } from 'node:net';
  const { entry, input, output, hidden, port, namespaces } = JSON.parse(process.argv[1]);
  const end = (stream, text, code) => stream.write(text, () => process.exit(code));
  try {
    readFileSync(entry);
    createRequire(entry)('sharp');
    readFileSync(input);
    writeFileSync(output, '');
    process.memoryUsage.rss();
    const found = hidden.filter(existsSync).map((path) => 'it can see ' + path);
    try {
      writeFileSync(input, '');
      found.push('it can write to its input');
    } catch {}
    const ids = Object.fromEntries(namespaces.map((name) => [name, readlinkSync('/proc/self/ns/' + name)]));
    const tell = () => end(process.stdout, JSON.stringify({ found, ids }), 0);
    connect(port, '127.0.0.1', () => {
      found.push('it can connect to this machine');
      tell();
    }).on('error', tell);
  } catch (error) {
    end(process.stderr, 'a worker would fail: ' + error.message, 1);
  }
`;

const Told = z.object({ found: z.array(z.string()), ids: z.record(z.string(), z.string()) });

/**
 * Runs a probe just as a worker is run, and holds what it found against what a sandbox is.
 * @param command what a worker is started with, up to its runtime
 * @param hidden paths of the service that no worker may see
 * @returns why it is no sandbox; null where it is one
 */
export async function whyNoSandbox(
  command: readonly string[],
  entry: string,
  folder: WorkerFolder,
  hidden: readonly string[],
): Promise<string | null> {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const input = join(folder.inputs, 'probe');
    await writeFile(input, '', { mode: 0o644 });
    const { found, ids } = await ask(command, {
      entry,
      input,
      output: join(folder.output, 'probe'),
      hidden: [folder.taken, ...hidden],
      port: z.object({ port: z.int() }).parse(server.address()).port,
      namespaces: Object.values(NAMESPACES),
    });
    for (const [layer, name] of Object.entries(NAMESPACES)) {
      if (ids[name] === (await readlink(`/proc/self/ns/${name}`))) found.push(`it has no ${layer}`);
    }
    return found.length === 0 ? null : found.join('; ');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    server.close();
  }
}

interface Question {
  entry: string;
  input: string;
  output: string;
  hidden: readonly string[];
  port: number;
  namespaces: readonly string[];
}

async function ask(command: readonly string[], question: Question): Promise<z.output<typeof Told>> {
  const [program = '', ...args] = [...command, process.execPath, '-e', PROBE, JSON.stringify(question)];
  const options = { env: BARE_ENVIRONMENT, cwd: '/', timeout: PROBE_TIMEOUT_MS };
  const { stdout } = await promisify(execFile)(program, args, options).catch((error: ExecFileException) => {
    // The last words of who has failed; else it was not there, or has taken too long.
    throw new Error(
      error.stderr?.trim().slice(-500) || (error.killed ? 'it does not answer' : error.message),
    );
  });
  return Told.parse(parseJson(stdout));
}
