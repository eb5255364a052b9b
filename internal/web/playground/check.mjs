// Drives the playground in Chromium and fails on anything that should not be: a
// violation of the page's policy, a request to another host, a secret that
// outlives the page, an example that does not fit the schema.
//
//   node check.mjs URL [FOLDER FOR SCREENSHOTS]
//
// The server at URL must sign in ada@example.com with any password; the test
// TestPlaygroundInChromium of internal/web has one. CHROMIUM names the browser.
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { buildSchema, parse, validate } from 'graphql';
import { chromium } from 'playwright-core';
import { examples } from './src/examples.js';

const [url, shots] = process.argv.slice(2);
const password = 'Never-To-Be-Kept-1';

async function checkExamples() {
  const schema = buildSchema(await readFile(new URL('../../../schema.graphqls', import.meta.url), 'utf8'));
  for (const { query } of examples) assert.deepEqual(validate(schema, parse(query)), [], query);
}

/** Opens the playground and notes all that goes wrong from then on. */
async function open(browser, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const faults = [];
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', error => faults.push(`uncaught: ${error}`));
  page.on('request', request => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'data:' && origin !== new URL(url).origin) faults.push(`foreign request: ${request.url()}`);
  });
  page.on('requestfailed', request => faults.push(`failed request: ${request.url()}`));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', event =>
      console.error(`policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`),
    );
  });
  await page.goto(url);
  await page.locator('.graphiql-query-editor .CodeMirror').waitFor();
  return { page, faults };
}

const shoot = (page, name) => shots && page.screenshot({ path: `${shots}/${name}.png` });

async function signIn(page) {
  await page.getByLabel('E-mail address').fill('ada@example.com');
  await page.getByLabel('Password').fill(password);
  await page.keyboard.press('Enter');
  await page.getByRole('status').filter({ hasText: 'Signed in as' }).waitFor();
}

/** Runs the document of a tab by keyboard and waits for a text in the answer. */
async function run(page, tab, text) {
  await page.locator('.graphiql-tab-button').filter({ hasText: new RegExp(`^${tab}$`) }).click();
  await page.locator('.graphiql-query-editor .CodeMirror').click();
  await page.keyboard.press('Control+Enter');
  await page.locator('.result-window').filter({ hasText: text }).waitFor();
}

async function readDocs(page) {
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  await page.locator('.graphiql-doc-explorer').getByRole('link', { name: 'Mutation', exact: true }).click();
  await page.locator('.graphiql-doc-explorer').getByText('signup', { exact: true }).waitFor();
}

/** Dialogs and menus are where libraries like to inject style elements. */
async function openDialogs(page) {
  for (const name of ['Open short keys dialog', 'Open settings dialog']) {
    await page.getByRole('button', { name }).click();
    await page.getByRole('dialog').waitFor();
    await shoot(page, name.split(' ')[1]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }
}

/** Types a field by hand: completion and linting must work under the policy too. */
async function type(page) {
  await page.getByRole('button', { name: 'New tab' }).click();
  await page.locator('.graphiql-query-editor .CodeMirror').click();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('{ me { us');
  await page.keyboard.press('Control+Space');
  await page.locator('.CodeMirror-hints').filter({ hasText: 'username' }).waitFor();
  await shoot(page, 'completion');
  await page.keyboard.press('Enter');
  await page.locator('.graphiql-query-editor').filter({ hasText: 'username' }).waitFor();
}

async function checkNothingKept(page) {
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href]));
  for (const secret of [password, 'access-token', 'refresh-token', 'input']) assert(!kept.includes(secret), kept);
}

async function checkWide(browser, colorScheme) {
  const { page, faults } = await open(browser, { colorScheme, viewport: { width: 1440, height: 900 } });
  assert.equal(await page.getByRole('tab').count(), examples.length);
  await page.locator('.graphiql-editor-tool').filter({ hasText: 'ada@example.com' }).waitFor();
  await shoot(page, `${colorScheme}-start`);
  await run(page, 'Me', 'UNAUTHENTICATED');
  await signIn(page);
  await run(page, 'Me', '5f7f0b3e');
  await shoot(page, `${colorScheme}-signed-in`);
  await readDocs(page);
  await shoot(page, `${colorScheme}-docs`);
  await openDialogs(page);
  await type(page);
  await checkNothingKept(page);
  await page.reload();
  await run(page, 'Me', 'UNAUTHENTICATED');
  assert.deepEqual(faults, []);
}

async function checkNarrow(browser) {
  const { page, faults } = await open(browser, { viewport: { width: 420, height: 800 } });
  await shoot(page, 'narrow');
  await page.getByRole('button', { name: 'Show Sign in' }).click();
  await signIn(page);
  await shoot(page, 'narrow-signed-in');
  await page.getByRole('button', { name: 'Hide Sign in' }).click();
  await page.locator('.graphiql-query-editor').click();
  await run(page, 'Me', '5f7f0b3e');
  await shoot(page, 'narrow-answer');
  assert.deepEqual(faults, []);
}

await checkExamples();
if (shots) await mkdir(shots, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
  await checkWide(browser, 'light');
  await checkWide(browser, 'dark');
  await checkNarrow(browser);
} finally {
  await browser.close();
}
console.log('The playground holds.');
