import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { imagePath } from '../../testdata/expected.ts';
import { runCommand, UsageError } from '../helpers/command-line.ts';
import { ImageAnswer } from '../helpers/image-answer.ts';
import { uniqueTrailer } from '../helpers/unique-bytes.ts';
import { Accepted } from '../helpers/upload.ts';

const USAGE =
  'smoke [--ready-within-ms 60000] URL\n\n' +
  'Uploads a picture, waits until it is ready, reads its variants by their hashes, and deletes it: one line for each step, and exit code 1\n' +
  'at the first that is not as it should be. Where the service asks for keys, DARKROOM_KEY is one with the scopes `upload` and `read`.\n';

const EXIT_FAILED = 1;
const ASK_AGAIN_MS = 250;

/** Of one request. */
const ANSWER_WITHIN_MS = 30_000;

const Settings = z.object({
  url: z.url({ protocol: /^https?$/, error: 'URL must be an http:// or https:// address' }),
  readyWithinMs: z.coerce.number('--ready-within-ms must be a number').int().positive(),
});

/** The service is not as it should be; the message is for the log of a deployment. */
class Unsound extends Error {}

async function smoke(argv: readonly string[]): Promise<number> {
  const { url, readyWithinMs } = settingsOf(argv);
  const key = process.env.DARKROOM_KEY;
  const headers: Record<string, string> = key ? { authorization: `Bearer ${key}` } : {};
  const begin = performance.now();
  const step = (what: string) => {
    process.stdout.write(`${((performance.now() - begin) / 1000).toFixed(1).padStart(6)} s  ${what}\n`);
  };
  const ask = async (path: string, status: number, init: RequestInit = {}): Promise<Response> => {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const answer = await fetch(new URL(path, url), {
      ...init,
      headers: { ...headers, ...init.headers },
      signal,
    });
    if (answer.status === status) return answer;
    const wanted = `${init.method ?? 'GET'} ${path}: ${answer.status} in place of ${status}`;
    throw new Unsound(`${wanted}: ${await answer.text()}`);
  };

  let uploaded: string | null = null;
  try {
    await (await ask('/readyz', 200)).body?.cancel();
    step('ready');
    const body = Buffer.concat([await readFile(imagePath('testimage_small.jpg')), uniqueTrailer()]);
    const sent = { method: 'POST', body, headers: { 'content-type': 'image/jpeg' } };
    const { links } = Accepted.parse(await (await ask('/upload', 200, sent)).json());
    uploaded = links.self;
    step(`accepted as ${uploaded}`);
    const image = await whenReady(links.self);
    step(`made ${image.variants.length} variants`);
    for (const variant of image.variants) {
      const bytes = Buffer.from(await (await ask(variant.url, 200)).arrayBuffer());
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      if (sha256 !== variant.sha256) throw new Unsound(`${variant.url} has the hash ${sha256}`);
    }
    step('read all of them');
    await ask(links.self, 204, { method: 'DELETE' });
    uploaded = null;
    await (await ask(links.self, 410)).body?.cancel();
    step('deleted');
    return 0;
  } catch (error) {
    process.stderr.write(`${failureOf(error)}\n`);
    return EXIT_FAILED;
  } finally {
    // Nothing stays in a service that people use; if not even that can be done, it was told already.
    if (uploaded !== null) await ask(uploaded, 204, { method: 'DELETE' }).catch(() => {});
  }

  async function whenReady(path: string): Promise<ImageAnswer> {
    const last = performance.now() + readyWithinMs;
    while (performance.now() < last) {
      const image = ImageAnswer.parse(await (await ask(path, 200)).json());
      if (image.status === 'succeeded' && image.variants.length > 0) return image;
      if (image.failure !== null) throw new Unsound(`${path}: ${image.status}, ${image.failure}`);
      await sleep(ASK_AGAIN_MS);
    }
    throw new Unsound(`${path} was not ready within ${readyWithinMs} ms`);
  }
}

function settingsOf(argv: readonly string[]): z.output<typeof Settings> {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { 'ready-within-ms': { type: 'string', default: '60000' } },
    });
    if (positionals.length !== 1) throw new Error('one URL is needed');
    return Settings.parse({ url: positionals[0], readyWithinMs: values['ready-within-ms'] });
  } catch (cause) {
    const told = cause instanceof z.ZodError ? cause.issues.map(({ message }) => message).join('\n') : null;
    throw new UsageError(told ?? (cause instanceof Error ? cause.message : String(cause)), { cause });
  }
}

/** Of a fetch that failed, the cause says more. */
function failureOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof Unsound || !(error.cause instanceof Error)) return error.message;
  return `${error.message}: ${error.cause.message}`;
}

await runCommand(USAGE, () => smoke(process.argv.slice(2)));
