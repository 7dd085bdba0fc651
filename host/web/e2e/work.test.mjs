// People do their work: from sign-in to a task done, with what goes wrong on the way.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from './browser.mjs';
import { PASSWORD, Platform } from './platform.mjs';
import { sample } from './sample.mjs';

let platform, browser, acme, globex, base;

before(async () => {
  platform = await Platform.start();
  acme = await sample(platform);
  globex = await platform.tenant('globex', 'Globex');
  base = `http://acme.localhost:${platform.port}`;
  browser = await Browser.start();
});

after(async () => {
  await browser?.stop();
  await platform?.stop();
});

/** Somebody with a session, at a page. */
async function at(who, to = '/', options) {
  const visitor = await browser.visitor(base, options);
  return visitor.signIn(acme[who]?.mail ?? acme.tenant.people[who].mail, to);
}

/** Starts a run as Eve does, through her browser's session. */
async function start(workflow, input, key) {
  const eve = await at('eve');
  const run = await eve.page.evaluate(
    async ([workflow, input, key]) => (await (await fetch(`/v1/workflows/${workflow}/runs`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ input, key }) })).json()).run,
    [workflow, input, key],
  );
  await eve.close();
  return run;
}

async function taskOf(run) {
  for (let tries = 0; tries < 100; tries += 1) {
    const tasks = (await acme.tenant.client.good('GET', `/v1/runs/${run}/tasks`)).items.filter((task) => task.state === 'open');
    if (tasks.length) return tasks[0].id;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the run has no task');
}

test('who signs in with a wrong password is told, and comes to the place that was asked for', async () => {
  const visitor = await browser.visitor(base);
  await visitor.page.goto(`${base}/requests?state=running`);
  await visitor.page.getByLabel('Mail address').fill(acme.ann.mail);
  await visitor.page.getByLabel('Password').fill('something else');
  await visitor.accessible();
  await visitor.screen('sign-in');
  await visitor.page.getByRole('button', { name: 'Sign in' }).click();
  await visitor.page.getByText('No active account has this mail address and password.').waitFor();
  await visitor.page.getByLabel('Password').fill(PASSWORD);
  await visitor.page.keyboard.press('Enter');
  await visitor.page.getByRole('heading', { name: 'Requests' }).waitFor();
  assert.equal(new URL(visitor.page.url()).search, '?state=running');
  visitor.fine();
  await visitor.close();
});

test('a task is claimed, commented, decided, and the request tells so', async () => {
  const run = await start('two-levels', 12_000, 'INV-2041');
  await start('approval', 5_400, 'ORDER-77');
  await start('two-levels', 800, 'INV-2042');
  await start('parallel', 'bearings', 'LOT-5');
  const task = await taskOf(run);
  const ann = await at('ann', '/');
  await ann.page.getByText('Your next tasks').waitFor();
  await ann.accessible('home');
  await ann.screen('home');
  await ann.go(`/tasks/${task}`);
  await ann.page.getByRole('button', { name: 'Claim' }).click();
  await ann.page.getByText('Claimed by you').waitFor();
  await ann.accessible('task');
  await ann.screen('tasks');
  await ann.page.emulateMedia({ colorScheme: 'dark' });
  await ann.screen('tasks-dark');
  await ann.page.emulateMedia({ colorScheme: 'light' });
  await ann.page.getByRole('tab', { name: 'Comments' }).click();
  await ann.page.getByLabel('Comment', { exact: true }).fill('The price is what we agreed on.');
  await ann.page.getByRole('button', { name: 'Send' }).click();
  await ann.page.locator('.comments').getByText('The price is what we agreed on.').waitFor();
  await ann.accessible('comments');
  await ann.page.getByRole('tab', { name: 'Progress' }).click();
  await ann.page.getByText('Waits for “Approve the amount”').waitFor();
  await ann.page.getByRole('tab', { name: 'Task', exact: true }).click();
  await ann.page.getByRole('button', { name: 'Approve', exact: true }).click();
  await ann.page.getByText('“Approve” for “Approve the amount”').waitFor();

  const bob = await at('bob', '/tasks');
  await bob.page.getByRole('link', { name: /Approve the amount/ }).click();
  await bob.page.getByRole('button', { name: 'Approve', exact: true }).click();
  await bob.page.getByText('“Approve” for “Approve the amount”').waitFor();

  const eve = await at('eve', `/requests/${run}`);
  await eve.page.getByText('It is done: Approved.').waitFor();
  await eve.page.locator('.picture .svelte-flow__node').first().waitFor();
  await eve.accessible('request');
  await eve.screen('request');
  for (const visitor of [ann, bob, eve]) {
    visitor.fine();
    await visitor.close();
  }
});

test('whoever comes second to a task is told what happened meanwhile', async () => {
  const run = await start('approval', 10, 'ORDER-90');
  const task = await taskOf(run);
  const [first, second] = [await at('ann', `/tasks/${task}`), await at('ann', `/tasks/${task}`)];
  await second.page.getByRole('button', { name: 'Reject' }).waitFor();
  await first.page.getByRole('button', { name: 'Approve', exact: true }).click();
  await first.page.getByText('“Approve” for').waitFor();
  await second.page.getByRole('button', { name: 'Reject' }).click();
  await second.page.getByRole('alert').getByText(/You chose “Approve”/).waitFor();
  for (const visitor of [first, second]) {
    visitor.fine();
    await visitor.close();
  }
});

test('a session that ended costs nothing that was typed', async () => {
  const run = await start('approval', 11, 'ORDER-91');
  const ann = await at('ann', `/requests/${run}`);
  await ann.page.getByLabel('Comment', { exact: true }).fill('Kept over the end of a session.');
  await ann.context.clearCookies();
  await ann.page.getByRole('button', { name: 'Send' }).click();
  const dialog = ann.page.getByRole('dialog', { name: 'Sign in again' });
  await dialog.getByLabel('Password').waitFor();
  await ann.accessible('sign in again');
  await dialog.getByLabel('Password').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  await ann.page.locator('.comments').getByText('Kept over the end of a session.').waitFor();
  ann.fine();
  await ann.close();
});

test('a lost connection is said, and the page goes on by itself', async () => {
  const run = await start('approval', 12, 'ORDER-92');
  const ann = await at('ann', `/requests/${run}`);
  ann.losing = true;
  await ann.page.getByLabel('Comment', { exact: true }).fill('Kept over a lost connection.');
  await ann.context.setOffline(true);
  await ann.page.getByRole('button', { name: 'Send' }).click();
  await ann.page.getByText('The connection is lost.').waitFor();
  assert.equal(await ann.page.getByLabel('Comment', { exact: true }).inputValue(), 'Kept over a lost connection.');
  await ann.context.setOffline(false);
  await ann.page.getByText('The connection is lost.').waitFor({ state: 'detached' });
  await ann.page.getByRole('button', { name: 'Send' }).click();
  await ann.page.locator('.comments').getByText('Kept over a lost connection.').waitFor();
  ann.fine();
  await ann.close();
});

test('the keyboard is enough', async () => {
  const run = await start('two-levels', 500, 'INV-KEYS');
  await taskOf(run);
  const ann = await at('ann');
  const { keyboard } = ann.page;
  await keyboard.press('Control+k');
  await ann.page.getByRole('combobox').waitFor();
  await keyboard.type('tasks');
  await keyboard.press('Enter');
  await ann.page.getByRole('heading', { name: 'Tasks' }).waitFor();
  await ann.settled();
  await keyboard.press('j');
  await ann.page.waitForURL(/\/tasks\/tsk_/);
  const list = await ann.page.locator('[data-task]').count();
  for (let turn = 0; turn < list; turn += 1) {
    if (await ann.page.locator('[data-task][aria-current]', { hasText: '500' }).count()) break;
    await keyboard.press('j');
    await ann.settled();
  }
  const approve = ann.page.getByRole('button', { name: 'Approve', exact: true });
  await approve.waitFor();
  for (let turn = 0; turn < 60; turn += 1) {
    if (await approve.evaluate((element) => element === document.activeElement)) break;
    await keyboard.press('Tab');
  }
  await keyboard.press('Enter');
  await ann.page.getByText('“Approve” for').waitFor();
  await keyboard.press('?');
  await ann.page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await ann.accessible('shortcuts');
  await keyboard.press('Escape');
  await ann.page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor({ state: 'hidden' });
  await keyboard.press('g');
  await keyboard.press('r');
  await ann.page.getByRole('heading', { name: 'Requests' }).waitFor();
  ann.fine();
  await ann.close();
});

test('a workflow is started, and its request opens', async () => {
  const eve = await at('eve', '/start');
  await eve.accessible('start');
  await eve.page.getByRole('searchbox').fill('order');
  await eve.page.getByRole('link', { name: 'Approval of an order' }).click();
  await eve.page.getByLabel('What it is about').fill('4200');
  await eve.accessible('start one');
  await eve.page.getByRole('button', { name: 'Start', exact: true }).click();
  await eve.page.waitForURL(/\/requests\/run_/);
  await eve.page.getByText('Waits for “Approve the order”').first().waitFor();
  await eve.go('/requests');
  await eve.page.getByRole('link', { name: /Approval of an order/ }).first().waitFor();
  await eve.accessible('requests');
  eve.fine();
  await eve.close();
});

test('whoever is mentioned is told', async () => {
  const run = await start('approval', 13, 'ORDER-93');
  const root = await at('root', `/requests/${run}`);
  await root.page.getByLabel('Comment', { exact: true }).fill('Please have a look.');
  await root.page.getByLabel('Tell somebody').fill('Bob');
  await root.page.getByRole('option', { name: /Bob Brandt/ }).click();
  await root.page.getByRole('button', { name: 'Send' }).click();
  await root.page.locator('.comments').getByText('Told: Bob Brandt').waitFor();
  const bob = await at('bob', '/notifications');
  await bob.page.getByText('Please have a look.').waitFor();
  await bob.accessible('notifications');
  await bob.page.getByText('Please have a look.').click();
  await bob.page.waitForURL(new RegExp(run));
  for (const visitor of [root, bob]) {
    visitor.fine();
    await visitor.close();
  }
});

test('the profile: language, appearance, absence, sessions', async () => {
  const ann = await at('ann', '/profile');
  await ann.accessible('profile');
  await ann.page.locator('select').first().selectOption('de');
  await ann.page.getByRole('button', { name: 'Save' }).click();
  await ann.page.getByRole('heading', { name: 'Kennwort' }).or(ann.page.getByRole('heading', { name: 'Passwort' })).first().waitFor();
  assert.equal(await ann.page.evaluate(() => document.documentElement.lang), 'de');
  await ann.go('/tasks');
  await ann.screen('tasks-german');
  await ann.go('/profile');
  await ann.page.locator('select').first().selectOption('en');
  await ann.page.getByRole('button', { name: 'Speichern' }).click();
  await ann.page.getByRole('heading', { name: 'Password' }).waitFor();
  await ann.page.getByLabel('Appearance').selectOption('dark');
  assert.equal(await ann.page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  ann.fine();
  await ann.close();
});

test('every text is translated, also from right to left, and 320 pixels are enough', async () => {
  const run = await start('approval', 14, 'ORDER-94');
  const task = await taskOf(run);
  const narrow = await at('ann', '/', { viewport: { width: 320, height: 640 } });
  for (const path of ['/', '/tasks', `/tasks/${task}`, '/requests', `/requests/${run}`, '/notifications', '/profile']) {
    await narrow.go(path);
    const over = await narrow.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(over <= 0, `${path} is ${over} px too wide`);
    await narrow.accessible(`${path} at 320 px`);
  }
  await narrow.go('/');
  await narrow.page.getByRole('button', { name: 'Navigation' }).click();
  await narrow.page.getByRole('link', { name: 'Requests' }).click();
  await narrow.page.getByRole('heading', { name: 'Requests' }).waitFor();
  await narrow.go(`/tasks/${task}`);
  await narrow.screen('task-narrow');
  narrow.fine();
  await narrow.close();

  const pseudo = await at('ann', '/');
  for (const path of ['/?locale=en-XA', '/tasks', '/requests', '/profile']) {
    await pseudo.go(path);
    const plain = await pseudo.page.evaluate(() =>
      [...document.querySelectorAll('h1, h2, nav.side li a, label, button')].map((element) => element.textContent.trim()).filter((text) => /^[A-Za-z ]{4,}$/.test(text)),
    );
    const data = ['Acme Machines', 'Ann Archer', 'English', 'Deutsch'];
    assert.deepEqual(plain.filter((text) => !data.includes(text)), [], path);
  }
  await pseudo.go(`/tasks/${task}?locale=ar-XB`);
  assert.equal(await pseudo.page.evaluate(() => document.documentElement.dir), 'rtl');
  await pseudo.accessible('from right to left');
  await pseudo.screen('tasks-right-to-left');
  pseudo.fine();
  await pseudo.close();
});

test('a tenant’s page asks nothing of another, and another’s person does not come in', async () => {
  const ann = await at('ann', '/tasks');
  assert.deepEqual([...ann.requested], [`acme.localhost:${platform.port}`]);
  const other = await browser.visitor(`http://globex.localhost:${platform.port}`);
  await other.page.goto(other.base);
  await other.page.getByLabel('Mail address').fill(acme.ann.mail);
  await other.page.getByLabel('Password').fill(PASSWORD);
  await other.page.getByRole('button', { name: 'Sign in' }).click();
  await other.page.getByText('No active account').waitFor();
  const theirs = await browser.visitor(other.base);
  await theirs.signIn(globex.people.root.mail, '/tasks');
  await theirs.page.getByText('All done').waitFor();
  for (const visitor of [ann, other, theirs]) {
    visitor.fine();
    await visitor.close();
  }
});
