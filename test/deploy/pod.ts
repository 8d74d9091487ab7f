import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IContainer } from 'kubernetes-models/v1/Container';
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec';

/** From the end of a drain to the exit: logs and stores are flushed and closed. */
export const EXIT_MARGIN_MS = 5_000;

export function podOf(deployment: IDeployment): IPodSpec {
  const pod = deployment.spec?.template.spec;
  if (!pod) throw new Error(`${deployment.metadata?.name} has no pod`);
  return pod;
}

/** Its only one. */
export function containerOf(deployment: IDeployment): IContainer {
  const [container, ...others] = podOf(deployment).containers;
  if (!container || others.length > 0) throw new Error(`${deployment.metadata?.name} has not one container`);
  return container;
}

export const limitsOf = (deployment: IDeployment) => containerOf(deployment).resources?.limits;

/** The limits of a container: for each worker a CPU and 1 GiB, and half of one and one for the process beside them. */
export const roomFor = (workers: number) => ({
  cpu: `${workers * 1000 + 500}m`,
  memory: `${workers + 1}Gi`,
});
