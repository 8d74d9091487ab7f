import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Tenant } from '../../shared/domain/ids.ts';
import { imagePath } from '../../testdata/expected.ts';
import { faultPicture } from '../fixtures/fault-pictures.ts';
import { writeApiKeys } from '../helpers/api-keys.ts';
import {
  accessibilityFaults,
  faultsOf,
  isTooWide,
  openPage,
  SKIPS_BROWSER,
  startBrowser,
  tabTo,
  type WatchedPage,
} from '../helpers/browser.ts';
import { dataFolder, type RunningService, startService } from '../helpers/service.ts';
import { newPicture, upload } from '../helpers/upload.ts';

/** What has the focus, and whether it shows that. */
const FOCUSED = `(() => {
  const it = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(it);
  const isOutlined = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
  return [it.localName, it.id || it.ariaLabel || it.textContent.trim(), isOutlined ? 'outlined' : 'not to be seen'].join(' ');
})()`;

describe.skipIf(SKIPS_BROWSER)('for an operator, in a browser', { timeout: 60_000 }, () => {
  let service: RunningService;
  let browser: Browser;
  let folder: string;
  let key: string;
  let as: Record<'operator', { authorization: string }>;

  beforeAll(async () => {
    folder = await dataFolder();
    const path = join(folder, 'keys.json');
    const scopes = ['upload', 'read', 'admin'] as const;
    as = await writeApiKeys(path, { operator: { tenant: Tenant.parse('shop'), scopes: [...scopes] } });
    key = as.operator.authorization.slice('Bearer '.length);
    [service, browser] = await Promise.all([
      startService({ folder, faults: true, env: { API_KEYS_FILE: path, REQUESTS_PER_ADDRESS: '0' } }),
      startBrowser(),
    ]);
    const pictures = [faultPicture('SIGSEGV'), await newPicture(imagePath('truncated.jpg'))];
    for (const picture of pictures) await upload(service, picture, as.operator);
    await service.logged(({ status }) => status === 'quarantined');
    await service.logged(({ outcome }) => outcome === 'rejected');
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await service?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function withPage(path: string, work: (watched: WatchedPage) => Promise<void>): Promise<void> {
    const watched = await openPage(browser, new URL(path, service.url).href);
    const { page, faults } = watched;
    page.on('request', (request) => {
      if (request.url().includes(key)) faults.push('the key is in an address');
    });
    page.setDefaultTimeout(50_000);
    try {
      await work(watched);
    } finally {
      faults.push(...(await faultsOf(watched)));
      await page.context().close();
      expect(faults).toEqual([]);
    }
  }

  /** There and back: each control once, each with a mark that shows it has the focus, and none that holds it. */
  async function walkThrough(page: Page): Promise<void> {
    const all = await page.evaluate<number>(
      '[...document.querySelectorAll("a, button, input, select, [tabindex=\'0\']")].filter((it) => it.checkVisibility() && !it.disabled).length',
    );
    for (const key of ['Tab', 'Shift+Tab']) {
      const walked: string[] = [];
      // One is the way out of the page, to what the browser has around it.
      for (let count = 0; count < all + 1; count++) {
        await page.keyboard.press(key);
        const focused = await page.evaluate<string>(FOCUSED);
        if (!focused.startsWith('body ')) walked.push(focused);
      }
      expect(new Set(walked).size, walked.join('\n')).toBe(all);
      expect(walked.filter((it) => !it.includes('outlined'))).toEqual([]);
    }
  }

  async function giveKey(page: Page, given: string): Promise<void> {
    await page.locator('#key').fill(given);
    await page.keyboard.press('Enter');
  }

  test('it asks for a key, shows workers and charts, and says when the service is not ready or out of reach', () =>
    withPage('/ops', async ({ page }) => {
      await page.getByText('This service asks for an API key.').waitFor();
      await giveKey(page, key);
      await page.locator('#banner[data-state="ready"]').waitFor();
      // One that a picture has killed is replaced meanwhile. The spare is one more.
      await page.locator('#figures').getByText('2 of 2').waitFor();
      await page.locator('#workers tbody tr').nth(2).waitFor();
      await page
        .getByRole('img', { name: /: now .*, in the last five minutes$/ })
        .nth(4)
        .waitFor();
      await page.route('**/ops/state', async (route) => {
        const answer = await route.fetch();
        await route.fulfill({ json: { ...(await answer.json()), ready: false, reason: 'draining' } });
      });
      await page.getByText('Not ready: draining.').waitFor();
      await page.unroute('**/ops/state');
      await page.route('**/ops/state', (route) => route.abort());
      await page.getByText('The service is out of reach').waitFor();
    }));

  test('by the keyboard alone: a key, jobs by their status, runs, a retry, and a release that is confirmed', () =>
    withPage('/ops', async ({ page }) => {
      const press = (key: string) => page.keyboard.press(key);
      const focus = page.locator(':focus');
      await page.locator('#key:focus').waitFor();
      await page.keyboard.type(key);
      await press('Enter');
      await page.locator('#jobs [data-state="quarantined"]').waitFor();
      await page.locator('#quarantine tbody tr').waitFor();
      await walkThrough(page);

      await tabTo(page, '#status');
      await page.keyboard.type('failed');
      await page.locator('#jobs [data-state="quarantined"]').waitFor({ state: 'detached' });
      await tabTo(page, '[aria-label^="Runs of"]');
      await press('Enter');
      await page.locator('.runs li').getByText('rejected: image_unreadable, worker ').waitFor();
      // Others fail meanwhile: the row that is read stays, opened, and has the focus.
      await upload(service, await newPicture(imagePath('truncated.jpg')), as.operator);
      await page.locator('#jobs tbody tr:not(.runs)').nth(1).waitFor();
      expect(await focus.getAttribute('aria-expanded')).toBe('true');
      expect(await page.locator('.runs li').count()).toBe(1);

      await tabTo(page, '[aria-label^="Retry"]');
      const retried = (await focus.getAttribute('aria-label'))?.replace('Retry ', '') ?? '';
      await press('Enter');
      await page.getByText(`Job ${retried} runs again.`).waitFor();
      expect(await focus.textContent(), 'that of the row in its place').toMatch(/^(Retry|Runs)$/);

      await tabTo(page, '[aria-label^="Release"]');
      await press('Enter');
      await page.locator('dialog[open]').waitFor();
      expect(await focus.textContent()).toBe('Keep it out');
      // What is listed is asked for meanwhile.
      await page.waitForResponse((answer) => new URL(answer.url()).pathname === '/quarantine');
      await press('Escape');
      expect(await focus.textContent()).toBe('Release');
      await press('Enter');
      await press('Tab');
      expect(await focus.textContent()).toBe('Let it in');
      await press('Enter');
      await page.getByText('is let in again.').waitFor();
      expect(await focus.textContent()).toBe('Quarantine');
    }));

  test('axe finds nothing, and a phone shows all of it', () =>
    withPage('/ops', async ({ page }) => {
      await giveKey(page, key);
      await page.locator('#jobs tbody tr').first().waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(await isTooWide(page)).toBe(false);
    }));

  test('who uploads without a key is asked for one, and what was refused is sent then', () =>
    withPage('/', async ({ page }) => {
      await page.setInputFiles('#files', imagePath('private.jpg'));
      await page.locator('#settings-why').waitFor();
      await giveKey(page, key);
      await page.locator('.card[data-phase="ready"]').waitFor();
      expect(await page.locator('.told').textContent()).toContain('GPS position');
    }));
});
