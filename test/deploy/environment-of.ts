import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { ISecret } from 'kubernetes-models/v1/Secret';
import { containerOf } from './pod.ts';
import type { Rendered } from './rendered.ts';

type ConfigMap = IConfigMap & { apiVersion: 'v1'; kind: 'ConfigMap' };
type Secret = ISecret & { apiVersion: 'v1'; kind: 'Secret' };

/** What the container of a deployment finds in its environment. A variable that two sources set is a fault. */
export function environmentOf(deployment: IDeployment, rendered: Rendered): Record<string, string> {
  const { env = [], envFrom = [] } = containerOf(deployment);
  const set = [
    ...envFrom.flatMap(({ configMapRef, secretRef }) => [
      ...(configMapRef ? Object.entries(configMapData(rendered, configMapRef.name)) : []),
      ...(secretRef ? Object.entries(secretData(rendered, secretRef.name)) : []),
    ]),
    ...env.map(({ name, value = '' }) => [name, value] as const),
  ];
  const environment = Object.fromEntries(set);
  if (Object.keys(environment).length < set.length) throw new Error('a variable is set twice');
  return environment;
}

const configMapData = (rendered: Rendered, name = '') =>
  rendered.named<ConfigMap>('ConfigMap', name).data ?? {};

export function secretData(rendered: Rendered, name = ''): Record<string, string> {
  const { data = {} } = rendered.named<Secret>('Secret', name);
  return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, atob(text)]));
}
