// A real browser that notices everything that went wrong on its pages.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { PASSWORD } from './platform.mjs';

const ARGUMENTS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const screens = join(import.meta.dirname, '../../../docs/screens');

export class Browser {
  static async start() {
    const browser = new Browser();
    browser.folder = await mkdtemp(join(tmpdir(), 'chromium-'));
    browser.inner = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: [...ARGUMENTS, `--disk-cache-dir=${browser.folder}`] });
    return browser;
  }

  async stop() {
    await this.inner.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Somebody's own window, with what went wrong in it. */
  async visitor(base, options = {}) {
    const context = await this.inner.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', colorScheme: 'light', ...options });
    context.setDefaultTimeout(15_000);
    const page = await context.newPage();
    return new Visitor(context, page, base);
  }
}

export class Visitor {
  wrong = [];
  requested = new Set();

  constructor(context, page, base) {
    Object.assign(this, { context, page, base });
    page.on('console', (message) => {
      // What the host refuses is a part of the journeys, and the browser says each refusal here.
      if (message.type() === 'error' && !/the server responded with a status of 4\d\d/.test(message.text()) && !this.mayLose(message.text())) this.wrong.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.wrong.push(`page: ${error.stack ?? error}`));
    page.on('response', (answer) => answer.status() >= 500 && this.wrong.push(`${answer.status()}: ${answer.url()}`));
    page.on('request', (asked) => this.requested.add(new URL(asked.url()).host));
  }

  losing = false;
  mayLose(text) {
    return this.losing && /net::ERR|Failed to load resource/.test(text);
  }

  async signIn(mail, to = '/') {
    await this.page.goto(this.base + to);
    await this.page.getByLabel('Mail address').fill(mail);
    await this.page.getByLabel('Password').fill(PASSWORD);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.page.locator('nav.side').waitFor({ state: 'attached' });
    await this.settled();
    return this;
  }

  async go(path) {
    await this.page.goto(this.base + path);
    await this.settled();
  }

  /** Nothing is being loaded any more. */
  async settled() {
    await this.page.waitForLoadState('networkidle');
    await this.page.locator('.loading').first().waitFor({ state: 'hidden' });
  }

  fine() {
    assert.deepEqual(this.wrong, []);
  }

  /** No violation of accessibility, in light and in dark. */
  async accessible(where = this.page.url()) {
    for (const colorScheme of ['dark', 'light']) {
      await this.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await this.page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))));
      const cdp = await this.context.newCDPSession(this.page);
      await cdp.send('Runtime.evaluate', { expression: axeSource });
      const { result } = await cdp.send('Runtime.evaluate', {
        expression: 'axe.run(document, { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }).then((found) => JSON.stringify(found.violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.slice(0, 4).map((node) => node.html.slice(0, 200) + " :: " + node.failureSummary.slice(0, 300)) }))))',
        awaitPromise: true,
        returnByValue: true,
      });
      await cdp.detach();
      assert.deepEqual(JSON.parse(result.value), [], `${where}, ${colorScheme}`);
    }
  }

  /** A picture for docs/screens. */
  async screen(name, options = {}) {
    await mkdir(screens, { recursive: true });
    await this.page.screenshot({ path: join(screens, `${name}.png`), ...options });
  }

  async close() {
    await this.context.close();
  }
}
