import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { site } from '../../../deploy/examples/web-form/site.ts';
import { Tenant } from '../../../shared/domain/ids.ts';
import { imagePath } from '../../../testdata/expected.ts';
import { writeApiKeys } from '../../helpers/api-keys.ts';
import { accessibilityFaults, SKIPS_BROWSER, startBrowser } from '../../helpers/browser.ts';
import { freePort } from '../../helpers/free-port.ts';
import { dataFolder, type RunningService, startService } from '../../helpers/service.ts';

describe.skipIf(SKIPS_BROWSER)('the form of another site', { timeout: 60_000 }, () => {
  let service: RunningService;
  let browser: Browser;
  let shop: Server;
  let folder: string;
  let key: string;
  let url: string;

  beforeAll(async () => {
    folder = await dataFolder();
    const path = join(folder, 'keys.json');
    const as = await writeApiKeys(path, {
      shop: { tenant: Tenant.parse('shop'), scopes: ['upload', 'read'] },
    });
    key = as.shop.authorization.slice('Bearer '.length);
    const port = await freePort();
    url = `http://localhost:${port}`;
    const env = { API_KEYS_FILE: path, CORS_ORIGINS: url, REQUESTS_PER_ADDRESS: '0' };
    [service, browser] = await Promise.all([startService({ folder, env }), startBrowser()]);
    shop = site({ darkroom: service.url, photos: service.url, key }).listen(port, 'localhost');
    await once(shop, 'listening');
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    shop?.close();
    await service?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** @returns the requests to Darkroom that the browser has sent itself, and everything that it was told */
  async function withForm(
    work: (page: Page) => Promise<void>,
    options: BrowserContextOptions = {},
  ): Promise<{ asked: string[]; seen: string }> {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.setDefaultTimeout(50_000);
    const asked: string[] = [];
    const seen: Promise<string>[] = [];
    page.on('request', (request) => {
      if (request.url().startsWith(service.url)) asked.push(`${request.method()} ${request.url()}`);
      seen.push(request.allHeaders().then((headers) => JSON.stringify(headers)));
    });
    page.on('response', (answer) => seen.push(answer.text().catch(() => '')));
    try {
      await page.goto(url);
      await work(page);
      const told = await Promise.all(seen.map((it) => it.catch(() => '')));
      return { asked, seen: [...told, await page.content()].join('\n') };
    } finally {
      await context.close();
    }
  }

  async function give(
    page: Page,
    name: 'private.jpg' | 'picture.svg' | 'testimage_small.jpg',
  ): Promise<void> {
    await page.getByLabel('Photo').setInputFiles(imagePath(name));
    await page.getByRole('button', { name: 'Upload' }).click();
  }

  /** Its picture is there, from Darkroom, over its placeholder. */
  async function expectPhoto(page: Page): Promise<void> {
    const photo = page.getByAltText('The photo that was uploaded');
    await photo.waitFor();
    await page.waitForFunction('document.querySelector("img").naturalWidth > 0');
    const shown = await page.evaluate<string>('document.querySelector("img").currentSrc');
    const placeholder = await page.evaluate<string>(
      'getComputedStyle(document.querySelector("img")).backgroundImage',
    );
    expect(shown).toMatch(new RegExp(`^${service.url}/images/[0-9a-f-]{36}/\\w+\\.[0-9a-f]+\\.webp$`));
    expect(placeholder).toMatch(/^url\("data:image\/png;base64,/);
  }

  test('sends a photo from the browser to Darkroom by a ticket, again where the connection breaks off, and shows it', async () => {
    const { asked, seen } = await withForm(async (page) => {
      let tries = 0;
      await page.route('**/upload?ticket=*', (route) =>
        ++tries === 1 ? route.abort('connectionreset') : route.continue(),
      );
      await give(page, 'private.jpg');
      await expectPhoto(page);
      expect(await accessibilityFaults(page)).toEqual([]);
    });
    const uploads = asked.filter((it) => it.startsWith('POST'));
    expect(uploads.length).toBeGreaterThanOrEqual(2);
    expect(new Set(uploads).size, 'the same ticket').toBe(1);
    expect(seen).toContain('/upload?ticket=');
    expect(seen, 'no browser gets the key').not.toContain(key);
  });

  test('works without a script: the form goes to the site, which passes it on', async () => {
    const { asked, seen } = await withForm(
      async (page) => {
        await give(page, 'testimage_small.jpg');
        await expectPhoto(page);
      },
      { javaScriptEnabled: false },
    );
    expect(asked.filter((it) => !it.startsWith('GET'))).toEqual([]);
    expect(seen).not.toContain(key);
  });

  test.each([true, false])('says why a file is no photo (with a script: %s)', async (javaScriptEnabled) => {
    await withForm(
      async (page) => {
        await give(page, 'picture.svg');
        await page.getByText('These bytes are SVG').waitFor();
      },
      { javaScriptEnabled },
    );
  });

  test('knows nothing of photos that are not there', async () => {
    expect((await fetch(`${url}/photos/${crypto.randomUUID()}`)).status).toBe(404);
    expect((await fetch(`${url}/photos/..%2fjobs`)).status).toBe(404);
  });
});
