import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { writeApiKeys } from '../helpers/api-keys.ts';
import { ImagePage } from '../helpers/image-page.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { dataFolder, type RunningService, startService } from '../helpers/service.ts';
import { Accepted, newPicture } from '../helpers/upload.ts';

let service: RunningService;
let keys: Record<'shop' | 'forum' | 'operator', { authorization: string }>;
/** Of the shop, in the order of their uploads. */
const orders: string[] = [];

beforeAll(async () => {
  const folder = await dataFolder();
  const path = join(folder, 'keys.json');
  keys = await writeApiKeys(path, {
    shop: { scopes: ['upload', 'read'], tenant: 'shop' },
    forum: { scopes: ['upload', 'read'], tenant: 'forum' },
    operator: { scopes: ['admin', 'read'], tenant: 'office' },
  });
  service = await startService({ folder, env: { API_KEYS_FILE: path } });
  for (const order of ['a', 'b', 'a', 'a:1']) orders.push(await uploadAs('shop', { order, page: 1 }));
  await uploadAs('forum', { order: 'a' });
});
afterAll(() => service[Symbol.asyncDispose]());

async function uploadAs(name: keyof typeof keys, metadata: object): Promise<string> {
  const query = new URLSearchParams({ metadata: JSON.stringify(metadata) });
  const answer = await service.fetch(`/upload?${query}&lane=batch`, {
    method: 'POST',
    headers: { ...keys[name], 'content-type': 'image/png' },
    body: await newPicture(imagePath('tiny_1x1.png')),
  });
  return Accepted.parse(await answer.json()).id;
}

const ask = (name: keyof typeof keys, query: Record<string, string>) =>
  service.fetch(`/images?${new URLSearchParams(query)}`, { headers: keys[name] });
const pageOf = async (name: keyof typeof keys, query: Record<string, string> = {}) =>
  ImagePage.parse(await (await ask(name, query)).json());
const idsOf = async (name: keyof typeof keys, query: Record<string, string> = {}) =>
  (await pageOf(name, query)).images.map(({ id }) => id);

describe('the list of images', () => {
  it("has those of the key's tenant, the newest first", async () => {
    expect(await idsOf('shop')).toEqual(orders.toReversed());
    expect(await idsOf('forum')).toHaveLength(1);
    expect(await idsOf('operator')).toEqual([]);
  });

  it('has those with a field of their metadata, be there a colon in its value', async () => {
    expect(await idsOf('shop', { metadata: 'order:a' })).toEqual([orders[2], orders[0]]);
    expect(await idsOf('shop', { metadata: 'order:a:1' })).toEqual([orders[3]]);
    expect(await idsOf('shop', { metadata: 'page:1' })).toHaveLength(4);
    expect(await idsOf('shop', { metadata: 'order:c' })).toEqual([]);
  });

  it('comes in pages', async () => {
    const first = await pageOf('shop', { limit: '3', metadata: 'page:1' });
    const rest = await pageOf('shop', { limit: '3', metadata: 'page:1', cursor: first.next ?? '' });
    expect([...first.images, ...rest.images].map(({ id }) => id)).toEqual(orders.toReversed());
    expect(rest.next).toBeNull();
  });

  it('says what stands in the manifest, but for the variants', async () => {
    const [listed] = (await pageOf('shop', { metadata: 'order:b' })).images;
    const manifest = await (await service.fetch(listed?.links.self ?? '', { headers: keys.shop })).json();
    const { status: _status, ...same } = listed ?? {};
    expect(manifest).toMatchObject(same);
    expect(listed?.metadata).toEqual({ order: 'b', page: 1 });
  });

  it('is cut by time', async () => {
    const [, second] = (await pageOf('shop')).images.toReversed();
    const at = second?.createdAt ?? '';
    expect(await idsOf('shop', { since: at })).toEqual(orders.slice(1).toReversed());
    expect(await idsOf('shop', { until: at })).toEqual([orders[0]]);
    expect(await idsOf('shop', { until: '2026-01-01' })).toEqual([]);
  });

  it('is that of another tenant for the scope admin alone', async () => {
    expect(await idsOf('operator', { tenant: 'shop', metadata: 'order:b' })).toEqual([orders[1]]);
    expect(await idsOf('shop', { tenant: 'shop', metadata: 'order:b' })).toEqual([orders[1]]);
    await expectProblem(await ask('forum', { tenant: 'shop' }), 'not_allowed');
    await expectProblem(await ask('forum', { tenant: 'nobody' }), 'not_allowed');
  });

  it.each([
    ['metadata', 'order'],
    ['metadata', ':a'],
    ['metadata', `order:${'x'.repeat(257)}`],
    ['metadata', 'order:a\0b'],
    ['since', 'yesterday'],
    ['until', '12:00'],
    ['status', 'lost'],
    ['tenant', '../shop'],
    ['limit', '201'],
    ['cursor', 'bm9uZQ'],
  ])('takes no %s of %s', async (name, value) => {
    const problem = await expectProblem(await ask('shop', { [name]: value }), 'bad_parameter');
    expect(problem.detail).toMatch(new RegExp(`^The parameter "${name}" takes [^u]`));
  });
});
