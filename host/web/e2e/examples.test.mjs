// A process of a real organisation, gone through by its people: a fault is reported, repaired, verified and closed.

import { after, before, test } from 'node:test';
import { Browser } from './browser.mjs';
import { Example } from './example.mjs';
import { Platform } from './platform.mjs';

let platform, browser, tenant, base;

/** Forms of tasks are seen through rules of roles, and workflows are listed for whoever reads them. */
const SEEN = { reporter: ['fault-reports', 'verifications'], 'maintenance-supervisor': ['fault-reports', 'dispatches', 'verifications'], contractor: ['work-reports'], 'facility-manager': ['cost-approvals'] };

before(async () => {
  platform = await Platform.start();
  tenant = await platform.tenant('acme', 'Nordhafen Terminal');
  await new Example('maintenance').setUp(tenant);
  for (const [name, forms] of Object.entries(SEEN)) {
    const { title, permissions, records } = await tenant.client.good('GET', `/v1/roles/${name}`);
    const rules = forms.filter((form) => !records.some((rule) => rule.collection === form)).map((collection) => ({ collection, see: 'own' }));
    await tenant.client.good('PUT', `/v1/roles/${name}`, { title, permissions: [...new Set([...permissions, 'workflows:read'])], records: [...records, ...rules] });
  }
  base = `http://acme.localhost:${platform.port}`;
  browser = await Browser.start();
});

after(async () => {
  await browser?.stop();
  await platform?.stop();
});

async function at(who, to, options) {
  const visitor = await browser.visitor(base, options);
  return visitor.signIn(tenant.people[who].mail, to);
}

async function leave(visitor) {
  visitor.fine();
  await visitor.close();
}

test('a fault is reported, dispatched, repaired, verified and closed, each by somebody else', async () => {
  const rita = await at('rita', '/start');
  await rita.page.getByRole('link', { name: /repair|corrective/i }).first().click();
  await rita.page.getByRole('button', { name: 'Start', exact: true }).click();
  await rita.page.getByText('“What is broken” is needed.').waitFor();
  await rita.accessible('a form with what is missing');
  await rita.page.getByLabel(/What is broken/).click();
  await rita.page.getByRole('option', { name: /dock door/i }).first().click();
  await rita.page.getByLabel('Within a day').check();
  await rita.page.getByLabel(/In a few words/).fill('Dock door 4 does not close');
  await rita.page.getByLabel(/What you see and hear/).fill('It stops half a metre above the ground.');
  await rita.screen('start');
  await rita.page.getByRole('button', { name: 'Start', exact: true }).click();
  await rita.page.waitForURL(/\/requests\/run_/);
  const request = rita.page.url();
  await rita.page.getByText(/Waits for “Dispatch the repair”/).first().waitFor();

  const sam = await at('sam', '/tasks');
  await sam.page.getByRole('link', { name: /Dispatch the repair/ }).click();
  await sam.page.getByLabel(/Who does it/).click();
  await sam.page.getByRole('option', { name: /Nordlift/ }).click();
  await sam.page.getByLabel(/What they should know/).fill('The key is at the gate.');
  await sam.accessible('task with a form');
  await sam.screen('task-with-form');
  await sam.page.getByRole('button', { name: 'Assign' }).click();
  await sam.page.getByText(/“Assign” for/).waitFor();

  const luis = await at('luis', '/tasks');
  await luis.page.locator('[data-task]').first().click();
  for (const choice of [/start/i, /complete/i]) {
    const button = luis.page.getByRole('group', { name: 'Decide' }).getByRole('button', { name: choice }).first();
    await button.waitFor();
    if (/complete/.test(String(choice))) await luis.page.getByLabel(/What it costs/).fill('420.50');
    await button.click();
    await luis.page.getByText(/” for “/).first().waitFor();
    await luis.go('/tasks');
    if (/start/.test(String(choice))) await luis.page.locator('[data-task]').first().click();
  }

  await rita.page.goto(`${base}/tasks`);
  await rita.page.locator('[data-task]').first().click();
  await rita.page.getByRole('radio', { name: '5 of 5' }).check({ force: true });
  await rita.page.getByRole('group', { name: 'Decide' }).getByRole('button').first().click();
  await rita.page.getByText(/” for “/).first().waitFor();
  await rita.page.goto(request);
  await rita.page.getByText(/It is done/).waitFor({ timeout: 40_000 });
  await rita.settled();
  await rita.accessible('a request that is done');
  await rita.screen('request-done', { fullPage: true });

  const root = await at('root', '/workflows/corrective-maintenance');
  await root.page.locator('.picture .svelte-flow__node').first().waitFor();
  await root.accessible('workflow of an example');
  await root.screen('workflow');
  await root.go('/components/corrective-maintenance');
  await root.page.locator('figure').first().waitFor();
  await root.accessible('calls of a component');
  await root.screen('component');
  for (const visitor of [rita, sam, luis, root]) await leave(visitor);
});
