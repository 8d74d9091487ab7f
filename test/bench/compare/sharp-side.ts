import { fork } from 'node:child_process';
import { once } from 'node:events';
import { SHARP_ENVIRONMENT } from './sharp-environment.ts';
import type { Order } from './sharp-process.ts';
import type { Side } from './side.ts';

const PROGRAM = new URL('./sharp-process.ts', import.meta.url);

/** sharp in one process, without HTTP, queue or disk that must hold: `cascade` is the limit of what can be done with it. */
export async function sharpSide(name: string, way: Order['way']): Promise<Side> {
  const child = fork(PROGRAM, { env: SHARP_ENVIRONMENT });
  return {
    name,
    waiting: 0,
    pids: async () => (child.pid === undefined ? [] : [child.pid]),
    async make(pictures, scenario, atOnce) {
      child.send({ way, paths: pictures.map(({ path }) => path), scenario, atOnce } satisfies Order);
      const [answer] = (await once(child, 'message')) as [{ error?: string }];
      if (answer.error) throw new Error(answer.error);
    },
    async stop() {
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    },
  };
}
