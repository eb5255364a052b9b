// Drives an example single-page app where users have a user name and a phone number, and none signs in by e-mail.

import { readFile } from 'node:fs/promises';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { end, equal, newestCode, password, scenario } from './steps.mjs';

const { APP, APP_URL, SHOTS } = process.env;
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
mkdirSync(SHOTS, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

await scenario('names', async (step) => {
  const context = await browser.newContext({ bypassCSP: true });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  await page.goto(APP_URL);
  const heading = (name) => page.getByRole('heading', { name, level: 1 }).waitFor();
  const press = (name) => page.getByRole('button', { name, exact: true }).click();
  const type = (label, text) => page.getByLabel(label, { exact: true }).fill(text);
  const either = 'User name or Phone number';
  const look = async (name) => {
    await page.screenshot({ path: `${SHOTS}/${APP}-names-${name}.png`, fullPage: true });
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ['violations'] }));
    equal(violations.map(({ id }) => id), [], 'what is not accessible');
  };
  const signIn = async (account) => {
    await heading('Sign in');
    await type(either, account);
    await type('Password', password);
    await press('Sign in');
  };

  await step('sign up with both, and a phone number that is not one is marked', async () => {
    await heading('Sign in');
    await look('sign-in');
    await press('Create an account');
    equal(await page.getByLabel('E-mail address').count(), 0, 'the number of e-mail fields');
    await type('User name', 'grace');
    await type('Phone number', '432');
    await type('Password', password);
    await press('Create account');
    await page.locator('[role=alert][data-code=BAD_USER_INPUT]').waitFor();
    equal(await page.evaluate(() => document.activeElement.name), 'phoneNumber', 'the focus');
    await look('sign-up');
    await type('Phone number', '+14325551212');
    await press('Create account');
    await heading(/^Confirm your a/);
  });
  await step('confirm with the code from the text message', async () => {
    await type('Code', await newestCode('+14325551212'));
    await press('Confirm');
    await page.getByRole('heading', { name: /^(Hello, grace|Sign in)$/, level: 1 }).waitFor();
  });
  await step('sign in by the user name, and by the phone number', async () => {
    if (await page.getByRole('heading', { name: 'Sign in', level: 1 }).count()) await signIn('grace');
    await heading('Hello, grace');
    await press('Sign out');
    await signIn('+1 432 555 1212');
    await heading('Hello, grace');
    await press('Sign out');
  });
  await step('reset the password by the phone number', async () => {
    await heading('Sign in');
    await press('Forgotten password');
    await type(either, '+14325551212');
    await press('Send the code');
    await heading('Choose a new password');
    await type('Code', await newestCode('+14325551212'));
    await type('New password', 'Another-horse-10');
    await press('Set password');
    await heading('Sign in');
  });
  await step('a taken user name is told', async () => {
    await press('Create an account');
    await type('User name', 'grace');
    await type('Phone number', '+14325559999');
    await type('Password', password);
    await press('Create account');
    await page.locator('[role=alert][data-code=USERNAME_ALREADY_REGISTERED]').waitFor();
  });
});

await browser.close();
end();
