import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import type { Manifest } from './kubernetes-schema.ts';

/** What `kubectl apply -f deploy/k8s/migration.yaml` sends. */
export async function migrationManifests(): Promise<Manifest[]> {
  const text = await readFile(new URL('../../deploy/k8s/migration.yaml', import.meta.url), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS());
}
