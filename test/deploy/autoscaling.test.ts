import type { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import type { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../shared/config.ts';
import { environmentOf, secretData } from './environment-of.ts';
import type { ScaledObject, TriggerAuthentication } from './keda-schema.ts';
import { render } from './rendered.ts';

/** PostgreSQL's own default of max_connections, of which it keeps some for its superusers. */
const CONNECTIONS = 100 - 3;

/** For KEDA's pool, a backup and somebody who looks. */
const OTHERS = 8;

/** Besides those of its pool, each process has one that listens. */
const LISTENING = 1;

const cluster = await render('cluster');
const ofApi = () => cluster.only<HorizontalPodAutoscaler>('HorizontalPodAutoscaler').spec;
const ofWorkers = () => cluster.only<ScaledObject>('ScaledObject').spec;

const configOf = (role: string) =>
  readConfig(environmentOf(cluster.named<Deployment>('Deployment', `darkroom-${role}`), cluster));

describe.skipIf(cluster.isMissing)('the autoscalers', () => {
  test('keep at least two pods of each role, and never none of workers, which no upload would wait for', () => {
    expect(ofApi()).toMatchObject({ scaleTargetRef: { name: 'darkroom-api' }, minReplicas: 2 });
    expect(ofWorkers()).toMatchObject({ scaleTargetRef: { name: 'darkroom-worker' }, minReplicaCount: 2 });
  });

  test('go by the CPU of the api', () => {
    const target = { type: 'AverageValue', averageValue: '700m' };
    expect(ofApi()?.metrics).toEqual([{ type: 'Resource', resource: { name: 'cpu', target } }]);
  });

  test('ask for more workers before all are busy', () => {
    const [{ metadata }] = ofWorkers().triggers;
    const { workers } = configOf('worker');
    expect(Number(metadata.targetQueryValue)).toBeCloseTo(0.7 * workers);
  });

  test('leave PostgreSQL connections for others, also in a rollout of both roles', () => {
    const pods = [
      [ofApi()?.maxReplicas, 'api'],
      [ofWorkers().maxReplicaCount, 'worker'],
    ] as const;
    const taken = pods.map(([most, role]) => {
      const surge = cluster.named<Deployment>('Deployment', `darkroom-${role}`).spec?.strategy?.rollingUpdate;
      return (Number(most) + Number(surge?.maxSurge)) * (configOf(role).databasePool + LISTENING);
    });
    expect(taken.reduce((sum, some) => sum + some)).toBeLessThanOrEqual(CONNECTIONS - OTHERS);
  });

  test('ask the database as who they are in a secret', () => {
    const [{ authenticationRef }] = ofWorkers().triggers;
    const { secretTargetRef } = cluster.named<TriggerAuthentication>(
      'TriggerAuthentication',
      authenticationRef.name,
    ).spec;
    for (const { name, key, parameter } of secretTargetRef)
      expect(secretData(cluster, name)).toHaveProperty(parameter === key ? key : '');
  });
});
