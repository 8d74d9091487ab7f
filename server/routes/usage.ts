import { type Context, Hono } from 'hono';
import { documents, type Operation } from '../contract/operation.ts';
import { UsageAnswer } from '../contract/operator-answers.ts';
import { tenantUsage } from '../operations/tenant-usage.ts';
import type { AppEnv, Parts } from './context.ts';
import { needs } from './needs.ts';
import { describeUsage } from './representations.ts';

const OWN: Operation = {
  id: 'readUsage',
  summary: 'What the tenant of the key has, and may have',
  answers: { 200: { description: 'As it is now', body: UsageAnswer } },
  problems: [],
};

const OF_ANY: Operation = {
  id: 'readUsageOfTenant',
  summary: 'What any tenant has, and may have',
  description: 'Of a tenant that nobody knows it is nothing.',
  answers: { 200: { description: 'As it is now', body: UsageAnswer } },
  problems: ['not_found'],
};

/** Told exactly: it is counted with every change, and not looked for now and then. */
export function usageRoutes(parts: Parts) {
  const answer = async (c: Context<AppEnv>, tenant: string) => {
    const found = await tenantUsage(tenant, parts.store, parts.access.quotaOf);
    c.header('cache-control', 'no-store');
    return c.json(describeUsage(found));
  };
  return new Hono<AppEnv>()
    .get('/usage', needs('read'), documents(OWN), (c) => answer(c, c.get('caller').tenant))
    .get('/tenants/:tenant/usage', needs('admin'), documents(OF_ANY), (c) =>
      answer(c, c.req.param('tenant')),
    );
}
