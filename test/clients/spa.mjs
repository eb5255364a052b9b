// Drives an example single-page app in Chromium as its users would. The API, its
// pool and the page are as real as they get: another origin, CORS, the cookie, a
// policy, tokens that are past their time.

import { readFile } from 'node:fs/promises';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import jsQR from 'jsqr';
import { chromium } from 'playwright-core';
import {
  address, check, clientId, end, equal, inbox, matching, member, newestCode, otherCode, password, poolId, scenario, totp, wire,
} from './steps.mjs';

const { APP, APP_URL, API_URL, FOREIGN_URL, CLOCK_URL, SHOTS } = process.env;
const cookieName = '__Host-authgraph-refresh';
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
mkdirSync(SHOTS, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

const setClock = (ahead) => fetch(`${CLOCK_URL}?ahead=${ahead}`);

// The authenticator moves the pool's clock ahead; from behind it stays within what the API tolerates.
await setClock('-1m');

/** Opens the app in a profile of its own, and notes what goes over the wire and what goes wrong. */
async function open(options) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 900 }, ...options });
  context.setDefaultTimeout(30_000);
  const asked = []; // operations, as they were sent
  const answers = []; // bodies, as they came
  const faults = [];
  context.on('request', (request) => {
    if (request.url() === API_URL && request.method() === 'POST') asked.push(request.postDataJSON().operationName);
  });
  context.on('response', async (response) => {
    if (response.url() === API_URL && response.request().method() === 'POST') answers.push(await response.text().catch(() => ''));
  });
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(message.text());
  });
  context.on('weberror', (error) => faults.push(String(error.error())));
  const page = await context.newPage();
  await page.goto(APP_URL);
  return { context, page, asked, answers, faults };
}

const heading = (page, name) => page.getByRole('heading', { name, level: 1 }).waitFor();
const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
const type = (page, label, text) => page.getByLabel(label, { exact: true }).fill(text);
const account = (page) => heading(page, /^Hello, /);
const signInScreen = (page) => heading(page, 'Sign in');

/** Waits for the alert of a refusal, and gives its text. */
async function refusal(page, code) {
  const alert = page.locator(`[role=alert][data-code=${code}]`);
  await alert.waitFor();
  return alert.textContent();
}

async function signIn(page, email, secret = password) {
  await signInScreen(page);
  await type(page, 'E-mail address', email);
  await type(page, 'Password', secret);
  await press(page, 'Sign in');
}

async function signOut(page) {
  await press(page, 'Sign out');
  await page.getByText('You are signed out.').waitFor();
}

const cookie = async (context) => (await context.cookies(API_URL)).find(({ name }) => name === cookieName);

/** What the newest answer of an operation had in it. */
const newest = (answers, field) => answers.map((text) => JSON.parse(text).data?.[field]).findLast(Boolean);

/** Lets a page send an operation by itself, as any script on it could. */
const send = (page, query, headers = {}) =>
  page.evaluate(
    async ([url, body, more]) => {
      const response = await fetch(url, { method: 'POST', credentials: 'include', headers: { 'Content-Type': 'application/json', ...more }, body });
      return response.json();
    },
    [API_URL, JSON.stringify({ query }), headers],
  );

/**
 * Lets the page have access tokens that are past their time already, until the named requests have all been made with
 * them. Those are held back until then and go on as they are.
 */
async function expireUntil(page, names, work) {
  const held = new Set();
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await page.route(API_URL, async (route) => {
    const name = route.request().method() === 'POST' && route.request().postDataJSON().operationName;
    if (names.includes(name) && !held.has(name)) {
      held.add(name);
      if (held.size === names.length) release(setClock('-1m'));
      await released;
    }
    await route.continue();
  });
  await setClock('-3h');
  try {
    await work();
    await released;
  } finally {
    await setClock('-1m');
  }
}

async function readQr(page) {
  const code = page.getByRole('img', { name: /QR code/ });
  const png = (await code.screenshot()).toString('base64');
  // Drawn on a page without a policy: this is the phone's camera.
  const camera = await (await browser.newContext()).newPage();
  const { width, height, data } = await camera.evaluate(async (image) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${image}`)).blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    return { width: bitmap.width, height: bitmap.height, data: Array.from(data) };
  }, png);
  await camera.context().close();
  return jsQR(Uint8ClampedArray.from(data), width, height)?.data;
}

const secretOf = (uri) => new URL(uri).searchParams.get('secret');

async function withAuthenticator(context, page) {
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return (isUserVerified) => devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
}

await scenario('account', async (step) => {
  const { context, page, asked, answers, faults } = await open();
  const email = address('ada');
  await step('without a session one signs in', () => signInScreen(page));
  await step('a weak password is refused by its rule', async () => {
    await press(page, 'Create an account');
    await type(page, 'Name', 'Ada');
    await type(page, 'E-mail address', email);
    await type(page, 'Password', 'password');
    await press(page, 'Create account');
    check((await refusal(page, 'PASSWORD_POLICY')).length > 20, 'the rule is not named');
  });
  await step('the focus is on what is wrong', async () =>
    equal(await page.evaluate(() => [document.activeElement.name, document.activeElement.ariaInvalid]), ['password', 'true']));
  await step('sign up', async () => {
    await type(page, 'Password', password);
    await press(page, 'Create account');
    await heading(page, 'Confirm your address');
  });
  await step('a wrong code is refused', async () => {
    await type(page, 'Code', otherCode(await newestCode(email)));
    await press(page, 'Confirm');
    await refusal(page, 'CODE_MISMATCH');
  });
  await step('ask for another', async () => {
    const [{ code: old }] = await inbox(email);
    await press(page, 'Send another code');
    await page.getByText('A new code was sent').waitFor();
    await type(page, 'Code', old);
    await press(page, 'Confirm');
    await refusal(page, 'CODE_EXPIRED');
  });
  await step('confirm, and be signed in', async () => {
    await type(page, 'Code', await newestCode(email));
    await press(page, 'Confirm');
    await account(page);
    await page.getByText(email).waitFor();
  });
  await step('an account that is there cannot be made again', async () => {
    const other = await open();
    await press(other.page, 'Create an account');
    await type(other.page, 'Name', 'Ada');
    await type(other.page, 'E-mail address', email);
    await type(other.page, 'Password', password);
    await press(other.page, 'Create account');
    await refusal(other.page, 'EMAIL_ALREADY_REGISTERED');
    equal(other.faults, [], 'what went wrong');
    await other.context.close();
  });
  await step('the refresh token is in a cookie that no script sees', async () => {
    const kept = await cookie(context);
    matching(kept, { httpOnly: true, secure: true, sameSite: 'Strict', path: '/', domain: 'localhost' }, 'the cookie');
    check(kept.expires > Date.now() / 1000 + 86_400, `it ends at ${kept.expires}`);
    equal(await page.evaluate(() => document.cookie), '', 'document.cookie');
  });
  await step('a page that is loaded anew keeps the session', async () => {
    asked.length = 0;
    await page.reload();
    await account(page);
    equal(asked.toSorted(), ['Me', 'RefreshToken', 'Sessions'], 'what was asked');
  });
  await step('a token past its time is renewed without being noticed', async () => {
    asked.length = answers.length = 0;
    await expireUntil(page, ['Me', 'Sessions'], () => page.reload());
    await account(page);
    equal(asked.toSorted(), ['Me', 'Me', 'RefreshToken', 'RefreshToken', 'Sessions', 'Sessions'], 'what was asked');
    check(answers.some((text) => text.includes('TOKEN_EXPIRED')), 'no token was past its time');
    equal(await page.getByRole('alert').count(), 0, 'the number of alerts');
    await page.unroute(API_URL);
  });
  await step('two tabs that start at once are both signed in', async () => {
    const other = await context.newPage();
    await Promise.all([page.reload(), other.goto(APP_URL)]);
    await Promise.all([account(page), account(other)]);
    await other.close();
  });
  await step('where refresh tokens rotate, tabs take turns', async () => {
    const { UserPoolClient: client } = await wire('DescribeUserPoolClient', { UserPoolId: poolId, ClientId: clientId });
    await wire('UpdateUserPoolClient', {
      ...client,
      ExplicitAuthFlows: client.ExplicitAuthFlows.filter((flow) => flow !== 'ALLOW_REFRESH_TOKEN_AUTH'),
      RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 },
    });
    // The first request is on its way until the other tab wants its token too.
    const other = await context.newPage();
    const sent = [];
    await context.route(API_URL, async (route, request) => {
      if (request.method() === 'POST' && request.postDataJSON().operationName === 'RefreshToken') {
        sent.push(request.allHeaders());
        if (sent.length === 1) await other.getByText('One moment').waitFor();
      }
      await route.continue();
    });
    await page.reload();
    await other.goto(APP_URL);
    await Promise.all([account(page), account(other)]);
    await context.unroute(API_URL);
    const cookies = (await Promise.all(sent)).map((headers) => headers.cookie);
    equal(new Set([...cookies, `${cookieName}=${(await cookie(context)).value}`]).size, 3, 'the number of refresh tokens');
    await other.close();
    await wire('UpdateUserPoolClient', client);
    await page.reload();
    await account(page);
  });
  await step('requests with one cookie at once are all answered', async () => {
    const all = await page.evaluate(
      async ([url, body]) => {
        const ask = () => fetch(url, { method: 'POST', credentials: 'include', headers: { 'Content-Type': 'application/json' }, body }).then((r) => r.json());
        return Promise.all([ask(), ask(), ask(), ask()]);
      },
      [API_URL, JSON.stringify({ query: 'mutation { refreshToken { accessToken } }' })],
    );
    for (const { data, errors } of all) check(data?.refreshToken?.accessToken, JSON.stringify(errors));
  });
  await step('no token is in a body that need not have it, or kept by the page', async () => {
    const kept = await cookie(context);
    const token = newest(answers, 'refreshToken').accessToken;
    for (const text of answers) {
      check(!text.includes(kept.value), 'the refresh token is in a body');
      check(!/"refreshToken":"/.test(text), 'a body has a refresh token');
    }
    const stored = await page.evaluate(async () =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, await indexedDB.databases(), await caches.keys().catch(() => []), document.cookie, location.href, history.state]));
    check(!stored.includes(token) && !stored.includes(kept.value), `a token is in ${stored}`);
    equal(stored, JSON.stringify([{}, {}, [], [], '', `${APP_URL}/`, null]), 'what is stored');
  });
  await step('sign out here, in every tab', async () => {
    const other = await context.newPage();
    await other.goto(APP_URL);
    await account(other);
    const token = newest(answers, 'refreshToken').accessToken;
    await signOut(page);
    await signInScreen(other);
    equal(await cookie(context), undefined, 'the cookie');
    const { errors } = await send(page, '{ me { email } }', { Authorization: `Bearer ${token}` });
    equal(errors?.[0].extensions.code, 'TOKEN_REVOKED', 'the code');
    await other.close();
    await page.reload();
    await signInScreen(page);
  });
  await step('sign out where the cookie is gone already', async () => {
    await signIn(page, email);
    await account(page);
    await context.clearCookies();
    await signOut(page);
  });
  await step('sign in here signs other tabs in', async () => {
    const other = await context.newPage();
    await other.goto(APP_URL);
    await signInScreen(other);
    await signIn(page, email);
    await Promise.all([account(page), account(other)]);
    await other.close();
  });
  await step('sign out everywhere, though three requests at once need another token first', async () => {
    const elsewhere = await open();
    await signIn(elsewhere.page, email);
    await account(elsewhere.page);
    asked.length = answers.length = 0;
    await expireUntil(page, ['Me', 'Sessions', 'SignOut'], async () => {
      await page.reload();
      await press(page, 'Sign out everywhere');
    });
    await page.getByText('You are signed out everywhere.').waitFor();
    await page.unroute(API_URL);
    equal(asked.filter((name) => name === 'RefreshToken').length, 2, 'the number of refreshes, the one at the start included');
    equal(asked.filter((name) => name === 'SignOut').length, 2, 'the number of sign-outs');
    equal(answers.filter((text) => text.includes('TOKEN_EXPIRED')).length, 3, 'the number of tokens past their time');
    // The other browser learns it with its next request.
    await press(elsewhere.page, 'Set up');
    await signInScreen(elsewhere.page);
    equal(await cookie(elsewhere.context), undefined, 'the cookie there');
    equal(elsewhere.faults, [], 'what went wrong');
    await elsewhere.context.close();
  });
  await step('nothing went wrong unseen', async () => equal(faults, []));
  await context.close();
});

await scenario('sessions', async (step) => {
  const email = await member('sessions');
  const [here, there] = [await open(), await open()];
  const list = here.page.getByRole('list', { name: 'Sessions' });
  const rows = (count) => here.page.waitForFunction((n) => document.querySelectorAll('ul[aria-label=Sessions] > li').length === n, count);
  /** The other browser makes a request, and is back at the sign-in screen within two seconds. */
  const isOut = async () => {
    await press(there.page, 'Set up');
    await there.page.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor({ timeout: 2000 });
  };
  await step('each browser is a session', async () => {
    await signIn(there.page, email);
    await account(there.page);
    await signIn(here.page, email);
    await account(here.page);
    await rows(2);
    matching(await list.textContent(), /this device/);
    await look(here.page, 'sessions');
  });
  await step('one ends the other', async () => {
    await here.page.getByRole('button', { name: /^End the session on / }).click();
    await rows(1);
    await isOut();
  });
  await step('one ends all others', async () => {
    await signIn(there.page, email);
    await account(there.page);
    await here.page.reload();
    await rows(2);
    await press(here.page, 'Sign out everywhere else');
    await rows(1);
    await isOut();
    await account(here.page);
  });
  await step('nothing went wrong unseen', async () => equal([here.faults, there.faults], [[], []]));
  await here.context.close();
  await there.context.close();
});

await scenario('second factors', async (step) => {
  const { context, page, faults } = await open();
  const email = await member('totp', { attributes: { phone_number: '+15550100', phone_number_verified: 'true' } });
  let secret;
  await step('sign in', async () => {
    await signIn(page, email);
    await account(page);
  });
  await step('the QR code is the one of the secret', async () => {
    await press(page, 'Set up');
    const link = await page.getByRole('link', { name: 'open the app on this device' }).getAttribute('href');
    equal(await readQr(page), link, 'what is in the QR code');
    check(link.startsWith('otpauth://totp/'), link);
    secret = secretOf(link);
    equal((await page.locator('.secret').textContent()).replaceAll(' ', ''), secret, 'the key to type in');
  });
  await step('switch the app on', async () => {
    const right = await totp(secret);
    await type(page, 'Code', otherCode(right));
    await press(page, 'Switch on');
    await refusal(page, 'CODE_MISMATCH');
    await type(page, 'Code', right);
    await press(page, 'Switch on');
    await page.getByRole('button', { name: 'Switch off' }).waitFor();
  });
  await step('sign in by a code of the app', async () => {
    await signOut(page);
    await signIn(page, email);
    await heading(page, 'Enter the code');
    const right = await totp(secret);
    await type(page, 'Code', otherCode(right));
    await press(page, 'Continue');
    await refusal(page, 'CODE_MISMATCH');
    await type(page, 'Code', right);
    await press(page, 'Continue');
    await account(page);
  });
  const sms = { SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms', ExternalId: 'sms' } };
  await step('choose between two', async () => {
    await signOut(page);
    await wire('SetUserPoolMfaConfig', {
      UserPoolId: poolId, MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true },
      SmsMfaConfiguration: sms,
    });
    await wire('AdminSetUserMFAPreference', {
      UserPoolId: poolId, Username: email, SMSMfaSettings: { Enabled: true, PreferredMfa: false }, SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: false },
    });
    await signIn(page, email);
    await heading(page, 'One more proof');
    await press(page, 'Code by text message');
    await heading(page, 'Enter the code');
    await type(page, 'Code', await newestCode('+15550100'));
    await press(page, 'Continue');
    await account(page);
  });
  await step('switch the app off', async () => {
    await press(page, 'Switch off');
    await page.getByRole('button', { name: 'Set up' }).waitFor();
    await signOut(page);
  });
  // With a required second factor Cognito allows no first factor but the password.
  const required = (work, app = true) => async () => {
    const mfa = { UserPoolId: poolId, SmsMfaConfiguration: sms, EmailMfaConfiguration: { Message: '{####}', Subject: 'Your code' } };
    const { UserPool } = await wire('DescribeUserPool', { UserPoolId: poolId });
    const allowFirst = (AllowedFirstAuthFactors) =>
      wire('UpdateUserPool', { UserPoolId: poolId, AutoVerifiedAttributes: ['email'], Policies: { ...UserPool.Policies, SignInPolicy: { AllowedFirstAuthFactors } } });
    await allowFirst(['PASSWORD']);
    await wire('SetUserPoolMfaConfig', { ...mfa, MfaConfiguration: 'ON', SoftwareTokenMfaConfiguration: { Enabled: app } });
    try {
      await work();
      await account(page);
      await signOut(page);
    } finally {
      await wire('SetUserPoolMfaConfig', { ...mfa, MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true } });
      await allowFirst(UserPool.Policies.SignInPolicy.AllowedFirstAuthFactors);
    }
  };
  await step('sign in by a code by e-mail', required(async () => {
    const verified = await member('mfa');
    await signIn(page, verified);
    await heading(page, 'Enter the code');
    await type(page, 'Code', await newestCode(verified));
    await press(page, 'Continue');
  }));
  await step('set an app up before the sign-in can go on', required(async () => {
    await signIn(page, await member('mfa', { attributes: { email_verified: 'false' } }));
    await heading(page, 'Set up a second factor');
    await type(page, 'Code', await totp(secretOf(await readQr(page))));
    await press(page, 'Continue');
  }));
  const codesByEmail = async (unverified) => {
    await type(page, 'Address for codes by e-mail', unverified);
    await press(page, 'Use this address');
    await heading(page, 'Enter the code');
    await type(page, 'Code', await newestCode(unverified));
    await press(page, 'Continue');
  };
  await step('or codes by e-mail', required(async () => {
    const unverified = await member('mfa', { attributes: { email_verified: 'false' } });
    await signIn(page, unverified);
    await heading(page, 'Set up a second factor');
    await press(page, 'Use codes by e-mail instead');
    await codesByEmail(unverified);
  }));
  await step('or nothing but codes by e-mail', required(async () => {
    const unverified = await member('mfa', { attributes: { email_verified: 'false' } });
    await signIn(page, unverified);
    await heading(page, 'Set up a second factor');
    await codesByEmail(unverified);
  }, false));
  await step('nothing went wrong unseen', async () => equal(faults, []));
  await context.close();
});

await scenario('first factors', async (step) => {
  const { context, page, faults } = await open();
  const phone = '+15550101';
  const email = await member('first', { attributes: { phone_number: phone, phone_number_verified: 'true' } });
  const choose = async (name) => {
    await signInScreen(page);
    await type(page, 'E-mail address', email);
    await press(page, 'Other ways to sign in');
    await heading(page, 'Choose a way to sign in');
    await press(page, name);
  };
  await step('without an address one is asked for', async () => {
    await press(page, 'Other ways to sign in');
    equal(await page.evaluate(() => document.activeElement.name), 'account', 'the focus');
  });
  await step('a code by e-mail', async () => {
    await choose('Code by e-mail');
    await heading(page, 'Enter the code');
    await type(page, 'Code', await newestCode(email));
    await press(page, 'Continue');
    await account(page);
    await signOut(page);
  });
  await step('a code by text message', async () => {
    await choose('Code by text message');
    await heading(page, 'Enter the code');
    await type(page, 'Code', await newestCode(phone));
    await press(page, 'Continue');
    await account(page);
    await signOut(page);
  });
  await step('the password', async () => {
    await choose('Password');
    await type(page, 'Password', password);
    await press(page, 'Continue');
    await account(page);
  });
  const setVerified = await withAuthenticator(context, page);
  await step('add a passkey', async () => {
    await press(page, 'Add a passkey');
    await page.getByRole('list', { name: 'Passkeys' }).getByRole('listitem').waitFor();
    await press(page, 'Add a passkey');
    await refusal(page, 'PASSKEY');
    equal(await page.getByRole('list', { name: 'Passkeys' }).getByRole('listitem').count(), 1, 'the number of passkeys');
    await signOut(page);
  });
  await step('a passkey that is not used', async () => {
    await setVerified(false);
    await type(page, 'E-mail address', email);
    await press(page, 'Sign in with a passkey');
    await heading(page, 'Use your passkey');
    await refusal(page, 'PASSKEY');
  });
  await step('the passkey', async () => {
    await setVerified(true);
    await press(page, 'Use passkey');
    await account(page);
    await signOut(page);
    await type(page, 'E-mail address', email);
    await press(page, 'Sign in with a passkey');
    await account(page);
  });
  await step('delete it', async () => {
    await page.getByRole('button', { name: /^Delete/ }).click();
    await page.getByRole('list', { name: 'Passkeys' }).getByRole('listitem').waitFor({ state: 'detached' });
    await signOut(page);
    await type(page, 'E-mail address', email);
    await press(page, 'Sign in with a passkey');
    await heading(page, 'Choose a way to sign in');
    equal(await page.getByRole('button', { name: 'Passkey', exact: true }).count(), 0, 'the number of passkeys to choose');
    await press(page, 'Start again');
    await signInScreen(page);
  });
  await step('nothing went wrong unseen', async () => equal(faults, []));
  await context.close();
});

await scenario('passwords', async (step) => {
  const { context, page, faults } = await open();
  const email = await member('passwords');
  await step('a wrong one is refused', async () => {
    await signIn(page, email, 'Wrong-horse-11');
    equal(await refusal(page, 'INVALID_CREDENTIALS'), 'E-mail address or password is wrong.');
  });
  await step('a forgotten one is replaced', async () => {
    await press(page, 'Forgotten password');
    equal(await page.getByLabel('E-mail address').inputValue(), email, 'the address');
    await press(page, 'Send the code');
    await heading(page, 'Choose a new password');
    await type(page, 'Code', await newestCode(email));
    await type(page, 'New password', 'Another-Horse-2');
    await press(page, 'Set password');
    await page.getByText('Your new password is set.').waitFor();
    await signIn(page, email, 'Another-Horse-2');
    await account(page);
    await signOut(page);
  });
  await step('a temporary one is replaced', async () => {
    const invited = address('invited');
    await wire('AdminCreateUser', {
      UserPoolId: poolId, Username: invited, TemporaryPassword: 'Temporary-1', MessageAction: 'SUPPRESS',
      UserAttributes: [{ Name: 'email', Value: invited }, { Name: 'email_verified', Value: 'true' }],
    });
    await signIn(page, invited, 'Temporary-1');
    await heading(page, 'Choose a password');
    await type(page, 'New password', password);
    await press(page, 'Continue');
    await account(page);
    await signOut(page);
  });
  await step('an account that is not confirmed gets to its code', async () => {
    const late = address('late');
    await wire('SignUp', { ClientId: clientId, Username: late, Password: password, UserAttributes: [{ Name: 'email', Value: late }] });
    await signIn(page, late);
    await heading(page, 'Confirm your address');
    await type(page, 'Code', await newestCode(late));
    await press(page, 'Confirm');
    await account(page);
    await signOut(page);
  });
  await step('one that has to be reset gets to its code', async () => {
    await wire('AdminResetUserPassword', { UserPoolId: poolId, Username: email });
    await signIn(page, email, 'Another-Horse-2');
    await heading(page, 'Forgotten password');
    await press(page, 'Back to sign-in');
  });
  await step('who guesses has to wait', async () => {
    const guessed = await member('guessed');
    for (let guess = 1; guess <= 5; guess++) {
      await signIn(page, guessed, `Wrong-horse-${guess}`);
      await refusal(page, 'INVALID_CREDENTIALS');
    }
    await signIn(page, guessed, 'Wrong-horse-6');
    check(/Try again in \d+ seconds|minutes/.test(await refusal(page, 'RATE_LIMITED')), 'how long is not said');
  });
  // The pool asks none of these, so the answers are written here; what the app then sends is held against the schema's names.
  const invented = async (challenge, answerIt) => {
    let answered;
    await page.route(API_URL, async (route, request) => {
      if (request.method() !== 'POST') return route.continue();
      const { operationName, variables } = request.postDataJSON();
      if (operationName === 'RespondToChallenge') answered = variables.input;
      const data = operationName === 'SignIn' ? { signin: challenge } : { respondToChallenge: { __typename: 'UnknownChallenge', session: 'next', name: 'RETINA_SCAN' } };
      return route.fulfill({ json: { data }, headers: { 'Access-Control-Allow-Origin': APP_URL, 'Access-Control-Allow-Credentials': 'true' } });
    });
    await signIn(page, email);
    await answerIt();
    await heading(page, 'This step is unknown here');
    await page.getByText('RETINA_SCAN').waitFor();
    await page.unroute(API_URL);
    await press(page, 'Start again');
    await signInScreen(page);
    return answered;
  };
  await step('a challenge that nobody knows yet', () => invented({ __typename: 'UnknownChallenge', session: 's', name: 'RETINA_SCAN' }, () => {}));
  await step('a challenge for the password', async () => {
    const answered = await invented({ __typename: 'PasswordChallenge', session: 's', srp: false }, async () => {
      await heading(page, 'Enter your password');
      await type(page, 'Password', password);
      await press(page, 'Continue');
    });
    equal(answered, { session: 's', answer: { password } });
  });
  await step("a challenge of the pool's own", async () => {
    const parameters = [{ name: 'question', value: 'Which horse?', __typename: 'ChallengeParameter' }];
    const answered = await invented({ __typename: 'CustomChallenge', session: 's', parameters }, async () => {
      await page.getByText('Which horse?').waitFor();
      await type(page, 'Answer', 'The correct one');
      await press(page, 'Continue');
    });
    equal(answered, { session: 's', answer: { custom: 'The correct one' } });
  });
  await step('attributes that are missing', async () => {
    const answered = await invented({ __typename: 'NewPasswordChallenge', session: 's', missingAttributes: ['given_name', 'custom:plan'] }, async () => {
      await heading(page, 'Choose a password');
      await type(page, 'New password', password);
      await type(page, 'given name', 'Ada');
      await type(page, 'plan', 'free');
      await press(page, 'Continue');
    });
    const attributes = [{ name: 'given_name', value: 'Ada' }, { name: 'custom:plan', value: 'free' }];
    equal(answered, { session: 's', answer: { newPassword: { password, attributes } } });
  });
  await step('an API that does not answer', async () => {
    await page.route(API_URL, (route) => route.abort());
    await signIn(page, email);
    await refusal(page, 'UNREACHABLE');
    await page.reload();
    await heading(page, 'No connection');
    await page.unroute(API_URL);
    await press(page, 'Try again');
    await signInScreen(page);
  });
  await step('nothing went wrong unseen', async () =>
    equal(faults.filter((fault) => !fault.includes('net::ERR_FAILED')), []));
  await context.close();
});

await scenario('other origins', async (step) => {
  const { context, page } = await open();
  const email = await member('origins');
  await signIn(page, email);
  await account(page);
  const refresh = 'mutation { refreshToken { accessToken } }';
  const attempt = (from) => send(from, refresh).then(() => 'answered', (error) => /Failed to fetch/.exec(error.message)?.[0] ?? error.message);
  await step('the app itself is answered', async () => equal(await attempt(page), 'answered'));
  await step('a page of another port is not', async () => {
    const other = await context.newPage();
    await other.goto(FOREIGN_URL);
    equal(await attempt(other), 'Failed to fetch');
    // Nor is a request without a preflight, as of a form. The page cannot see how it ended.
    const simple = () => other.evaluate(([url, body]) => fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include', body }), [API_URL, JSON.stringify({ query: refresh })]);
    equal(await simple().then(() => 'answered', (error) => /Failed to fetch/.exec(error.message)?.[0]), 'Failed to fetch');
    const { name, value } = await cookie(context);
    const response = await fetch(API_URL, {
      method: 'POST', headers: { Origin: FOREIGN_URL, 'Content-Type': 'application/json', Cookie: `${name}=${value}` }, body: JSON.stringify({ query: refresh }),
    });
    equal([response.status, (await response.json()).errors?.[0].extensions.code], [403, 'FORBIDDEN'], 'the answer');
    await other.close();
  });
  await step('nor is the app by another name', async () => {
    const other = await context.newPage();
    await other.goto(APP_URL.replace('localhost', '127.0.0.1'));
    await heading(other, 'No connection');
    await other.close();
  });
  await step('the session goes on', async () => {
    await page.reload();
    await account(page);
  });
  await step('without the cookie there is none', async () => {
    await context.clearCookies();
    equal((await send(page, refresh)).errors?.[0].extensions.code, 'UNAUTHENTICATED', 'the code');
    await page.reload();
    await signInScreen(page);
    equal(await page.getByRole('alert').count(), 0, 'the number of alerts');
  });
  await context.close();
});

/** Looks at a screen: for everybody, in both schemes, and on a phone. */
async function look(page, name) {
  await page.evaluate(axe);
  for (const [width, device] of [[1000, 'wide'], [390, 'narrow']]) {
    await page.setViewportSize({ width, height: 844 });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${SHOTS}/${APP}-${name}-${device}-${colorScheme}.png`, fullPage: true });
      const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ['violations'] }));
      equal(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`), [], `what is wrong in ${device}, ${colorScheme}`);
    }
    const scrolls = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    equal(scrolls, 0, `what has to be scrolled to the side at ${width} pixels`);
  }
  await page.setViewportSize({ width: 1000, height: 900 });
}

await scenario('looks', async (step) => {
  const { context, page } = await open();
  await withAuthenticator(context, page);
  const email = address('grace');
  await step('sign in', async () => {
    await signInScreen(page);
    await look(page, 'sign-in');
  });
  await step('refusal', async () => {
    await signIn(page, email, 'Wrong-horse-11');
    await refusal(page, 'INVALID_CREDENTIALS');
    await look(page, 'refusal');
  });
  await step('sign up', async () => {
    await press(page, 'Create an account');
    await look(page, 'sign-up');
  });
  await step('confirm', async () => {
    await type(page, 'Name', 'Grace');
    await type(page, 'E-mail address', email);
    await type(page, 'Password', password);
    await press(page, 'Create account');
    await heading(page, 'Confirm your address');
    await look(page, 'confirm');
  });
  await step('account', async () => {
    await type(page, 'Code', await newestCode(email));
    await press(page, 'Confirm');
    await account(page);
    await press(page, 'Add a passkey');
    await page.getByRole('list', { name: 'Passkeys' }).getByRole('listitem').waitFor();
    await wire('CreateGroup', { UserPoolId: poolId, GroupName: 'editors' });
    await wire('AdminAddUserToGroup', { UserPoolId: poolId, GroupName: 'editors', Username: email });
    await page.reload();
    await account(page);
    await page.getByText('editors').waitFor();
    await look(page, 'account');
  });
  await step('authenticator app', async () => {
    await press(page, 'Set up');
    await page.getByRole('button', { name: 'Switch on' }).waitFor();
    await look(page, 'totp');
  });
  await step('choice of a factor', async () => {
    await signOut(page);
    await type(page, 'E-mail address', email);
    await press(page, 'Other ways to sign in');
    await heading(page, 'Choose a way to sign in');
    await look(page, 'choice');
  });
  await step('forgotten password', async () => {
    await press(page, 'Start again');
    await press(page, 'Forgotten password');
    equal(await page.getByLabel('E-mail address').inputValue(), email, 'the address, which is typed once');
    await look(page, 'forgotten');
  });
  await step('by keyboard alone', async () => {
    await page.reload();
    await signInScreen(page);
    await page.keyboard.press('Tab');
    await page.keyboard.type(email);
    await page.keyboard.press('Tab');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await account(page);
    equal(await page.evaluate(() => document.activeElement.tagName), 'H1', 'the focus');
    const button = page.getByRole('button', { name: 'Sign out', exact: true });
    for (let tabs = 0; tabs < 12 && !(await button.evaluate((node) => node === document.activeElement)); tabs++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('You are signed out.').waitFor();
    equal(await page.evaluate(() => document.activeElement.tagName), 'H1', 'the focus');
  });
  await context.close();
});

await browser.close();
end();
