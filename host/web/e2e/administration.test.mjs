// A tenant's administrator shapes the organisation: people, records, forms, components, workflows, and what happened.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Browser } from './browser.mjs';
import { Platform } from './platform.mjs';
import { sample } from './sample.mjs';

let platform, browser, acme, base, folder;
const components = join(import.meta.dirname, '../../../target/components');

before(async () => {
  platform = await Platform.start();
  acme = await sample(platform);
  await platform.tenant('globex', 'Globex');
  base = `http://acme.localhost:${platform.port}`;
  browser = await Browser.start();
  folder = await mkdtemp(join(tmpdir(), 'files-'));
});

after(async () => {
  await browser?.stop();
  await platform?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

async function root(to = '/', options) {
  const visitor = await browser.visitor(base, options);
  return visitor.signIn(acme.tenant.people.root.mail, to);
}

async function finished(visitor) {
  visitor.fine();
  await visitor.close();
}

test('people are found, invited, changed and deactivated', async () => {
  const visitor = await root('/people');
  const { page } = visitor;
  await page.getByRole('link', { name: 'Ann Archer' }).waitFor();
  await visitor.accessible('people');
  await visitor.screen('people');
  await page.getByRole('searchbox').fill('bob');
  await page.getByRole('link', { name: 'Ann Archer' }).waitFor({ state: 'detached' });
  await page.getByRole('searchbox').fill('');
  await page.getByRole('button', { name: 'Invite somebody' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Mail address').fill(acme.ann.mail);
  await visitor.accessible('invite');
  await dialog.getByRole('button', { name: 'Send invitation' }).click();
  await dialog.getByText(/mail address/i).nth(1).waitFor();
  await dialog.getByLabel('Mail address').fill('carl@acme.example');
  await dialog.getByRole('button', { name: 'Send invitation' }).click();
  await page.getByText('An invitation goes to carl@acme.example.').waitFor();
  await page.getByRole('link', { name: 'Bob Brandt' }).click();
  await page.getByRole('heading', { name: 'Bob Brandt' }).waitFor();
  await visitor.accessible('person');
  await page.getByLabel('Name', { exact: true }).fill('Bob B. Brandt');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Bob B. Brandt' }).waitFor();
  await page.getByLabel('Name', { exact: true }).fill('Bob Brandt');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Bob Brandt' }).waitFor();
  await visitor.go('/people?state=invited');
  await page.getByRole('link', { name: 'carl' }).click();
  await page.getByRole('button', { name: 'Withdraw' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Withdraw' }).click();
  await page.getByText('Withdrawn').waitFor();
  await finished(visitor);
});

test('departments are a tree, teams have people, roles a matrix', async () => {
  const visitor = await root('/departments');
  const { page } = visitor;
  await page.getByText('Assembly').waitFor();
  await visitor.accessible('departments');
  await page.getByRole('button', { name: 'Add a department below Production' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('Paint shop');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByText('Paint shop').waitFor();
  await visitor.go('/teams');
  await page.getByRole('heading', { name: 'Night shift' }).waitFor();
  await visitor.accessible('teams');
  await visitor.go('/roles');
  await page.getByRole('rowheader', { name: 'Invite and change people' }).waitFor();
  await visitor.accessible('roles');
  await visitor.screen('roles');
  await page.getByRole('button', { name: 'New role' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Clerk');
  await dialog.getByLabel('Start workflows').check();
  await dialog.getByRole('button', { name: 'Add a rule' }).click();
  await visitor.accessible('role');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('columnheader', { name: /Clerk/ }).waitFor();
  await finished(visitor);
});

test('a key is shown once, the sign-in policy has its limits', async () => {
  const visitor = await root('/keys');
  const { page } = visitor;
  await page.getByRole('button', { name: 'New key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('ERP');
  await dialog.getByRole('checkbox', { name: /Member/ }).check();
  await dialog.getByRole('button', { name: 'Make key' }).click();
  await dialog.getByText('This is shown once.').waitFor();
  await visitor.accessible('key');
  await dialog.getByRole('button', { name: 'I have kept it' }).click();
  await page.getByText('ERP').waitFor();
  await visitor.accessible('keys');
  await visitor.go('/sign-in-policy');
  await visitor.accessible('policy');
  await page.getByLabel('Characters at least', { exact: true }).fill('14');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved').waitFor();
  await visitor.go('/organisation');
  await visitor.accessible('organisation');
  await finished(visitor);
});

test('records are sorted, filtered, changed in place and in a form, and tell their history', async () => {
  const visitor = await root('/records');
  const { page } = visitor;
  await visitor.accessible('collections');
  await page.getByRole('link', { name: 'Machines machines' }).click();
  const grid = page.getByRole('grid', { name: 'Machines' });
  await grid.getByText('Lathe CTX 450').waitFor();
  await visitor.accessible('records');
  await visitor.screen('records');
  await grid.getByRole('button', { name: 'Name' }).click();
  await page.waitForURL(/sort=name/);
  await grid.getByText('Bending press').waitFor();
  await page.getByRole('searchbox').fill('hall 3');
  await grid.getByText('Lathe CTX 450').waitFor({ state: 'detached' });
  await page.getByRole('searchbox').fill('');
  await page.getByRole('button', { name: 'Filter' }).click();
  const filter = page.getByRole('dialog', { name: 'Filter' });
  await filter.getByLabel('Field').selectOption('status');
  await filter.getByLabel('Value').selectOption('stopped');
  await visitor.accessible('filter');
  await filter.getByRole('button', { name: 'Apply' }).click();
  await page.getByText('Status is Stopped').waitFor();
  await grid.getByText('Lathe CTX 450').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: /Remove the filter/ }).click();
  const cell = grid.getByRole('gridcell', { name: 'Cellar' }).first();
  await cell.dblclick();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('Cellar 2');
  await page.keyboard.press('Enter');
  await grid.getByText('Cellar 2').waitFor();
  await page.keyboard.press('ArrowDown');
  await grid.getByText('M-100', { exact: true }).click();
  const record = page.getByRole('dialog', { name: 'Lathe CTX 450' });
  await record.getByLabel('Name').fill('L');
  await visitor.accessible('record');
  await record.getByRole('button', { name: 'Next' }).click();
  await record.getByText('At least 3 characters.').waitFor();
  await record.getByLabel('Name').fill('Lathe CTX 500');
  await record.getByLabel('Stopped').check();
  await record.getByLabel('Why it stands still').fill('The spindle is worn.');
  await record.getByRole('button', { name: 'Next' }).click();
  await record.getByRole('heading', { name: 'Value and care' }).waitFor();
  await record.getByRole('button', { name: 'Add a row' }).click();
  await record.getByLabel(/^Part/).fill('Spindle');
  await record.getByLabel('Quantity').fill('2');
  await record.getByLabel('Price each').fill('12.50');
  await visitor.accessible('record, second step');
  await visitor.screen('record');
  await record.getByRole('button', { name: 'Save' }).click();
  await grid.getByText('Lathe CTX 500').waitFor();
  await grid.getByText('M-100', { exact: true }).click();
  await page.getByRole('tab', { name: 'History' }).click();
  await page.getByText('The spindle is worn.').waitFor();
  await visitor.accessible('history of a record');
  await finished(visitor);
});

test('a file is tried, its bad rows are told, and then it is imported', async () => {
  const bad = join(folder, 'machines.csv');
  const good = join(folder, 'good.csv');
  await writeFile(bad, 'id,name,status\nN-1,Grinder,running\nN-2,No,running\n');
  await writeFile(good, 'id,name,status\nN-1,Grinder,running\nN-2,Sander,running\n');
  const visitor = await root('/records/machines');
  const { page } = visitor;
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Import', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('File').setInputFiles(bad);
  await dialog.getByRole('button', { name: 'Try' }).click();
  await dialog.getByText('Mend these rows and try again:').waitFor();
  assert.ok(await dialog.getByRole('button', { name: 'Import', exact: true }).isDisabled());
  await visitor.accessible('import');
  await visitor.screen('import');
  await dialog.getByLabel('File').setInputFiles(good);
  await dialog.getByRole('button', { name: 'Try' }).click();
  await dialog.getByText('Every row is good.').waitFor();
  await dialog.getByRole('button', { name: 'Import', exact: true }).click();
  await dialog.getByText('Created', { exact: true }).waitFor();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await page.getByRole('grid').getByText('Sander').waitFor();
  await visitor.go('/jobs');
  await page.getByText('Import').first().waitFor();
  await visitor.accessible('jobs');
  await finished(visitor);
});

test('a form is designed by buttons alone, tried, published, and used', async () => {
  const visitor = await root('/records');
  const { page } = visitor;
  await page.getByRole('button', { name: 'New collection' }).click();
  await page.getByRole('dialog').getByLabel('Title').fill('Suppliers');
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  await page.waitForURL(/\/forms\/suppliers/);
  const palette = page.getByRole('region', { name: 'Fields' });
  await palette.getByRole('button', { name: 'Text', exact: true }).click();
  await page.getByLabel('Label').fill('Company');
  await page.getByLabel('Has to be filled in').check();
  await palette.getByRole('button', { name: 'Choice', exact: true }).click();
  await page.getByLabel('Label').fill('Kind of supplier');
  await palette.getByRole('button', { name: 'Long text' }).click();
  await page.getByLabel('Label').fill('Remarks');
  await page.getByRole('button', { name: 'Move Remarks up' }).click();
  await page.getByRole('button', { name: 'Add a rule' }).click();
  await page.getByLabel('Search in Company').check();
  await visitor.accessible('designer');
  await visitor.screen('form-designer');
  await page.getByRole('tab', { name: 'Preview' }).click();
  await page.getByLabel(/Company/).waitFor();
  await visitor.accessible('preview of a form');
  await page.getByRole('tab', { name: 'Changes' }).click();
  await page.getByText('New').first().waitFor();
  await page.getByRole('button', { name: 'Publish' }).click();
  await page.getByText('The form is published.').waitFor();
  await page.getByRole('link', { name: 'Records', exact: true }).last().click();
  await page.getByRole('button', { name: 'New record' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText('“Company” is needed.').waitFor();
  await dialog.getByLabel(/Company/).fill('Bolt & Sons');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('grid').getByText('Bolt & Sons').waitFor();
  await finished(visitor);
});

test('components: one that is good, one that is refused, one that fails', async () => {
  const nonsense = join(folder, 'nonsense.wasm');
  await writeFile(nonsense, 'this is not WebAssembly');
  const visitor = await root('/components');
  const { page } = visitor;
  await page.getByLabel('Component file').setInputFiles(nonsense);
  await page.getByText(/This is not WebAssembly/i).first().waitFor();
  await page.getByLabel('Component file').setInputFiles(join(components, 'panics.wasm'));
  await page.getByRole('listitem').filter({ hasText: 'panics.wasm' }).getByRole('button', { name: 'Deploy' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: false }).first().fill('judge');
  await dialog.getByRole('checkbox', { name: 'Machines' }).check();
  await visitor.accessible('deploy');
  await dialog.getByRole('button', { name: 'Deploy' }).click();
  await page.waitForURL(/\/components\/judge/);
  await acme.tenant.client.send('PUT', '/v1/collections/machines/records/M-100', { name: 'Lathe', status: 'running' });
  await visitor.go('/components/judge');
  await page.getByRole('cell', { name: 'Its own error' }).first().waitFor();
  await visitor.accessible('component');
  await page.getByRole('table').getByRole('link').first().click();
  await page.getByRole('heading', { name: 'Call of judge' }).waitFor();
  await visitor.accessible('execution');
  await visitor.screen('execution');
  await visitor.go('/components');
  await visitor.accessible('components');
  await acme.tenant.client.good('DELETE', '/v1/deployments/judge');
  await finished(visitor);
});

test('a workflow is taken up, bound, published and watched; an incident is handled', async () => {
  await acme.tenant.deploy('fragile', 'w2-unknown-step');
  await acme.tenant.client.good('PUT', '/v1/notice-templates/other', { languages: { en: { subject: 'x', text: 'y' } } });
  const visitor = await root('/workflows');
  const { page } = visitor;
  await visitor.accessible('workflows');
  await page.getByRole('link', { name: 'fragile' }).click();
  await page.getByRole('button', { name: 'Take it up' }).click();
  await page.getByText('Draft, from version 1').waitFor();
  await visitor.accessible('workflow that is not published');
  const publish = page.getByRole('button', { name: 'Publish' });
  if (await publish.isDisabled()) {
    await page.getByRole('tab', { name: /Roles/ }).click();
    for (const edit of await page.getByRole('button', { name: /^Edit / }).all()) {
      await edit.click();
      await page.getByRole('dialog').getByLabel(/Whoever started it/).check();
      await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
  }
  await publish.click();
  await page.getByText('New runs are on this version now.').waitFor();
  for (let number = 1; number <= 3; number += 1) await acme.tenant.client.good('POST', '/v1/workflows/fragile/runs', { input: 'step', key: `F-${number}` });
  for (let number = 1; number <= 2; number += 1) await acme.tenant.client.good('POST', '/v1/workflows/two-levels/runs', { input: 12_000 + number, key: `INV-${number}` });
  await visitor.go('/incidents');
  await page.getByText('F-3').waitFor();
  await visitor.accessible('incidents');
  await visitor.screen('incidents');
  await page.getByRole('button', { name: 'Handle all' }).click();
  const bulk = page.getByRole('dialog');
  await bulk.getByLabel('What to do').selectOption('cancel');
  await bulk.getByLabel('Reason').fill('It never worked.');
  await bulk.getByRole('button', { name: 'Preview' }).click();
  await bulk.getByText('3 runs fit.').waitFor();
  await visitor.accessible('bulk');
  await bulk.getByRole('button', { name: 'Do it' }).click();
  await bulk.getByText('Done').waitFor();
  await bulk.getByRole('button', { name: 'Close' }).last().click();
  await page.getByText('Nothing is stuck').waitFor();
  await visitor.go('/runs?workflow=two-levels');
  await page.getByRole('cell', { name: 'INV-2' }).waitFor();
  await visitor.accessible('runs');
  await page.getByRole('link', { name: 'Approval in two levels' }).first().click();
  await page.locator('.picture .svelte-flow__node').first().waitFor();
  await page.getByText(/started it|It began/).first().click();
  await visitor.accessible('run');
  await visitor.screen('run');
  await page.getByRole('tab', { name: 'Data' }).click();
  await visitor.accessible('data of a run');
  await page.getByRole('tab', { name: 'Technical' }).click();
  await page.getByRole('button', { name: 'Stop it for now' }).click();
  await page.getByText('It is stopped for now.').waitFor();
  await page.getByRole('button', { name: 'Let it go on' }).click();
  await page.getByText('It goes on.').waitFor();
  await visitor.go('/workflows/two-levels');
  await page.locator('.picture .svelte-flow__node').first().waitFor();
  await page.locator('.picture .badge').first().waitFor();
  await visitor.accessible('workflow');
  await page.emulateMedia({ colorScheme: 'dark' });
  await visitor.screen('workflow-dark');
  await finished(visitor);
});

test('the audit tells who did what, and what it changed', async () => {
  const visitor = await root('/audit');
  const { page } = visitor;
  await page.getByRole('table').waitFor();
  await visitor.accessible('audit');
  await visitor.screen('audit');
  await page.getByLabel('What', { exact: true }).selectOption('person.');
  await page.getByRole('button', { name: 'Changed a person' }).first().click();
  await page.getByRole('dialog').getByText('What changed').waitFor();
  await visitor.accessible('audit entry');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Verify' }).click();
  await page.getByText('The audit is whole').waitFor();
  await visitor.go('/mails');
  await page.getByRole('table').waitFor();
  await visitor.accessible('mails');
  await finished(visitor);
});

test('whoever may not is told what is missing', async () => {
  const visitor = await browser.visitor(base);
  await visitor.signIn(acme.bob.mail, '/audit');
  await visitor.page.getByText('This page needs the permission audit:read.').waitFor();
  assert.equal(await visitor.page.locator('nav.side').getByText('Audit').count(), 0);
  await visitor.accessible('forbidden');
  await visitor.go('/nowhere');
  await visitor.page.getByText('There is no such page').waitFor();
  await finished(visitor);
});

test('administration fits into 320 pixels', async () => {
  const visitor = await root('/people', { viewport: { width: 320, height: 640 } });
  for (const path of ['/people', '/departments', '/teams', '/roles', '/keys', '/sign-in-policy', '/records', '/records/machines', '/runs', '/incidents', '/workflows', '/workflows/two-levels', '/components', '/components/two-levels', '/forms', '/forms/machines', '/audit', '/mails', '/jobs', '/organisation']) {
    await visitor.go(path);
    const over = await visitor.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    const inside = await visitor.page.evaluate(() => { const main = document.querySelector('main'); return main.scrollWidth - main.clientWidth; });
    assert.ok(over <= 0 && inside <= 0, `${path} is ${Math.max(over, inside)} px too wide`);
  }
  await finished(visitor);
});
