import { Hono } from 'hono';
import { REGISTRY } from '../../shared/telemetry/metrics.ts';
import { documents, type Operation } from '../contract/operation.ts';
import type { AppEnv } from './context.ts';
import { needs } from './needs.ts';

const METRICS: Operation = {
  id: 'metrics',
  summary: 'What this process counts and measures, for Prometheus',
  answers: { 200: { description: 'In its text format', body: ['text/plain'] } },
  asksNoStore: true,
  problems: [],
};

/** On the port of everything else it is for admins; on one of its own, which nobody else reaches, for whoever asks. */
export function metricsRoutes(access: 'admin' | 'public') {
  return new Hono<AppEnv>().get('/metrics', needs(access), documents(METRICS), async (c) =>
    c.body(await REGISTRY.metrics(), 200, {
      'content-type': REGISTRY.contentType,
      'cache-control': 'no-store',
    }),
  );
}
