import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Description } from '../../shared/domain/description.ts';
import { imagePath } from '../../testdata/expected.ts';
import { ImageAnswer } from '../helpers/image-answer.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { type Accepted, endOf, upload } from '../helpers/upload.ts';

let service: RunningService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service[Symbol.asyncDispose]());

const Described = ImageAnswer.extend({
  ...Description.shape,
  links: z.object({ similar: z.string() }),
});

const SimilarAnswer = z.strictObject({
  perceptualHash: Description.shape.perceptualHash,
  complete: z.boolean(),
  similar: z.array(
    z.strictObject({ id: z.string(), distance: z.int(), links: z.strictObject({ self: z.string() }) }),
  ),
});

async function uploaded(picture: string | Uint8Array<ArrayBuffer>): Promise<Accepted> {
  const accepted = await upload(service, picture);
  await endOf(service, accepted);
  return accepted;
}

const bytesOf = async (picture: Sharp): Promise<Uint8Array<ArrayBuffer>> =>
  Uint8Array.from(await picture.toBuffer());

const describedOf = async ({ links }: Accepted) =>
  Described.parse(await (await service.fetch(links.self)).json());

const similarTo = async ({ links }: Accepted, query = '') =>
  SimilarAnswer.parse(await (await service.fetch(`${links.self}/similar${query}`)).json());

describe('an image', () => {
  it('is described once it is ready', async () => {
    const image = await describedOf(await uploaded(imagePath('testimage_medium.jpg')));
    expect(image.quality.verdicts).toEqual([]);
    expect(image.hasAlpha).toBe(false);
    expect(image.thumbhash).not.toBe('');
  });

  it('is told from its copies by the distance, and from others altogether', async () => {
    const original = await uploaded(imagePath('testimage_large.jpg'));
    const copy = await uploaded(await bytesOf(sharp(imagePath('testimage_large.jpg')).resize(900).webp()));
    const other = await uploaded(await bytesOf(sharp(imagePath('testimage_large.jpg')).rotate(180).jpeg()));
    const { links } = await describedOf(original);
    expect(links.similar).toBe(`${original.links.self}/similar`);
    const { similar, complete } = await similarTo(original);
    const ids = similar.map(({ id }) => id);
    expect(complete).toBe(true);
    expect(ids).toContain(copy.id);
    expect(ids).not.toContain(original.id);
    expect(ids).not.toContain(other.id);
    expect(similar).toEqual(similar.toSorted((a, b) => a.distance - b.distance));
    expect(similar[0]?.links.self).toBe(`/images/${similar[0]?.id}`);
    expect((await similarTo(copy)).similar.map(({ id }) => id)).toContain(original.id);
    expect((await similarTo(original, '?limit=1')).similar).toHaveLength(1);
  });

  it('is at no distance from others of the same bytes', async () => {
    const bytes = await bytesOf(sharp(imagePath('orientation/1.jpg')).jpeg({ quality: 71 }));
    const [first, second] = [await uploaded(bytes), await uploaded(bytes)];
    const { similar } = await similarTo(first, '?distance=0');
    expect(similar).toContainEqual({
      id: second.id,
      distance: 0,
      links: { self: `/images/${second.id}` },
    });
  });
});

describe('similar images are refused', () => {
  it.for(['distance=12', 'distance=-1', 'distance=', 'distance=near', 'limit=0', 'limit=51'])(
    'for %s',
    async (query) => {
      const accepted = await upload(service, imagePath('testimage_small.jpg'));
      const answer = await service.fetch(`${accepted.links.self}/similar?${query}`);
      await expectProblem(answer, 'bad_parameter');
    },
  );

  it('for an image that never was, and one that was deleted', async () => {
    const never = await service.fetch('/images/5f0c7a52-0000-4000-8000-000000000000/similar');
    await expectProblem(never, 'not_found');
    const accepted = await uploaded(imagePath('testimage_small.jpg'));
    await service.fetch(accepted.links.self, { method: 'DELETE' });
    const gone = await service.fetch(`${accepted.links.self}/similar`);
    await expectProblem(gone, 'deleted');
  });

  it('for one that could not be processed, which has no description either', async () => {
    const accepted = await uploaded(imagePath('truncated.heic'));
    const answer = await service.fetch(`${accepted.links.self}/similar`);
    await expectProblem(answer, 'failed');
    expect(await (await service.fetch(accepted.links.self)).json()).toMatchObject({
      thumbhash: null,
      colour: null,
      hasAlpha: null,
      perceptualHash: null,
      quality: null,
    });
  });

  it('with another method', async () => {
    const answer = await service.fetch('/images/5f0c7a52-0000-4000-8000-000000000000/similar', {
      method: 'POST',
    });
    expect(answer.headers.get('allow')).toBe('GET, HEAD');
    await expectProblem(answer, 'method_not_allowed');
  });
});
