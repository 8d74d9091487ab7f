import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Debian's, or another that the environment names. */
const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** What needs a browser is skipped where there is none, but not by the gate. */
export const SKIPS_BROWSER = process.env.CI !== 'true' && !existsSync(PROGRAM);

/** On a machine with more work than cores, one of two that are started at once may hang: to start it is not what is tested. */
const LAUNCH_MS = 15_000;

export const startBrowser = (): Promise<Browser> => launched().catch(launched);

const launched = (): Promise<Browser> =>
  chromium.launch({
    executablePath: PROGRAM,
    timeout: LAUNCH_MS,
    // Root, as tests may be, has no sandbox there; and /dev/shm is small in a container.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });

/** A page, and what it did that no page of ours may do. */
export interface WatchedPage {
  page: Page;
  /** What its policy has stopped, what threw, and what it asked of others: nothing at any time. */
  faults: string[];
}

/** Runs in the page before its own scripts. */
const WATCHER = `
  globalThis.violations = [];
  document.addEventListener('securitypolicyviolation', (event) => {
    globalThis.violations.push(event.violatedDirective + ' ' + event.blockedURI);
  });
  globalThis.bars = {};
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      if (target.localName === 'progress') (globalThis.bars[target.ariaLabel] ??= []).push(target.value);
    }
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ['value'] });
`;

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  const { origin } = new URL(url);
  page.on('pageerror', ({ message }) => faults.push(`threw: ${message}`));
  page.on('console', (message) => {
    if (/content security policy|trusted/i.test(message.text())) faults.push(message.text());
  });
  page.on('request', (request) => {
    const asked = request.url();
    if (/^https?:/.test(asked) && new URL(asked).origin !== origin) faults.push(`asked ${asked}`);
  });
  await page.addInitScript(WATCHER);
  await page.goto(url);
  return { page, faults };
}

/** What a policy has stopped, in its own words, and all other faults. */
export const faultsOf = async ({ page, faults }: WatchedPage): Promise<string[]> => [
  ...faults,
  ...(await page.evaluate<string[]>('globalThis.violations')),
];

/** Each value that the bars have had, by their labels, in order. */
export const barsOf = (page: Page): Promise<Record<string, number[]>> => page.evaluate('globalThis.bars');

const SIZES = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };

/** What axe finds, light and dark, wide and narrow. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  const found: string[] = [];
  await page.evaluate(axe.source);
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [name, size] of Object.entries(SIZES)) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(size);
      const { violations } = await page.evaluate<axe.AxeResults>('axe.run()');
      for (const { id, nodes } of violations)
        found.push(`${colorScheme} ${name}: ${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    }
  }
  return found;
}

/** Something that no screen shows without moving it sideways. */
export const isTooWide = (page: Page): Promise<boolean> =>
  page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');

/** Goes by this key until what is looked for has the focus. @throws when it does not within so many presses */
export async function tabTo(page: Page, selector: string, key = 'Tab', presses = 40): Promise<void> {
  for (let count = 0; count < presses; count++) {
    await page.keyboard.press(key);
    if ((await page.locator(`${selector}:focus`).count()) > 0) return;
  }
  throw new Error(`${key} does not lead to ${selector}`);
}

interface GivenFile {
  name: string;
  type: string;
  bytes: Uint8Array;
}

/** Files come as from outside of the browser: dropped on the page, or pasted. */
export async function give(page: Page, how: 'drop' | 'paste', files: readonly GivenFile[]): Promise<void> {
  const given = files.map(({ name, type, bytes }) => ({
    name,
    type,
    base64: Buffer.from(bytes).toString('base64'),
  }));
  await page.evaluate(`(() => {
    const transfer = new DataTransfer();
    for (const { name, type, base64 } of ${JSON.stringify(given)}) {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type }));
    }
    const how = { bubbles: true, cancelable: true };
    const target = document.querySelector('main');
    if (${how === 'paste'}) target.dispatchEvent(new ClipboardEvent('paste', { ...how, clipboardData: transfer }));
    else for (const name of ['dragenter', 'dragover', 'drop'])
      target.dispatchEvent(new DragEvent(name, { ...how, dataTransfer: transfer }));
  })()`);
}
