import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { Freezer } from '../helpers/freezer.ts';
import { bytesOf, imageOf, variantOf } from '../helpers/image-answer.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { dataFolder, type RunningService, startService } from '../helpers/service.ts';
import { uniqueTrailer } from '../helpers/unique-bytes.ts';
import { Accepted, endOf, newPicture, postImage } from '../helpers/upload.ts';

const RED = '#ff0000';
const BLUE = '#0000ff';
const WHITE = '#ffffff';

const square = { name: 'square', width: 100, height: 100, fit: 'cover' };
const PRESETS = {
  avatar: { sizes: [{ ...square, position: 'focus' }], outputs: [{ format: 'jpeg' }] },
  marked: {
    sizes: [
      { ...square, watermark: true },
      { ...square, name: 'plain' },
    ],
    outputs: [{ format: 'jpeg' }],
    watermark: { file: 'logo.png', corner: 'centre', width: 0.5, opacity: 1 },
  },
  moving: { sizes: [{ ...square, fit: 'inside' }], outputs: [{ format: 'webp' }], animated: true },
};

/** Of animated.gif one frame is within it, and all of them are not. */
const MAX_PIXELS = 50_000;

async function presetsFile(folder: string, presets: object = PRESETS): Promise<string> {
  const logo = sharp({ create: { width: 10, height: 10, channels: 4, background: WHITE } }).png();
  await writeFile(join(folder, 'logo.png'), await logo.toBuffer());
  const path = join(folder, 'presets.json');
  await writeFile(path, JSON.stringify(presets));
  return path;
}

/** Twice as wide as high, the left half red, the right half blue; nobody has sent it before. */
async function twoHalves(): Promise<Buffer<ArrayBuffer>> {
  const right = await sharp({ create: { width: 100, height: 100, channels: 3, background: BLUE } })
    .png()
    .toBuffer();
  const whole = sharp({ create: { width: 200, height: 100, channels: 3, background: RED } });
  const png = await whole
    .composite([{ input: right, left: 100, top: 0 }])
    .png()
    .toBuffer();
  return Buffer.concat([png, uniqueTrailer()]);
}

async function accepted(answer: Response): Promise<Accepted> {
  expect(answer.status, answer.ok ? '' : await answer.clone().text()).toBe(200);
  return Accepted.parse(await answer.json());
}

async function madeOf(service: RunningService, upload: Accepted, name = 'square') {
  expect(await endOf(service, upload)).toMatchObject({ status: 'succeeded' });
  const image = await imageOf(service, upload);
  const jpeg = await bytesOf(service, variantOf(image, name, 'jpeg'));
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  const middle = (info.width * Math.floor(info.height / 2) + Math.floor(info.width / 2)) * info.channels;
  return { image, middle: [...data.subarray(middle, middle + 3)] };
}

/** JPEG is off by less than 16 levels. */
const like = (colour: string) =>
  [1, 3, 5].map((at) => expect.closeTo(Number.parseInt(colour.slice(at, at + 2), 16), -1.5));

describe('a service with presets of its own', () => {
  let service: RunningService;
  let folder: string;
  beforeAll(async () => {
    folder = await dataFolder();
    const env = { PRESETS_FILE: await presetsFile(folder), MAX_PIXELS: String(MAX_PIXELS) };
    service = await startService({ folder, env });
  });
  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('has the built-in one beside them, and tells their names', async () => {
    const answer = await postImage(service, await twoHalves(), { preset: 'nope' });
    const presets = ['default', 'avatar', 'marked', 'moving'];
    expect(await expectProblem(answer, 'unknown_preset')).toMatchObject({ presets });
    const upload = await accepted(await postImage(service, await twoHalves()));
    expect(await endOf(service, upload)).toMatchObject({ status: 'succeeded' });
    expect((await imageOf(service, upload)).variants).toHaveLength(6);
  });

  it.each([
    ['0,0.5', RED, { x: 0, y: 0.5 }],
    ['0.9,0.5', BLUE, { x: 0.9, y: 0.5 }],
  ])('keeps what is around the focus %s that an upload names', async (focus, colour, point) => {
    const fields = { preset: 'avatar', focus };
    const { image, middle } = await madeOf(
      service,
      await accepted(await postImage(service, await twoHalves(), fields)),
    );
    expect(image).toMatchObject({ preset: 'avatar', focus: point });
    expect(image.variants).toHaveLength(1);
    expect(middle).toEqual(like(colour));
  });

  it('takes the focus of a raw body from its URL', async () => {
    const answer = await service.fetch('/upload?preset=avatar&focus=1,0', {
      method: 'POST',
      headers: { 'content-type': 'image/png' },
      body: await twoHalves(),
    });
    expect((await madeOf(service, await accepted(answer))).middle).toEqual(like(BLUE));
  });

  it('does not share variants between two focuses of the same bytes, unless its preset looks at none', async () => {
    const bytes = await twoHalves();
    const post = async (preset: string, focus: string) =>
      accepted(await postImage(service, bytes, { preset, focus }));
    const [left, right] = [await post('avatar', '0,0'), await post('avatar', '1,0')];
    expect((await madeOf(service, left)).middle).toEqual(like(RED));
    expect((await madeOf(service, right)).middle).toEqual(like(BLUE));
    const [first, second] = [await post('default', '0,0'), await post('default', '1,0')];
    for (const upload of [first, second]) await endOf(service, upload);
    expect(await endOf(service, second)).toMatchObject({ sharesRun: true });
    expect(await imageOf(service, second)).toMatchObject({ focus: { x: 1, y: 0 } });
  });

  it('takes another focus under the same Idempotency-Key for another upload', async () => {
    const bytes = await twoHalves();
    const key = { 'idempotency-key': `"${crypto.randomUUID()}"` };
    const post = (focus: string) => postImage(service, bytes, { preset: 'avatar', focus }, key);
    const first = await accepted(await post('0,0'));
    await expectProblem(await post('1,0'), 'key_reused');
    expect(await accepted(await post('0,0'))).toMatchObject({ id: first.id });
  });

  it('refuses a focus that is no point of a picture', async () => {
    const fields = { preset: 'avatar', focus: '0.5,1.5' };
    await expectProblem(await postImage(service, await twoHalves(), fields), 'bad_parameter');
  });

  it('lays the watermark over the sizes that have it, and no other', async () => {
    const upload = await accepted(await postImage(service, await twoHalves(), { preset: 'marked' }));
    expect((await madeOf(service, upload)).middle).toEqual(like(WHITE));
    expect((await madeOf(service, upload, 'plain')).middle).not.toEqual(like(WHITE));
  });

  it('counts the pixels of all frames where its preset decodes all', async () => {
    const bytes = await newPicture(imagePath('animated.gif'));
    const still = await accepted(await postImage(service, bytes));
    expect(await endOf(service, still)).toMatchObject({ status: 'succeeded' });
    const { width, height, frames } = (await imageOf(service, still)).source;
    const body = await expectProblem(
      await postImage(service, bytes, { preset: 'moving' }),
      'too_many_pixels',
    );
    expect(body).toMatchObject({ limit: MAX_PIXELS, found: width * height * frames });
    expect(body.detail).toContain(`over its ${frames} frames`);
  });
});

it('what was accepted is made as its preset was then, though the file has changed before it runs', async () => {
  const folder = await ownFolder();
  const path = await presetsFile(folder);
  const env = { PRESETS_FILE: path, QUEUE_DEPTH: '4' };
  await using killed = await startService({ env });
  const freezer = await Freezer.hold(killed);
  const post = async (fields: Record<string, string>) =>
    accepted(await postImage(killed, await twoHalves(), fields));
  const marked = await post({ preset: 'marked' });
  const avatar = await post({ preset: 'avatar', focus: '1,0.5' });
  killed.process.kill('SIGKILL');
  await killed.exited;
  await freezer[Symbol.asyncDispose]();

  const otherwise = { sizes: [{ ...square, name: 'other' }], outputs: [{ format: 'webp' }] };
  await presetsFile(folder, { marked: otherwise });
  await writeFile(join(folder, 'logo.png'), '');
  await using service = await startService({ folder: killed.folder, env });
  expect((await madeOf(service, marked)).middle).toEqual(like(WHITE));
  expect((await madeOf(service, avatar)).middle).toEqual(like(BLUE));
});
