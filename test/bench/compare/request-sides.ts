import { type ChildProcess, fork } from 'node:child_process';
import { basename } from 'node:path';
import { z } from 'zod';
import { exchange } from './http-client.ts';
import { messageOf } from './message-of.ts';
import type { Target } from './scenario.ts';
import { SHARP_ENVIRONMENT } from './sharp-environment.ts';
import { eachOf, type Picture, type Side } from './side.ts';
import { stopProcess } from './stop-process.ts';

/** ipx: a request for each variant, of an original that lies on its disk. Its JPEG is baseline, its WebP of effort 4: it has no say. */
export async function ipxSide(folder: string): Promise<Side> {
  const { child, url } = await startServer('./ipx-process.ts', folder);
  return requestSide('ipx (WebP effort 4)', child, async ({ path }, target) => {
    const { width, height, fit, format, quality } = target;
    const size = fit === 'cover' ? `s_${width}x${height},fit_cover` : `s_${width}x${height},fit_inside`;
    const modifiers = `${size},f_${format},q_${quality}`;
    return exchange(new URL(`/${modifiers}/${basename(path)}`, url), 'GET');
  });
}

/** A request for each variant, with the original as its body. */
export async function bodyPerVariantSide(): Promise<Side> {
  const { child, url } = await startServer('./request-process.ts');
  return requestSide('request per variant', child, async ({ bytes }, target) => {
    const query = new URLSearchParams({ target: JSON.stringify(target) });
    return exchange(new URL(`/?${query}`, url), 'POST', bytes);
  });
}

function requestSide(
  name: string,
  child: ChildProcess,
  ask: (picture: Picture, target: Target) => ReturnType<typeof exchange>,
): Side {
  return {
    name,
    waiting: 0,
    pids: async () => (child.pid === undefined ? [] : [child.pid]),
    async make(pictures, scenario, atOnce) {
      await eachOf(pictures, atOnce, async (picture) => {
        for (const target of scenario.targets) {
          const { status, body } = await ask(picture, target);
          if (status !== 200) throw new Error(`${name} answered ${status} ${body.toString().slice(0, 200)}`);
        }
      });
    },
    stop: () => stopProcess(child),
  };
}

async function startServer(program: string, ...args: string[]) {
  const child = fork(new URL(program, import.meta.url), args, { env: SHARP_ENVIRONMENT });
  const port = z.int().parse(await messageOf(child));
  return { child, url: `http://127.0.0.1:${port}` };
}
