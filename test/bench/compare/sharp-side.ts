import { fork } from 'node:child_process';
import { z } from 'zod';
import { messageOf } from './message-of.ts';
import { SHARP_ENVIRONMENT } from './sharp-environment.ts';
import type { Order } from './sharp-process.ts';
import type { Side } from './side.ts';
import { stopProcess } from './stop-process.ts';

/** At the end of an order, with or without a fault. */
const Report = z.object({ error: z.string().optional() });

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
      const { error } = Report.parse(await messageOf(child));
      if (error !== undefined) throw new Error(error);
    },
    stop: () => stopProcess(child),
  };
}
