import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startService } from '../../helpers/service.ts';
import { Accepted } from '../../helpers/upload.ts';
import { exchange } from './http-client.ts';
import { childrenOf } from './processes.ts';
import { presetsOf, type Scenario } from './scenario.ts';
import { eachOf, type Side } from './side.ts';

/** Darkroom end to end over HTTP: accepted durably, made in its workers, published. */
export async function serviceSide(
  scenarios: readonly Scenario[],
  folder: string,
  workers: number,
): Promise<Side & { url: string }> {
  const presets = join(folder, 'presets.json');
  await writeFile(presets, JSON.stringify(presetsOf(scenarios)));
  const service = await startService({
    env: {
      N_WORKERS: String(workers),
      // The workers never wait for an upload to be received.
      QUEUE_DEPTH: String(4 * workers),
      PRESETS_FILE: presets,
      LOG_LEVEL: 'info',
    },
  });
  return {
    name: 'Darkroom',
    waiting: 2,
    url: service.url,
    pids: async () => [service.pid, ...(await childrenOf(service.pid))],
    async make(pictures, scenario, atOnce) {
      const url = new URL(`/upload?preset=${scenario.name}`, service.url);
      await eachOf(pictures, atOnce, async ({ bytes }) => {
        const headers = { 'content-type': 'image/jpeg', prefer: 'wait=60' };
        const { status, body } = await exchange(url, 'POST', bytes, headers);
        const { status: ended } = Accepted.parse(JSON.parse(body.toString()));
        if (ended !== 'succeeded') throw new Error(`an upload ended as ${status} ${ended}`);
      });
    },
    async stop() {
      service.process.kill('SIGTERM');
      await service.exited;
      await service[Symbol.asyncDispose]();
    },
  };
}
