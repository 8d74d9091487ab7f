import { Hono } from 'hono';
import { documents, type Operation } from '../contract/operation.ts';
import { OpsState } from '../contract/ops-answer.ts';
import type { AppEnv, ProbeParts } from './context.ts';
import { needs } from './needs.ts';

const STATE: Operation = {
  id: 'opsState',
  summary: 'What this process is at: its workers, what waits, and the last minutes',
  description: 'Of one node only; the figures of `waiting` are of all.',
  answers: { 200: { description: 'As it is now', body: OpsState } },
  asksNoStore: true,
  problems: [],
};

export function opsRoutes({ opsState }: ProbeParts) {
  return new Hono<AppEnv>().get('/ops/state', needs('admin'), documents(STATE), async (c) =>
    c.json(await opsState(), 200, { 'cache-control': 'no-store' }),
  );
}
