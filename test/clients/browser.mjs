// Amplify and amazon-cognito-identity-js in Chromium, on a page of another
// origin than the pool: what only a browser asks for is preflights, exposed
// headers, and passkeys.

import { createServer } from 'node:http';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import {
  address, check, clientId, end, equal, matching, member, newestCode, otherCode, password, poolId, poolUrl, scenario,
} from './steps.mjs';

// The page has both libraries, and hands over what they say.
const bundle = await build({
  stdin: {
    contents: `
      import { Amplify } from 'aws-amplify';
      import * as auth from 'aws-amplify/auth';
      import * as identity from 'amazon-cognito-identity-js';
      Object.assign(globalThis, { Amplify, auth, identity });`,
    resolveDir: import.meta.dirname ?? new URL('.', import.meta.url).pathname,
  },
  bundle: true, write: false, format: 'iife', platform: 'browser', define: { global: 'globalThis' }, logLevel: 'error',
});

const server = createServer((request, response) => {
  const [type, text] = request.url === '/libraries.js'
    ? ['text/javascript', bundle.outputFiles[0].text]
    : ['text/html', '<!doctype html><meta charset="utf-8"><title>Application</title><link rel="icon" href="data:,"><script src="libraries.js"></script>'];
  response.setHeader('Content-Type', `${type}; charset=utf-8`);
  response.end(text);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

// open gives a page in a profile of its own, with a passkey in the computer.
async function open() {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`http://localhost:${server.address().port}/`); // a secure context, unlike another address by http
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  await page.evaluate((Cognito) => globalThis.Amplify.configure({ Auth: { Cognito } }), {
    userPoolId: poolId, userPoolClientId: clientId, userPoolEndpoint: `${poolUrl}/`,
  });
  // amplify calls a function of Amplify's Auth in the page.
  const amplify = (name, input) =>
    page.evaluate(
      async ([called, given]) => {
        try {
          return { value: await globalThis.auth[called](given) };
        } catch (error) {
          return { error: error.name, message: error.message };
        }
      },
      [name, input],
    );
  return { page, devtools, amplify };
}

async function done(call) {
  const { value, error, message } = await call;
  if (error) throw Object.assign(new Error(message), { name: error });
  return value;
}

const signedIn = async (call) => equal((await done(call)).nextStep.signInStep, 'DONE', 'the next step');

await scenario('Amplify in Chromium', async (step) => {
  const { amplify, page } = await open();
  const email = address('browser');
  await step('sign up and confirm', async () => {
    await done(amplify('signUp', { username: email, password, options: { userAttributes: { email } } }));
    matching(await amplify('confirmSignUp', { username: email, confirmationCode: otherCode(await newestCode(email)) }), { error: 'CodeMismatchException' });
    await done(amplify('confirmSignUp', { username: email, confirmationCode: await newestCode(email) }));
  });
  await step('an exception is read by its name', async () =>
    matching(await amplify('signIn', { username: email, password: 'Wrong-horse-11' }), { error: 'NotAuthorizedException', message: 'Incorrect username or password.' }));
  await step('sign in by SRP', () => signedIn(amplify('signIn', { username: email, password })));
  await step('the session outlives the page', async () => {
    await page.reload();
    await page.evaluate((Cognito) => globalThis.Amplify.configure({ Auth: { Cognito } }), {
      userPoolId: poolId, userPoolClientId: clientId, userPoolEndpoint: `${poolUrl}/`,
    });
    matching(await done(amplify('fetchUserAttributes')), { email });
    await done(amplify('fetchAuthSession', { forceRefresh: true }));
  });
  await step('sign out everywhere', () => done(amplify('signOut', { global: true })));
});

await scenario('passkeys', async (step) => {
  const { amplify, devtools } = await open();
  const email = await member('passkey');
  const choose = (preferredChallenge) => ({ username: email, options: { authFlowType: 'USER_AUTH', preferredChallenge } });
  await step('sign in by password', () => signedIn(amplify('signIn', { username: email, password })));
  await step('there are none', async () => equal((await done(amplify('listWebAuthnCredentials'))).credentials, []));
  await step('register one', () => done(amplify('associateWebAuthnCredential')));
  await step('the same authenticator is not registered twice', async () => {
    const again = await amplify('associateWebAuthnCredential');
    equal(again.error, 'PasskeyAlreadyExists', again.message);
  });
  const [credential] = await step('list them', async () => {
    const { credentials } = await done(amplify('listWebAuthnCredentials'));
    equal(credentials.length, 1, 'their number');
    matching(credentials[0], { relyingPartyId: 'localhost', authenticatorAttachment: 'platform', authenticatorTransports: ['internal'] });
    return credentials;
  });
  await step('sign in with it', async () => {
    await done(amplify('signOut'));
    await signedIn(amplify('signIn', choose('WEB_AUTHN')));
    matching(await done(amplify('fetchUserAttributes')), { email });
  });
  await step('choose it', async () => {
    await done(amplify('signOut'));
    const { nextStep } = await done(amplify('signIn', choose()));
    equal(nextStep.signInStep, 'CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION', 'the next step');
    check(nextStep.availableChallenges.includes('WEB_AUTHN'), `the choices are ${nextStep.availableChallenges}`);
    await signedIn(amplify('confirmSignIn', { challengeResponse: 'WEB_AUTHN' }));
  });
  await step('delete it', async () => {
    await done(amplify('deleteWebAuthnCredential', { credentialId: credential.credentialId }));
    equal((await done(amplify('listWebAuthnCredentials'))).credentials, []);
  });
  await step('it is no choice any more', async () => {
    await done(amplify('signOut'));
    const { nextStep } = await done(amplify('signIn', choose('WEB_AUTHN')));
    equal(nextStep.signInStep, 'CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION', 'the next step');
    check(!nextStep.availableChallenges.includes('WEB_AUTHN'), `the choices are ${nextStep.availableChallenges}`);
  });
  await devtools.detach();
});

await scenario('amazon-cognito-identity-js in Chromium', async (step) => {
  const { page } = await open();
  const email = await member('identity');
  const session = (secret) =>
    page.evaluate(
      async ([UserPoolId, ClientId, endpoint, Username, Password]) => {
        const Pool = new globalThis.identity.CognitoUserPool({ UserPoolId, ClientId, endpoint });
        const user = new globalThis.identity.CognitoUser({ Username, Pool });
        const details = new globalThis.identity.AuthenticationDetails({ Username, Password });
        const first = await new Promise((onSuccess, onFailure) => user.authenticateUser(details, { onSuccess, onFailure })).catch((error) => error);
        if (first instanceof Error) return { code: first.code, message: first.message };
        const second = await new Promise((resolve, reject) =>
          user.refreshSession(first.getRefreshToken(), (error, next) => (error ? reject(error) : resolve(next))));
        return { valid: second.isValid(), fresh: first.getAccessToken().getJwtToken() !== second.getAccessToken().getJwtToken() };
      },
      [poolId, clientId, `${poolUrl}/`, email, secret],
    );
  await step('sign in by SRP, and refresh', async () => equal(await session(password), { valid: true, fresh: true }));
  await step('an exception is read by its name', async () =>
    equal(await session('Wrong-horse-11'), { code: 'NotAuthorizedException', message: 'Incorrect username or password.' }));
});

await scenario('what a page cannot do', async (step) => {
  const { page } = await open();
  const email = await member('guarded');
  await step('administrate the pool', async () => {
    const status = await page.evaluate(
      async ([url, body]) => {
        const headers = { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': 'AWSCognitoIdentityProviderService.AdminGetUser' };
        return (await fetch(url, { method: 'POST', headers, body })).status;
      },
      [`${poolUrl}/`, JSON.stringify({ UserPoolId: poolId, Username: email })],
    );
    equal(status, 403, 'the status');
  });
  await step('read the inbox', async () => {
    const outcome = await page.evaluate((url) => fetch(url).then(() => 'read', (error) => error.name), `${poolUrl}/inbox`);
    equal(outcome, 'TypeError');
  });
});

await browser.close();
server.close();
server.closeAllConnections();
end();
