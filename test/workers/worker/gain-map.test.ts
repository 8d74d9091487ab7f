import sharp, { type Sharp } from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { renderScene } from '../../../testdata/scene.ts';
import { prepareDecoder } from '../../../workers/worker/decoder.ts';
import { oneSize, variantsOf } from '../../helpers/variants-of.ts';

beforeAll(prepareDecoder);

const SOS = 0xda;
const APP2 = 0xe2;
const START = Buffer.from([0xff, 0xd8, 0xff]);

/** What says that there is a gain map: ISO 21496-1, annex C, and CIPA DC-007, which tells where it stands. */
const TELLS_OF_GAIN_MAP = ['urn:iso:std:iso:ts:21496:-1', 'MPF\0'];

/** As new phones store photographs: the picture, and behind it another one that says how much brighter it can be. */
async function withGainMap(): Promise<Buffer> {
  const { data, ...raw } = renderScene({ width: 320, height: 240, grain: 0 });
  // Its types leave this out.
  const picture = sharp(data, { raw }) as Sharp & { withGainMap: () => Sharp };
  return picture.withGainMap().jpeg({ quality: 95 }).toBuffer();
}

/** The first picture of the file, with nothing in it that tells of the second. */
function baseOf(file: Buffer): Buffer {
  const picture = file.subarray(0, file.indexOf(START, START.length));
  const kept: Buffer[] = [picture.subarray(0, 2)];
  let at = 2;
  while (picture[at + 1] !== SOS) {
    const segment = picture.subarray(at, at + 2 + picture.readUInt16BE(at + 2));
    const tells = TELLS_OF_GAIN_MAP.some((text) => segment.includes(text));
    if (!(segment[1] === APP2 && tells)) kept.push(segment);
    at += segment.length;
  }
  return Buffer.concat([...kept, picture.subarray(at)]);
}

test('of a picture with a gain map its base is shown, and the map is dropped', async () => {
  const file = await withGainMap();
  for (const text of TELLS_OF_GAIN_MAP) expect(file.includes(text), text).toBe(true);
  const base = baseOf(file);
  expect(base.length).toBeLessThan(file.length);

  const preset = oneSize(160, 160, [{ format: 'jpeg' }, { format: 'webp' }]);
  const [made, plain] = [await variantsOf(file, preset), await variantsOf(base, preset)];
  expect(made.outputs).toEqual(plain.outputs);
  for (const format of ['jpeg', 'webp'] as const) {
    expect(await made.pixels(format)).toEqual(await plain.pixels(format));
  }
});
