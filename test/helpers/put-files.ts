import type { RunId } from '../../shared/domain/ids.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';

/** Publishes these files as the set of a run. */
export function putFiles(
  storage: ImageStorage,
  run: RunId,
  contents: Record<string, string | Buffer>,
): Promise<void> {
  return storage.publish(run, async (create) => {
    for (const [fileName, content] of Object.entries(contents)) {
      const file = await create(fileName);
      await file.write(Buffer.from(content));
    }
  });
}
