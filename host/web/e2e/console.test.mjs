// The platform team watches over its tenants.

import { after, before, test } from 'node:test';
import { Browser } from './browser.mjs';
import { Platform } from './platform.mjs';

let platform, browser;

before(async () => {
  platform = await Platform.start();
  await platform.tenant('acme', 'Acme Machines');
  await platform.tenant('globex', 'Globex');
  browser = await Browser.start();
});

after(async () => {
  await browser?.stop();
  await platform?.stop();
});

test('a tenant is created, suspended, and active again', async () => {
  const visitor = await browser.visitor(`http://console.localhost:${platform.port}`);
  const { page } = visitor;
  await page.goto(visitor.base);
  await page.getByLabel('Operator’s key').fill('sk_wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('You are not signed in.').waitFor();
  await visitor.accessible('enter');
  await page.getByLabel('Operator’s key').fill(platform.operator);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'globex' }).waitFor();
  await visitor.accessible('tenants');
  await visitor.screen('console-tenants');
  await page.getByRole('button', { name: 'New tenant' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name in the address').fill('initech');
  await dialog.getByLabel('Name', { exact: true }).fill('Initech');
  await visitor.accessible('new tenant');
  await dialog.getByRole('button', { name: 'Next' }).click();
  await dialog.getByRole('button', { name: 'Next' }).click();
  await dialog.getByLabel('Mail address of its administrator').fill('peter@initech.example');
  await dialog.getByRole('button', { name: 'Create tenant' }).click();
  await page.getByRole('link', { name: 'initech' }).click();
  await page.getByRole('heading', { name: 'initech' }).waitFor();
  await visitor.accessible('tenant');
  await page.getByRole('button', { name: 'Suspend' }).click();
  await page.getByRole('dialog').getByLabel('Reason').fill('The contract has not begun.');
  await page.getByRole('dialog').getByRole('button', { name: 'Suspend' }).click();
  await page.getByText('The contract has not begun.').waitFor();
  await page.getByRole('button', { name: 'Make active' }).click();
  await page.getByText('The contract has not begun.').waitFor({ state: 'detached' });
  await page.getByRole('link', { name: 'Health' }).click();
  await page.getByText('Everything is well').waitFor();
  await visitor.accessible('health');
  await visitor.screen('console-health');
  await page.getByRole('link', { name: 'Audit' }).click();
  await page.getByRole('table').waitFor();
  await visitor.accessible('audit');
  visitor.fine();
  await visitor.close();
});
