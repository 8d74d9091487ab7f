import { fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { Accepted, JobAnswer } from '../../helpers/upload.ts';
import { median } from '../median.ts';
import { exchange } from './http-client.ts';
import { messageOf } from './message-of.ts';
import { picturesOf } from './pictures.ts';
import { stopProcess } from './stop-process.ts';

const JPEG_200_KB = fileURLToPath(new URL('../../../testdata/images/testimage_200kb.jpg', import.meta.url));

/** What the disk still does of the upload before is not to be measured with the next. */
const PAUSE_MS = 50;

export interface AcceptLatency {
  serviceMs: number;
  bareMs: number;
  /** From POST to the variants, at idle. */
  readyMs: number;
}

/** POST to 200 of a 200 kB JPEG at idle, the service and a bare handler in turn: medians in milliseconds. */
export async function acceptLatency(
  serviceUrl: string,
  folder: string,
  times: number,
): Promise<AcceptLatency> {
  const bare = fork(new URL('./bare-handler.ts', import.meta.url), [folder]);
  try {
    const port = z.int().parse(await messageOf(bare));
    return await inTurn(serviceUrl, `http://127.0.0.1:${port}`, times);
  } finally {
    await stopProcess(bare);
  }
}

async function inTurn(serviceUrl: string, bareUrl: string, times: number): Promise<AcceptLatency> {
  const sides = {
    serviceMs: new URL('/upload', serviceUrl),
    bareMs: new URL(bareUrl),
  };
  const taken = { serviceMs: [] as number[], bareMs: [] as number[], readyMs: [] as number[] };
  for (const { bytes } of await picturesOf([JPEG_200_KB], times)) {
    for (const side of ['serviceMs', 'bareMs'] as const) {
      const begin = performance.now();
      const { status, body } = await exchange(sides[side], 'POST', bytes, { 'content-type': 'image/jpeg' });
      taken[side].push(performance.now() - begin);
      if (status !== 200) throw new Error(`${side}: ${status} ${body}`);
      if (side === 'serviceMs') {
        await ended(serviceUrl, Accepted.parse(JSON.parse(body.toString())).links.job);
        taken.readyMs.push(performance.now() - begin);
      }
      await sleep(PAUSE_MS);
    }
  }
  return {
    serviceMs: median(taken.serviceMs),
    bareMs: median(taken.bareMs),
    readyMs: median(taken.readyMs),
  };
}

async function ended(serviceUrl: string, job: string): Promise<void> {
  while (true) {
    const { body } = await exchange(new URL(job, serviceUrl), 'GET');
    const { status, failure } = JobAnswer.parse(JSON.parse(body.toString()));
    if (status === 'succeeded') return;
    if (status !== 'queued' && status !== 'running')
      throw new Error(`an upload ended as ${status} ${failure}`);
    await sleep(2);
  }
}
