import { z } from 'zod';

const Metadata = z.strictObject({ name: z.string(), labels: z.record(z.string(), z.string()) });

const Policy = z.strictObject({
  type: z.enum(['Pods', 'Percent']),
  value: z.int().min(1),
  periodSeconds: z.int().min(1).max(1800),
});
const ScalingRules = z.strictObject({
  stabilizationWindowSeconds: z.int().min(0).max(3600).optional(),
  policies: z.array(Policy).min(1),
});

/** Every value is text. Without a `metricType`, or with this one, the target is of each pod. */
const PostgresTrigger = z.strictObject({
  type: z.literal('postgresql'),
  metricType: z.literal('AverageValue'),
  metadata: z.strictObject({ query: z.string(), targetQueryValue: z.string().regex(/^\d+(\.\d+)?$/) }),
  authenticationRef: z.strictObject({ name: z.string() }),
});

/** As far as KEDA 2.16 has it, and we write it: https://keda.sh/docs/2.16/reference/scaledobject-spec/ */
export const ScaledObject = z.strictObject({
  apiVersion: z.literal('keda.sh/v1alpha1'),
  kind: z.literal('ScaledObject'),
  metadata: Metadata,
  spec: z.strictObject({
    scaleTargetRef: z.strictObject({ name: z.string() }),
    minReplicaCount: z.int().min(0),
    maxReplicaCount: z.int().min(1),
    advanced: z.strictObject({
      horizontalPodAutoscalerConfig: z.strictObject({
        behavior: z.strictObject({ scaleUp: ScalingRules.optional(), scaleDown: ScalingRules.optional() }),
      }),
    }),
    triggers: z.tuple([PostgresTrigger]),
  }),
});

/** What https://keda.sh/docs/2.16/scalers/postgresql/ takes from a secret. */
const Parameter = z.enum(['host', 'port', 'dbName', 'sslmode', 'userName', 'password']);

export const TriggerAuthentication = z.strictObject({
  apiVersion: z.literal('keda.sh/v1alpha1'),
  kind: z.literal('TriggerAuthentication'),
  metadata: Metadata,
  spec: z.strictObject({
    secretTargetRef: z.array(z.strictObject({ parameter: Parameter, name: z.string(), key: z.string() })),
  }),
});

export type ScaledObject = z.infer<typeof ScaledObject>;
export type TriggerAuthentication = z.infer<typeof TriggerAuthentication>;

const Keda = z.discriminatedUnion('kind', [ScaledObject, TriggerAuthentication]);

export function kedaFaults(document: unknown): string[] {
  const issues = Keda.safeParse(document).error?.issues ?? [];
  return issues.map(({ path, message }) => `${path.join('/')}: ${message}`);
}
