import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newHoldId, newUploadId, type UploadId } from '../../shared/domain/ids.ts';
import type { UploadPart } from '../../shared/domain/resumable.ts';
import type { UploadParts } from '../../shared/storage/upload-parts.ts';
import { allOf } from '../helpers/all-of.ts';

export interface OpenedParts {
  parts: UploadParts;
  /** On their volume. */
  spoolPath: string;
  dispose(): Promise<void>;
}

/** What every {@link UploadParts} does. */
export function describeUploadParts(name: string, open: () => Promise<OpenedParts>): void {
  describe(`${name}: parts of uploads`, () => {
    let opened: OpenedParts;
    let parts: UploadParts;
    beforeAll(async () => {
      opened = await open();
      parts = opened.parts;
    });
    afterAll(() => opened.dispose());

    async function keep(upload: UploadId, at: number, content: string): Promise<UploadPart> {
      const part = { hold: newHoldId(), at, bytes: content.length };
      const path = join(opened.spoolPath, part.hold);
      await writeFile(path, content);
      await parts.keep(upload, part, path);
      return part;
    }

    async function read(upload: UploadId, part: UploadPart): Promise<string | null> {
      const bytes = await parts.read(upload, part);
      return bytes && text(bytes);
    }

    test('a part is what was received, and there as often as it is read', async () => {
      const upload = newUploadId();
      const [first, second] = [await keep(upload, 0, 'one'), await keep(upload, 3, 'two')];
      expect([await read(upload, first), await read(upload, second), await read(upload, first)]).toEqual([
        'one',
        'two',
        'one',
      ]);
      await parts.removeAll(upload);
    });

    test('two that begin at the same byte are two', async () => {
      const upload = newUploadId();
      const [one, other] = [await keep(upload, 0, 'mine'), await keep(upload, 0, 'yours')];
      expect([await read(upload, one), await read(upload, other)]).toEqual(['mine', 'yours']);
      await parts.remove(upload, one);
      expect([await read(upload, one), await read(upload, other)]).toEqual([null, 'yours']);
      await parts.removeAll(upload);
    });

    test('what is not there is not there, and may be removed', async () => {
      const part = { hold: newHoldId(), at: 0, bytes: 1 };
      expect(await read(newUploadId(), part)).toBeNull();
      await parts.remove(newUploadId(), part);
      await parts.removeAll(newUploadId());
    });

    test('uploads with parts are listed, and not those that are young', async () => {
      const [one, other] = [newUploadId(), newUploadId()];
      await keep(one, 0, 'a');
      await keep(one, 1, 'b');
      await keep(other, 0, 'c');
      expect((await allOf(parts.uploads(0))).toSorted()).toEqual([one, other].toSorted());
      expect(await allOf(parts.uploads(3_600_000))).toEqual([]);
      await parts.removeAll(one);
      expect(await allOf(parts.uploads(0))).toEqual([other]);
      await parts.removeAll(other);
    });

    test('what was received is taken away, or nothing is kept', async () => {
      const part = { hold: newHoldId(), at: 0, bytes: 1 };
      const upload = newUploadId();
      await expect(parts.keep(upload, part, join(opened.spoolPath, 'gone'))).rejects.toMatchObject({
        name: 'StoreError',
      });
      expect(await read(upload, part)).toBeNull();
    });
  });
}
