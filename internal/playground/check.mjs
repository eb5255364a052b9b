// Drives the playground in Chromium, served by the real program, and fails on anything
// that should not be: a violation of the page's policy, a request to another host, a
// secret that outlives the page, an example that does not fit the schema, something
// that cannot be reached by keyboard or read.
//
//   node check.mjs SCENARIO API POOL SHOTS
//
// API and POOL are the addresses of the program and its embedded pool, by the name
// localhost; screenshots go to the folder SHOTS. CHROMIUM names the browser, POOL_ID
// the pool. The test
// TestPlaygroundInChromium of test/browser starts it.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { buildClientSchema, buildSchema, getIntrospectionQuery, parse, validate } from 'graphql';
import { chromium } from 'playwright-core';
import { groups, variablesOf } from './src/examples.js';

const [scenario, api, pool, shots] = process.argv.slice(2);
const password = 'Never-To-Be-Kept-1';
const wide = { width: 1440, height: 900 };
const narrow = { width: 390, height: 844 };
const examples = groups.flatMap(group => group.examples);
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

await mkdir(shots, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

/** Opens the playground and notes all that goes wrong from then on. */
async function open(options) {
  const context = await browser.newContext({ viewport: wide, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on('console', message => {
    // Chromium reports every answer of 400 or more; here those are asked for.
    if (/^Failed to load resource/.test(message.text()) && message.location().url.endsWith('/graphql')) return;
    if (['error', 'warning'].includes(message.type())) faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', error => faults.push(`uncaught: ${error.stack}`));
  page.on('request', request => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'data:' && origin !== new URL(api).origin) faults.push(`foreign request: ${request.url()}`);
  });
  page.on('requestfailed', request => faults.push(`failed request: ${request.url()}`));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', event =>
      console.error(`policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`),
    );
  });
  await page.goto(api);
  await page.locator('.graphiql-query-editor .CodeMirror').waitFor();
  return { page, faults, context };
}

const shoot = (page, name) => page.screenshot({ path: `${shots}/${name}.png` });

/** Sends an operation from beside the page. */
async function graphql(query, input, token) {
  const response = await fetch(`${api}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables: { input } }),
  });
  const answer = await response.json();
  assert.equal(answer.errors, undefined, JSON.stringify(answer));
  return answer.data;
}

/** Calls the pool as an administrator does. */
async function cognito(operation, input) {
  const response = await fetch(pool, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': `AWSCognitoIdentityProviderService.${operation}` },
    body: JSON.stringify(input),
  });
  assert.equal(response.status, 200, `${operation}: ${await response.clone().text()}`);
  return response.json();
}

/** The newest code that was sent to an address. */
async function codeFor(address) {
  const response = await fetch(`${pool}/inbox?to=${encodeURIComponent(address)}`, { headers: { Accept: 'application/json' } });
  return (await response.json())[0].code;
}

/** The code that an authenticator app shows (RFC 6238), some steps of time from now. */
function totp(secret, steps = 0) {
  let bits = '';
  for (const letter of secret) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0');
  const key = Buffer.from(bits.match(/.{8}/g).map(byte => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** Makes a confirmed account. */
async function account(email) {
  await graphql('mutation ($input: SignupInput!) { signup(input: $input) { userId } }', { username: 'Ada', email, password, mode: 'user' });
  const confirmationCode = await codeFor(email);
  await graphql('mutation ($input: VerifyAccountInput!) { verifyAccount(input: $input) { status } }', { email, confirmationCode });
}

// What a user does.

const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
const openPanel = page => page.locator('.session-button').click();
const heading = (page, name) => page.getByRole('heading', { name, exact: true }).waitFor();
const signedIn = page => page.getByRole('heading', { name: 'Signed in' }).waitFor();

async function signIn(page, email) {
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.keyboard.press('Enter');
}

async function enterCode(page, code) {
  await page.getByLabel('Code', { exact: true }).fill(code);
  await page.keyboard.press('Enter');
}

/** Opens an example from the panel "Operations". */
async function openExample(page, words) {
  await page.getByRole('searchbox', { name: 'Search operations' }).fill(words);
  // What an operation is for is found once the schema is there.
  await page.getByRole('status').filter({ hasText: /[1-9]\d* found/ }).first().waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.graphiql-query-editor .CodeMirror-focused').waitFor();
}

/** Runs the document in the editor by keyboard and waits for a text in the answer. */
async function run(page, text) {
  await page.keyboard.press('Control+Enter');
  await page.locator('.result-window').filter({ hasText: text }).waitFor();
}

/** Writes into an editor in place of what it has. */
async function write(page, editor, text) {
  await page.locator(`${editor} .CodeMirror`).first().click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(text);
}

/** Fails on what axe-core finds in the page as it is. */
async function checkAccessible(page, what) {
  // axe-core is no part of the page; its policy does not hold for it.
  const client = await page.context().newCDPSession(page);
  await client.send('Runtime.evaluate', { expression: await readFile(axe, 'utf8') });
  const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  const found = violations.flatMap(({ id, nodes }) => nodes
    // An editor is scrolled by the keys that move in its text, which has the focus.
    .filter(({ target }) => !(id === 'scrollable-region-focusable' && `${target}`.endsWith('.CodeMirror-scroll')))
    .map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
  assert.deepEqual(found, [], `${what}:\n${found.join('\n')}`);
}

const scenarios = {
  /** Every root field of the schema has an example, and each is valid and marked rightly. */
  async examples() {
    const schema = buildClientSchema(await graphql(getIntrospectionQuery()));
    const policy = buildSchema(await readFile(new URL('../../schema.graphqls', import.meta.url), 'utf8')); // has the directives
    const shown = new Map();
    for (const example of examples) {
      const document = parse(example.query);
      assert.deepEqual(validate(schema, document), [], example.query);
      const variables = example.variables ? Object.keys(JSON.parse(variablesOf(example))) : [];
      const [operation] = document.definitions;
      const required = operation.variableDefinitions.filter(({ type }) => type.kind === 'NonNullType').map(({ variable }) => variable.name.value);
      for (const name of required) assert(variables.includes(name), `${operation.name.value} has no $${name}`);
      shown.set(operation.selectionSet.selections[0].name.value, example);
    }
    for (const root of [schema.getQueryType(), schema.getMutationType()]) {
      for (const [name, { description }] of Object.entries(root.getFields())) {
        assert(shown.has(name), `${name} has no example`);
        if (name.startsWith('_')) continue; // federation's own
        assert(description, `${name} has no description to show`);
        const { directives } = policy.getType(root.name).getFields()[name].astNode;
        const auth = directives.find(directive => directive.name.value === 'auth');
        const always = Boolean(auth) && !auth.arguments.some(argument => argument.name.value === 'orInput');
        if (!auth || always) assert.equal(Boolean(shown.get(name).token), always, `${name}: needs a token`);
      }
    }
    console.log(`${examples.length} examples of ${shown.size} root fields`);
  },

  light: () => look('light'),
  dark: () => look('dark'),

  async narrow() {
    await account('narrow@example.com');
    const { page, faults } = await open({ viewport: narrow, hasTouch: true });
    await shoot(page, 'narrow');
    await checkAccessible(page, 'narrow');
    await press(page, 'Show Operations');
    await page.getByRole('searchbox').waitFor();
    const inbox = await page.getByRole('link', { name: 'inbox' }).getAttribute('href');
    assert.equal(inbox.replace('127.0.0.1', 'localhost'), `${pool}/inbox`);
    await shoot(page, 'narrow-operations');
    await press(page, 'Show Sign in');
    await signIn(page, 'narrow@example.com');
    await signedIn(page);
    await shoot(page, 'narrow-signed-in');
    await press(page, 'Show Operations');
    await openExample(page, 'me user');
    await run(page, 'narrow@example.com');
    await shoot(page, 'narrow-answer');
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert(width <= narrow.width, `the page is ${width} wide`);
    assert.deepEqual(faults, []);
  },

  /** Signs up, confirms, signs in, runs and signs out without a pointer. */
  async keyboard() {
    const { page, faults } = await open();
    const focused = () => page.evaluate(() => {
      const { activeElement: element } = document;
      return element.getAttribute('aria-label') ?? element.textContent;
    });
    /** Presses Tab until a control has the focus; every one on the way must show that it has. */
    async function tabTo(name) {
      for (let i = 0; i < 80; i++) {
        await page.keyboard.press('Tab');
        if ((await focused()).startsWith(name)) return;
      }
      assert.fail(`Tab does not get to ${name}`);
    }

    await tabTo('Search operations');
    await page.keyboard.type('register');
    await page.keyboard.press('ArrowDown');
    assert.match(await focused(), /^signup/);
    await page.keyboard.press('Enter');
    assert.match(await focused(), /^Operation\./);
    await run(page, 'codeDelivery');

    // Escape, then Tab leaves the editor; Tab alone indents.
    await page.keyboard.press('Tab');
    assert.match(await focused(), /^Operation\./);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Tab');
    assert.match(await focused(), /^Execute query/);

    // Tabs: one stop for Tab, the arrow keys within.
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Escape');
    for (let i = 0; i < 10 && (await focused()) !== 'New tab'; i++) await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    assert.equal(await page.getByRole('tab').count(), 2);
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('ArrowLeft');
    assert.equal(await page.getByRole('tab', { selected: true }).textContent(), 'Signup');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Delete');
    assert.equal(await page.getByRole('tab').count(), 1);

    // Confirm the account beside the page, and sign in by the panel.
    const confirmationCode = await codeFor('grace@example.com');
    await graphql('mutation ($input: VerifyAccountInput!) { verifyAccount(input: $input) { status } }', { email: 'grace@example.com', confirmationCode });
    await tabTo('Sign in');
    await page.keyboard.press('Enter');
    await page.getByLabel('E-mail address').waitFor();
    await page.getByLabel('E-mail address').focus();
    await page.keyboard.type('grace@example.com');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Correct-Horse-1');
    await page.keyboard.press('Enter');
    await signedIn(page);
    assert.equal(await focused(), 'Signed in');
    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'Sign out');
    await page.keyboard.press('Enter');
    await heading(page, 'Sign in');
    assert.deepEqual(faults, []);
  },

  /** Every example opens in a tab of its own, once it was run, and runs. */
  async tabs() {
    const { page, faults } = await open();
    const names = examples.map(({ query }) => /(?:query|mutation) (\w+)/.exec(query)[1]);
    const answer = page.locator('.result-window .CodeMirror');
    for (const [index, name] of names.entries()) {
      await page.locator('.operation').nth(index).click();
      const tab = page.getByRole('tab', { selected: true });
      assert.equal(await tab.textContent(), name);
      await run(page, /"(data|errors)"/);
      await page.waitForFunction(() => {
        const selected = document.querySelector('[role="tab"][aria-selected="true"]');
        const { left, right } = selected.getBoundingClientRect();
        const list = selected.closest('[role="tablist"]').getBoundingClientRect();
        return left >= list.left && right <= list.right + 1;
      });
      // Wrong may be the value of a variable, or that nobody is signed in, but not the document.
      const { errors = [] } = JSON.parse(await answer.evaluate(element => element.CodeMirror.getValue()));
      for (const { message, extensions: { code } } of errors) {
        assert.doesNotMatch(code, /^(GRAPHQL_|INTERNAL|OPERATION_LIMIT|BAD_REQUEST)/, `${name}: ${message}`);
      }
    }
    assert.deepEqual(await page.getByRole('tab').allTextContents(), names);

    await shoot(page, 'tabs');

    // An unedited example is replaced by the next one; an edited one is kept.
    await page.reload();
    await openExample(page, 'resend');
    await openExample(page, 'forgotPassword');
    assert.deepEqual(await page.getByRole('tab').allTextContents(), ['ForgotPassword']);
    await write(page, '.graphiql-editor-tool', '{"input": {"email": "bob@example.com"}}');
    await openExample(page, 'resend');
    await openExample(page, 'forgotPassword');
    assert.deepEqual(await page.getByRole('tab').allTextContents(), ['ForgotPassword', 'ResendConfirmationCode']);
    assert.match(await page.locator('.graphiql-editor-tool').textContent(), /bob@example\.com/);
    assert.deepEqual(faults, []);
  },

  /** A session that is renewed, revoked elsewhere, and signed out here and everywhere. */
  async session() {
    const email = 'session@example.com';
    await account(email);
    const { page, faults } = await open();
    await openPanel(page);
    await signIn(page, email);
    await signedIn(page);
    await press(page, 'Show Operations');
    await openExample(page, 'me user');
    await run(page, email);

    // The server reports an expired token once. The page refreshes the token and retries,
    // without showing the error.
    const seen = [];
    let expired = false;
    await page.route('**/graphql', async route => {
      const { operationName } = route.request().postDataJSON();
      seen.push(operationName);
      if (operationName !== 'Me' || expired) return route.continue();
      expired = true;
      const errors = [{ message: 'The access token has expired.', path: ['me'], extensions: { code: 'TOKEN_EXPIRED', status: 401 } }];
      return route.fulfill({ json: { errors, data: { me: null } } });
    });
    const before = await tokenField(page);
    await press(page, 'Show Operations');
    await openExample(page, 'me user');
    await run(page, email);
    assert.deepEqual(seen, ['Me', 'RefreshToken', 'Me']);
    assert.notEqual(await tokenField(page), before);
    await page.unroute('**/graphql');

    // Examples are filled in with what the page knows.
    await press(page, 'Show Operations');
    await openExample(page, 'refreshToken');
    await run(page, 'expiresIn');

    // Signed out elsewhere.
    await graphql('mutation { logout { success } }', undefined, await tokenField(page));
    await press(page, 'Show Operations');
    await openExample(page, 'me user');
    await run(page, 'TOKEN_REVOKED');
    await openPanel(page);
    await page.getByText('The session was signed out').waitFor();

    for (const everywhere of [false, true]) {
      await signIn(page, email);
      await signedIn(page);
      const token = await page.getByLabel(/^Access token/).inputValue();
      await press(page, everywhere ? 'Sign out everywhere' : 'Sign out');
      await heading(page, 'Sign in');
      const response = await fetch(`${api}/graphql`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
        body: JSON.stringify({ query: '{ me { id } }' }),
      });
      assert.equal((await response.json()).errors[0].extensions.code, 'TOKEN_REVOKED');
    }
    assert.deepEqual(faults, []);
  },

  /** With TOKEN_TRANSPORT=cookie the session outlives a reload, and no script sees what it lives by. */
  async cookie() {
    const email = 'cookie@example.com';
    await account(email);
    const { page, faults, context } = await open();
    const cookies = async () => (await context.cookies()).map(({ name, httpOnly, sameSite }) => `${name} ${httpOnly} ${sameSite}`);
    await openPanel(page);
    await signIn(page, email);
    await signedIn(page);
    await page.getByText('in a cookie that no page can read').waitFor();
    assert.equal(await page.getByLabel('Refresh token').count(), 0);
    assert.deepEqual(await cookies(), ['__Host-authgraph-refresh true Strict']);
    await shoot(page, 'cookie');

    // The cookie goes alone: a document in the editor that means it is sent without the token.
    await press(page, 'Show Operations');
    await openExample(page, 'refreshToken');
    await run(page, 'expiresIn');

    // Tabs that begin at the same time each go on with the session.
    const other = await context.newPage();
    await Promise.all([page.reload(), other.goto(api)]);
    for (const tab of [page, other]) {
      await tab.locator('.session-button').filter({ hasText: email }).waitFor();
      await openExample(tab, 'me user');
      await run(tab, email);
    }

    // Signed out in one tab, by a document; the other finds out.
    await openExample(other, 'logout this');
    await run(other, 'success');
    assert.deepEqual(await cookies(), []);
    await run(page, 'TOKEN_REVOKED');
    await page.locator('.session-button').filter({ hasText: 'Sign in' }).waitFor();

    // Signed out by the button, and ended while the page was away.
    await openPanel(page);
    await signIn(page, email);
    await signedIn(page);
    await press(page, 'Sign out');
    await heading(page, 'Sign in');
    assert.deepEqual(await cookies(), []);
    await signIn(page, email);
    await signedIn(page);
    await graphql('mutation { logout { success } }', undefined, await tokenField(page));
    await page.reload();
    await openPanel(page);
    await page.getByText('The session has ended').waitFor();
    assert.deepEqual(await cookies(), []);
    await page.reload();
    await openPanel(page);
    await heading(page, 'Sign in');
    assert.equal(await page.getByText('The session has ended').count(), 0);
    assert.deepEqual(faults, []);
  },

  /** Every challenge of the embedded pool, answered in the panel. */
  async challenges() {
    const { page, faults, context } = await open();
    await openPanel(page);

    // A code by e-mail in place of a password; a wrong one first.
    await account('code@example.com');
    await page.getByLabel('E-mail address').fill('code@example.com');
    await press(page, 'Code by e-mail');
    await heading(page, 'Enter the code');
    assert.equal(await page.evaluate(() => document.activeElement.name), 'code');
    await enterCode(page, '00000000');
    await page.getByRole('alert').filter({ hasText: 'CODE_MISMATCH' }).waitFor();
    await shoot(page, 'challenge-code');
    await checkAccessible(page, 'code');
    await enterCode(page, await codeFor('code@example.com'));
    await signedIn(page);

    // A passkey, made in the panel and used in it.
    const devtools = await context.newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await press(page, 'Add a passkey');
    await page.getByText('The passkey was added.').waitFor();
    await press(page, 'Sign out');
    await page.getByLabel('E-mail address').fill('code@example.com');
    await press(page, 'Passkey');
    await heading(page, 'Use your passkey');
    await press(page, 'Use a passkey');
    await signedIn(page);
    await press(page, 'Sign out');

    // The choice of a first factor, and the password as one.
    await page.getByLabel('E-mail address').fill('code@example.com');
    await press(page, 'Other ways');
    await heading(page, 'Choose how to sign in');
    await shoot(page, 'challenge-factors');
    await checkAccessible(page, 'factors');
    await page.getByLabel('Password').fill(password);
    await page.keyboard.press('Enter');
    await signedIn(page);
    await press(page, 'Sign out');

    // A password of an administrator's.
    await cognito('AdminCreateUser', {
      UserPoolId: process.env.POOL_ID, Username: 'new@example.com', TemporaryPassword: password, MessageAction: 'SUPPRESS',
      UserAttributes: [{ Name: 'email', Value: 'new@example.com' }, { Name: 'email_verified', Value: 'true' }],
    });
    await signIn(page, 'new@example.com');
    await heading(page, 'Choose a new password');
    await page.getByRole('textbox', { name: 'New password' }).fill(`${password}2`);
    await page.keyboard.press('Enter');
    await signedIn(page);
    await press(page, 'Sign out');

    // A second factor that the pool insists on: set up while signing in.
    const UserPoolId = process.env.POOL_ID;
    const second = { UserPoolId, Username: 'second@example.com' };
    await cognito('UpdateUserPool', { UserPoolId, AutoVerifiedAttributes: ['email'], Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD'] } } });
    await cognito('SetUserPoolMfaConfig', { UserPoolId, MfaConfiguration: 'ON', SoftwareTokenMfaConfiguration: { Enabled: true }, EmailMfaConfiguration: {} });
    await cognito('AdminCreateUser', { ...second, MessageAction: 'SUPPRESS', UserAttributes: [{ Name: 'email', Value: second.Username }] });
    await cognito('AdminSetUserPassword', { ...second, Password: password, Permanent: true });
    await signIn(page, 'second@example.com');
    await heading(page, 'Set up a second factor');
    await shoot(page, 'challenge-setup');
    await checkAccessible(page, 'set-up');
    const secret = await page.getByRole('textbox', { name: 'Secret' }).inputValue();
    await enterCode(page, totp(secret));
    await signedIn(page);

    // From then on it is asked for, and with a second one there is a choice.
    const token = await page.getByLabel(/^Access token/).inputValue();
    await press(page, 'Sign out');
    await signIn(page, 'second@example.com');
    await heading(page, 'Enter the code');
    await enterCode(page, totp(secret, 1));
    await signedIn(page);
    await cognito('AdminUpdateUserAttributes', { ...second, UserAttributes: [{ Name: 'email_verified', Value: 'true' }] });
    const again = await page.getByLabel(/^Access token/).inputValue();
    assert.notEqual(again, token);
    await graphql('mutation ($input: MfaPreferenceInput!) { setMfaPreference(input: $input) { success } }',
      { totp: { enabled: true, preferred: false }, email: { enabled: true, preferred: false } }, again);
    await press(page, 'Sign out');
    await signIn(page, 'second@example.com');
    await heading(page, 'Choose a second factor');
    await press(page, 'Code by e-mail');
    await heading(page, 'Enter the code');
    await enterCode(page, await codeFor('second@example.com'));
    await signedIn(page);

    // A challenge that came to a document in the editor is answered in the panel as well.
    await press(page, 'Sign out');
    await press(page, 'Show Operations');
    await openExample(page, 'signin password');
    await write(page, '.graphiql-editor-tool', JSON.stringify({ input: { email: 'second@example.com', password } }));
    await run(page, 'SelectMfaChallenge');
    await openPanel(page);
    await heading(page, 'Choose a second factor');
    await press(page, 'Start again');
    await heading(page, 'Sign in');
    assert.deepEqual(faults, []);
  },
};

/** The access token of the session, from the panel. */
async function tokenField(page) {
  await openPanel(page);
  return page.getByLabel(/^Access token/).inputValue();
}

/** All that is to be seen, in one colour scheme. */
async function look(colorScheme) {
  const email = `${colorScheme}@example.com`;
  await account(email);
  const { page, faults } = await open({ colorScheme });
  const seen = async name => {
    await shoot(page, `${colorScheme}-${name}`);
    await checkAccessible(page, `${colorScheme} ${name}`);
  };
  await page.locator('.operation-purpose').filter({ hasText: 'Registers a user.' }).waitFor();
  await seen('start');

  await openExample(page, 'me user');
  await run(page, 'UNAUTHENTICATED');
  await openPanel(page);
  await signIn(page, email);
  await signedIn(page);
  await seen('signed-in');
  await press(page, 'Show Operations');
  await openExample(page, 'me user');
  await run(page, 'emailVerified');
  await seen('answer');

  await press(page, 'Show Documentation Explorer');
  await page.locator('.graphiql-doc-explorer').getByRole('link', { name: 'Mutation', exact: true }).click();
  await page.locator('.graphiql-doc-explorer').getByText('signup', { exact: true }).waitFor();
  await seen('docs');

  // Dialogs and menus are where libraries like to inject style elements.
  for (const name of ['Open short keys dialog', 'Open settings dialog']) {
    await press(page, name);
    await page.getByRole('dialog').waitFor();
    await seen(name.split(' ')[1]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }

  // Completion and linting must work under the policy too.
  await press(page, 'New tab');
  await write(page, '.graphiql-query-editor', '');
  await page.keyboard.type('{ me { us');
  await page.keyboard.press('Control+Space');
  await page.locator('.CodeMirror-hints').filter({ hasText: 'username' }).waitFor();
  await shoot(page, `${colorScheme}-completion`);
  await page.keyboard.press('Enter');
  await page.locator('.graphiql-query-editor').filter({ hasText: 'username' }).waitFor();

  // Nothing of the session outlives the page.
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href]));
  for (const secret of [password, email, 'eyJ', 'input', 'query']) assert(!kept.includes(secret), kept);
  await page.reload();
  await openExample(page, 'me user');
  await run(page, 'UNAUTHENTICATED');
  assert.deepEqual(faults, []);
}

try {
  await scenarios[scenario]();
} catch (error) {
  for (const page of browser.contexts().flatMap(context => context.pages())) await shoot(page, `failed-${scenario}`);
  throw error;
} finally {
  await browser.close();
}
