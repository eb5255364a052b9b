// Registers, uses and deletes a passkey in Chromium through the GraphQL API, with
// navigator.credentials and a virtual authenticator (CDP WebAuthn).
//
//   node passkeys.mjs API POOL
//
// Both are URLs with the host localhost, the embedded pool's relying party. CHROMIUM is
// the path of the browser. Run by TestPasskeysInChromium.
import assert from 'node:assert/strict';
import { chromium } from '../../internal/playground/node_modules/playwright-core/index.mjs';

const [api, pool] = process.argv.slice(2);
const email = 'ada@example.com';
const password = 'Correct-Horse-1';

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const page = await browser.newPage();
const devtools = await page.context().newCDPSession(page);
await devtools.send('WebAuthn.enable');
const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
  options: {
    protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
    automaticPresenceSimulation: true,
  },
});
await page.goto(api);

/** Sends an operation from the page, so that it has the page's origin. */
async function graphql(query, input, token) {
  return page.evaluate(async ({ query, input, token }) => {
    const response = await fetch('/graphql', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify({ query, variables: { input } }),
    });
    return response.json();
  }, { query, input, token });
}

async function data(...request) {
  const answer = await graphql(...request);
  assert.equal(answer.errors, undefined, JSON.stringify(answer));
  return answer.data;
}

async function refused(code, ...request) {
  const answer = await graphql(...request);
  assert.equal(answer.errors?.[0].extensions.code, code, JSON.stringify(answer));
}

/** Lets the browser make a credential; gives RegistrationResponseJSON. */
const create = options => page.evaluate(async text => {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(text));
  return JSON.stringify(await navigator.credentials.create({ publicKey }));
}, options);

/** Lets the browser use one; gives AuthenticationResponseJSON. */
const get = options => page.evaluate(async text => {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(text));
  return JSON.stringify(await navigator.credentials.get({ publicKey }));
}, options);

/** The credential as a page of another origin would have made it. */
function fromElsewhere(credential) {
  const c = JSON.parse(credential);
  const clientData = JSON.parse(Buffer.from(c.response.clientDataJSON, 'base64url'));
  clientData.origin = 'https://localhost.evil.example';
  c.response.clientDataJSON = Buffer.from(JSON.stringify(clientData)).toString('base64url');
  return JSON.stringify(c);
}

const start = 'mutation { startPasskeyRegistration { options } }';
const complete = 'mutation ($input: CompletePasskeyRegistrationInput!) { completePasskeyRegistration(input: $input) { success } }';
const startSignin = `mutation ($input: StartSigninInput!) {
  startSignin(input: $input) { __typename ... on PasskeyChallenge { session options } ... on SelectFactorChallenge { available } }
}`;
const respond = `mutation ($input: RespondToChallengeInput!) {
  respondToChallenge(input: $input) { __typename ... on AuthTokens { accessToken user { email } } }
}`;
const passkeys = '{ me { authFactors passkeys { id name relyingPartyId attachment transports createdAt } } }';

// An account with a password, to begin with.
await data('mutation ($input: SignupInput!) { signup(input: $input) { userId } }', { username: 'ada', email, password, mode: 'user' });
const [{ code }] = await (await fetch(`${pool}/inbox?to=${email}`, { headers: { Accept: 'application/json' } })).json();
await data('mutation ($input: VerifyAccountInput!) { verifyAccount(input: $input) { status } }', { email, confirmationCode: code });
const { signin } = await data('mutation ($input: SigninInput!) { signin(input: $input) { ... on AuthTokens { accessToken } } }', { email, password });
const token = signin.accessToken;

// What is made elsewhere is not registered, and a ceremony ends with its answer.
let { startPasskeyRegistration } = await data(start, undefined, token);
const foreign = await create(startPasskeyRegistration.options);
await refused('PASSKEY_ORIGIN', complete, { credential: fromElsewhere(foreign) }, token);
await devtools.send('WebAuthn.clearCredentials', { authenticatorId });

({ startPasskeyRegistration } = await data(start, undefined, token));
const credential = await create(startPasskeyRegistration.options);
await data(complete, { credential }, token);
await refused('PASSKEY_CHALLENGE_EXPIRED', complete, { credential }, token);

const { me } = await data(passkeys, undefined, token);
assert.equal(me.passkeys.length, 1);
assert.equal(me.passkeys[0].relyingPartyId, 'localhost');
assert.ok(me.authFactors.includes('WEB_AUTHN'), `factors ${me.authFactors}`);

// The browser itself makes no second passkey on the same authenticator.
({ startPasskeyRegistration } = await data(start, undefined, token));
await assert.rejects(create(startPasskeyRegistration.options), /InvalidStateError|already registered/);

// Sign in with it, without a password; an assertion counts once, and from here.
async function challenge() {
  const answer = await data(startSignin, { email, preferredFactor: 'WEB_AUTHN' });
  assert.equal(answer.startSignin.__typename, 'PasskeyChallenge', JSON.stringify(answer));
  return answer.startSignin;
}
let asked = await challenge();
let assertion = await get(asked.options);
await refused('INVALID_CREDENTIALS', respond, { session: asked.session, answer: { passkey: fromElsewhere(assertion) } });
asked = await challenge();
assertion = await get(asked.options);
const signedIn = await data(respond, { session: asked.session, answer: { passkey: assertion } });
assert.equal(signedIn.respondToChallenge.user.email, email);
await refused('SESSION_EXPIRED', respond, { session: asked.session, answer: { passkey: assertion } });

// Once deleted it is neither offered nor taken.
asked = await challenge();
assertion = await get(asked.options);
await data('mutation ($input: DeletePasskeyInput!) { deletePasskey(input: $input) { success } }', { id: me.passkeys[0].id }, token);
await refused('INVALID_CREDENTIALS', respond, { session: asked.session, answer: { passkey: assertion } });
const left = await data(startSignin, { email, preferredFactor: 'WEB_AUTHN' });
assert.equal(left.startSignin.__typename, 'SelectFactorChallenge', JSON.stringify(left));
assert.ok(!left.startSignin.available.includes('WEB_AUTHN'));

// A page of another origin cannot even ask: the browser refuses the relying party.
({ startPasskeyRegistration } = await data(start, undefined, token));
await page.goto(api.replace('localhost', '127.0.0.1'));
await assert.rejects(create(startPasskeyRegistration.options), /SecurityError|invalid domain|relying party/i);

await browser.close();
console.log('passkeys: all as it should be');
