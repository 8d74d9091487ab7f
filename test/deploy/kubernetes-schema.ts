import { kedaFaults } from './keda-schema.ts';

export type Manifest = { apiVersion: string; kind: string; metadata?: { name?: string } };

type Model = { prototype: { validate(): void } };

/**
 * What the Kubernetes API would have against the document; empty where it is good.
 * The schemas of kubernetes-models allow properties that they do not name, because Kubernetes' own do, and so a
 * misspelt `readinesProbe` would pass. But a compiled validator reads every property that it knows; one that it
 * left alone is one the API does not have.
 */
export async function schemaFaults(document: Manifest): Promise<string[]> {
  const { apiVersion, kind } = document;
  if (apiVersion.startsWith('keda.sh/')) return kedaFaults(document);
  const model = await findModel(apiVersion, kind);
  if (!model) return [`${apiVersion} has no ${kind}`];

  const unread = new Set<string>();
  const watched = watchReads(document, '', unread);
  try {
    model.prototype.validate.call(watched);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  return [...unread].map((path) => `${kind} has no ${path}`);
}

async function findModel(apiVersion: string, kind: string): Promise<Model | undefined> {
  const path = `kubernetes-models/${apiVersion}/${kind}`;
  try {
    const models: Record<string, Model> = await import(path);
    return models[kind];
  } catch {
    // Safe: whatever kept the import from working, the caller reports it as a kind that is not there.
    return undefined;
  }
}

function watchReads(value: unknown, path: string, unread: Set<string>): unknown {
  if (Array.isArray(value)) return value.map((item, index) => watchReads(item, `${path}/${index}`, unread));
  if (typeof value !== 'object' || value === null) return value;
  const watched = {};
  for (const [key, child] of Object.entries(value)) {
    const childPath = `${path}/${key}`;
    unread.add(childPath);
    let watchedChild: unknown;
    const get = () => {
      unread.delete(childPath);
      watchedChild ??= watchReads(child, childPath, unread);
      return watchedChild;
    };
    Object.defineProperty(watched, key, { enumerable: true, get });
  }
  return watched;
}
