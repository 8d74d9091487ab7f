import { createHash } from 'node:crypto';
import pLimit from 'p-limit';
import type { Balancer } from './balancer.ts';
import type { Cluster, NodeOptions } from './cluster.ts';
import { eventually } from './eventually.ts';
import { ImageAnswer } from './image-answer.ts';
import type { RunningService } from './service.ts';
import type { Accepted } from './upload.ts';

/** Of many that wait, the last may take so long. */
const READY_WITHIN_MS = 60_000;
const READ_AT_ONCE = 4;

type End = Awaited<RunningService['exited']>;

/** How each node of a role is started. */
export type OfRole = Record<'api' | 'worker', NodeOptions>;

/**
 * Replaces all nodes, the workers first, as the runbook has it, and each as a Deployment does that may have one more and none less:
 * an old one gets its SIGTERM when a new one is ready in its place. Nobody takes it out before: the balancer sees that it is not
 * ready, at its next probe.
 * @returns how the old ones have ended
 */
export async function replaceNodes(cluster: Cluster, balancer: Balancer, options: OfRole): Promise<End[]> {
  const ends: End[] = [];
  for (const old of cluster.workers) {
    await cluster.startNode('worker', options.worker);
    ends.push(await cluster.end(old, 'SIGTERM'));
  }
  for (const old of cluster.apis) {
    const { url } = await cluster.startNode('api', options.api);
    await balancer.add(url);
    ends.push(await cluster.end(old, 'SIGTERM'));
    balancer.remove(old.url);
  }
  return ends;
}

/**
 * Waits until the images are ready, and reads a variant of each: of the first its first, of the next its next.
 * @param url of a node, or of what stands before them
 * @returns what was not as its manifest says, and of an image that failed its failure: a line for each image
 */
export async function misread(url: string, accepted: readonly Accepted[]): Promise<string[]> {
  const atOnce = pLimit(READ_AT_ONCE);
  const read = accepted.map((upload, number) => atOnce(() => misreadOne(url, upload, number)));
  return (await Promise.all(read)).filter((fault) => fault !== null);
}

async function misreadOne(url: string, { links }: Accepted, number: number): Promise<string | null> {
  const image = await eventually(
    `the end of ${links.self}`,
    async () => {
      const answer = ImageAnswer.parse(await (await fetch(new URL(links.self, url))).json());
      return ['succeeded', 'failed', 'quarantined'].includes(answer.status) && answer;
    },
    READY_WITHIN_MS,
  );
  const variant = image.variants[number % image.variants.length];
  if (!variant) return `${links.self}: ${image.status}, ${image.failure}`;
  const answer = await fetch(new URL(variant.url, url));
  const bytes = Buffer.from(await answer.arrayBuffer());
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return answer.status === 200 && sha256 === variant.sha256
    ? null
    : `${variant.url}: ${answer.status}, ${sha256}`;
}
