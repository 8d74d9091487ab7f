import { parseSync } from 'oxc-parser';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { goodPicture } from '../fixtures/fault-pictures.ts';
import {
  accessibilityFaults,
  barsOf,
  faultsOf,
  give,
  isTooWide,
  openPage,
  SKIPS_BROWSER,
  startBrowser,
  tabTo,
  type WatchedPage,
} from '../helpers/browser.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { newPicture } from '../helpers/upload.ts';

let service: RunningService;
let browser: Browser;

const jpeg = (name: string, bytes: Uint8Array = goodPicture()) => ({ name, type: 'image/jpeg', bytes });

const cards = (page: Page, phase: string): Locator => page.locator(`.card[data-phase="${phase}"]`);

/** Resolves when so many are there. */
async function inPhase(page: Page, phase: string, count = 1): Promise<Locator> {
  const found = cards(page, phase);
  await found.nth(count - 1).waitFor();
  expect(await found.count()).toBe(count);
  return found;
}

async function withPage(work: (watched: WatchedPage) => Promise<void>): Promise<void> {
  const watched = await openPage(browser, service.url);
  try {
    watched.page.setDefaultTimeout(50_000);
    await work(watched);
  } finally {
    const faults = await faultsOf(watched);
    await watched.page.context().close();
    expect(faults).toEqual([]);
  }
}

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service[Symbol.asyncDispose]());

describe('what browsers are given', () => {
  const get = (path: string) => service.fetch(path);
  const addressesIn = (html: string) => [
    ...new Set([...html.matchAll(/(?:href|src)="(\/web\/[^"]+)"/g)].map(([, address = '']) => address)),
  ];

  test.each(['/', '/ops'])('%s may run and load what this service serves, and nothing else', async (path) => {
    const answer = await get(path);
    const policy = answer.headers.get('content-security-policy');
    expect(policy).toContain(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:;",
    );
    expect(policy).not.toContain('unsafe');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    const addresses = addressesIn(await answer.text());
    expect(addresses.length).toBeGreaterThan(10);
    for (const address of addresses) {
      const file = await get(address);
      expect(file.status, address).toBe(200);
      expect(file.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(file.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  test('modules are JavaScript, and name each other as they are served', async () => {
    const addresses = addressesIn(await (await get('/')).text()).filter((it) => it.endsWith('.js'));
    expect(addresses.map((address) => address.split('/').slice(3).join('/'))).toEqual(
      expect.arrayContaining(['web/page.js', 'client/upload.js', 'packages/thumbhash.js']),
    );
    for (const address of addresses) {
      const answer = await get(address);
      expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
      const names = parseSync('it.js', await answer.text()).module.staticImports.map(
        (it) => it.moduleRequest.value,
      );
      for (const name of names)
        expect(addresses, address).toContain(new URL(name, new URL(address, service.url)).pathname);
    }
  });

  test('a page of another version gets what is here, and keeps it not', async () => {
    const answer = await get('/web/0123456789abcdef/web/page.css');
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-cache']);
  });

  test.each(['client/client.js', 'web/page.ts', 'web/tsconfig.json', '..%2f..%2fpackage.json/x'])(
    '%s is not there',
    async (path) => {
      await expectProblem(await get(`/web/0123456789abcdef/${path}`), 'not_found');
    },
  );
});

describe.skipIf(SKIPS_BROWSER)('in a browser', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    browser = await startBrowser();
  }, 60_000);
  afterAll(() => browser.close());

  test('twenty photos dropped at once all end ready: their bars move, and those refused are sent again', () =>
    withPage(async ({ page }) => {
      let refusals = 0;
      page.on('response', (answer) => {
        if (answer.status() === 503) refusals++;
      });
      const names = Array.from({ length: 20 }, (_, index) => `photo-${index}.jpg`);
      await give(
        page,
        'drop',
        names.map((name) => jpeg(name)),
      );
      await inPhase(page, 'ready', 20);
      expect(refusals).toBeGreaterThan(0);
      const bars = await barsOf(page);
      for (const name of names) {
        const values = new Set(bars[`Progress of ${name}`]?.filter((value) => value > 0));
        expect(values.size, name).toBeGreaterThanOrEqual(2);
      }
      expect(await page.locator('#summary').textContent()).toMatch(
        /^20 of 20 ready · [\d.]+ kB → [\d.]+ kB\.$/,
      );
      expect(await page.locator('#news').textContent()).toContain('20 of 20 ready');
    }));

  test('by the keyboard alone: choose, look, copy, delete', () =>
    withPage(async ({ page }) => {
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      const chosen = new Promise<void>((resolve, reject) =>
        page.on('filechooser', (chooser) => chooser.setFiles(imagePath('private.jpg')).then(resolve, reject)),
      );
      await tabTo(page, '#choose');
      await page.keyboard.press('Enter');
      await chosen;
      const [card] = await (await inPhase(page, 'ready')).all();
      expect(await card?.locator('.told').textContent()).toContain('GPS position');
      await tabTo(page, 'summary');
      await page.keyboard.press('Enter');
      await page.locator('.scroll').waitFor();
      expect(await page.locator('tbody tr').count()).toBe(6);
      await tabTo(page, '.code-head button');
      await page.keyboard.press('Enter');
      await page.getByText('Copied', { exact: true }).first().waitFor();
      const copied = await page.evaluate<string>('navigator.clipboard.readText()');
      expect(copied).toMatch(/^<picture>\n {2}<source type="image\/webp" sizes=/);
      expect(copied).toContain('url(data:image/png;base64,');
      await tabTo(page, '[data-part="delete"]', 'Shift+Tab');
      await page.keyboard.press('Enter');
      await page.locator('dialog[open]').waitFor();
      expect(await page.locator(':focus').textContent()).toBe('Keep it');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await card?.waitFor({ state: 'detached' });
      expect(await page.locator(':focus').getAttribute('id')).toBe('choose');
    }));

  test('what is no photo, and what is damaged, is explained', () =>
    withPage(async ({ page }) => {
      await page.setInputFiles('#files', [imagePath('picture.svg'), imagePath('truncated.jpg')]);
      const refused = await inPhase(page, 'refused');
      expect(await refused.locator('.detail').textContent()).toContain('These bytes are SVG');
      expect(await refused.getByText('Try again').isVisible()).toBe(false);
      const failed = await inPhase(page, 'failed');
      expect(await failed.locator('.detail').textContent()).toContain('its pixels are damaged');
      await failed.getByText('Dismiss').click();
      await failed.waitFor({ state: 'detached' });
    }));

  test('what was refused for a while is tried again by a button, and a cut connection by itself, as the same upload', () =>
    withPage(async ({ page }) => {
      const keys = new Set<string | undefined>();
      const problem = { status: 507, detail: 'The disk is full: nothing was kept.', code: 'disk_full' };
      let tries = 0;
      await page.route('**/upload', async (route) => {
        keys.add(route.request().headers()['idempotency-key']);
        tries++;
        if (tries === 1) await route.fulfill({ status: 507, json: problem });
        else if (tries === 2) await route.abort('connectionreset');
        else await route.continue();
      });
      await give(page, 'paste', [
        { name: '', type: 'image/jpeg', bytes: await newPicture(imagePath('private.jpg')) },
      ]);
      const refused = await inPhase(page, 'refused');
      expect(await refused.locator('.detail').textContent()).toBe(problem.detail);
      await refused.getByText('Try again').click();
      const ready = await inPhase(page, 'ready');
      expect(await ready.locator('h3').textContent()).toBe('Pasted photo');
      expect([tries, keys.size]).toEqual([3, 1]);
    }));

  test('a reload shows again what was uploaded, and axe finds nothing, however it is shown', () =>
    withPage(async (watched) => {
      const { page } = watched;
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.setInputFiles('#files', [imagePath('private.jpg'), imagePath('picture.svg')]);
      await inPhase(page, 'refused');
      await inPhase(page, 'ready');
      await page.reload();
      await inPhase(page, 'ready');
      await page.setInputFiles('#files', imagePath('picture.svg'));
      await inPhase(page, 'refused');
      await cards(page, 'ready').locator('summary').click();
      await page.locator('#settings-button').click();
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(await isTooWide(page)).toBe(false);
    }));
});
