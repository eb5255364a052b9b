// What the programs of this folder share: their protocol, the wire, the inbox.

import { webcrypto } from 'node:crypto';
import { isDeepStrictEqual, inspect } from 'node:util';

globalThis.crypto ??= webcrypto; // before version 20 of Node.js

const { POOL_URL, INBOX_URL, TOTP_URL } = process.env;

export const poolUrl = POOL_URL;
export const poolId = process.env.POOL_ID;
export const clientId = process.env.CLIENT_ID;
export const password = 'Correct-horse-9';

class Failed extends Error {}

// scenario runs steps that need one another. The first that fails ends it; the
// other scenarios go on.
export async function scenario(name, run) {
  try {
    await run((what, work) => step(`${name}: ${what}`, work));
  } catch (error) {
    if (!(error instanceof Failed)) console.log(`not ok - ${name}: between steps -- ${told(error)}`);
  }
}

async function step(name, work) {
  try {
    const value = await inTime(work());
    console.log(`ok - ${name}`);
    return value;
  } catch (error) {
    console.log(`not ok - ${name} -- ${told(error)}`);
    throw new Failed();
  }
}

// inTime turns a step that hangs into one that fails.
function inTime(work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('nothing comes of it')), 60_000);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

export const end = () => console.log('end');

function told(error) {
  if (!(error instanceof Error)) return inspect(error).replaceAll(/\s+/g, ' ');
  const line = error.stack?.split('\n').find((each) => /\.mjs:\d+/.test(each) && !/node_modules|steps\.mjs/.test(each));
  const place = line?.match(/[^/(]+\.mjs:\d+/)?.[0];
  const operation = error.operation ? `${error.operation}: ` : '';
  return `${operation}${error.code ?? error.name}: ${error.message}${place ? ` (${place})` : ''}`.replaceAll(/\s+/g, ' ');
}

export function check(condition, what) {
  if (!condition) throw new Error(what);
}

export function equal(got, want, what = 'the value') {
  check(isDeepStrictEqual(got, want), `${what} is ${inspect(got)}, not ${inspect(want)}`);
}

// matching holds an object against those members that are given.
export function matching(got, want, what = 'the value') {
  for (const [name, value] of Object.entries(want)) {
    if (value instanceof RegExp) check(value.test(got?.[name]), `${what}.${name} is ${inspect(got?.[name])}, not ${value}`);
    else equal(got?.[name], value, `${what}.${name}`);
  }
}

// refused wants a call to fail with an exception.
export async function refused(work, exception, message) {
  let value;
  try {
    value = await (typeof work === 'function' ? work() : work);
  } catch (error) {
    equal(error.code ?? error.name, exception, `the exception (${error.message})`);
    if (message) equal(error.message.trimEnd(), message, 'its message');
    return error;
  }
  throw new Error(`this succeeds: ${inspect(value, { depth: 1 })}`);
}

// wire calls an operation without any client, to bring the pool into a state.
export async function wire(operation, input) {
  const response = await fetch(POOL_URL, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-amz-json-1.1',
      'X-Amz-Target': `AWSCognitoIdentityProviderService.${operation}`,
    },
    body: JSON.stringify(input),
  });
  const text = await response.text();
  const body = text ? JSON.parse(text) : undefined;
  if (!response.ok) throw Object.assign(new Error(body.message), { name: body.__type, operation });
  return body;
}

// newPool makes a pool of the default one's shape with an app client for every
// flow; what is given changes them.
export async function newPool({ pool = {}, client = {}, mfa } = {}) {
  const { UserPool } = await wire('CreateUserPool', {
    PoolName: 'clients',
    UsernameAttributes: ['email'],
    UsernameConfiguration: { CaseSensitive: false },
    AutoVerifiedAttributes: ['email'],
    // Cognito requires it for codes by e-mail as a second factor.
    EmailConfiguration: { EmailSendingAccount: 'DEVELOPER', SourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/example.com' },
    ...pool,
  });
  if (mfa) await wire('SetUserPoolMfaConfig', { UserPoolId: UserPool.Id, ...mfa });
  const { UserPoolClient } = await wire('CreateUserPoolClient', {
    UserPoolId: UserPool.Id,
    ClientName: 'clients',
    ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    PreventUserExistenceErrors: 'ENABLED',
    ...client,
  });
  return { poolId: UserPool.Id, clientId: UserPoolClient.ClientId };
}

let count = 0;

// address is an e-mail address that nobody has yet.
export const address = (name) => `${name}.${++count}@example.com`;

// member makes a confirmed user whose address is verified, as an administrator.
export async function member(name, { in: pool = poolId, attributes = {} } = {}) {
  const email = address(name);
  const given = Object.entries({ email, email_verified: 'true', ...attributes }).map(([Name, Value]) => ({ Name, Value }));
  await wire('AdminCreateUser', { UserPoolId: pool, Username: email, MessageAction: 'SUPPRESS', UserAttributes: given });
  await wire('AdminSetUserPassword', { UserPoolId: pool, Username: email, Password: password, Permanent: true });
  return email;
}

export async function inbox(to) {
  const response = await fetch(`${INBOX_URL}?to=${encodeURIComponent(to)}`);
  return response.json();
}

// newestCode is the code in the newest message to an address.
export async function newestCode(to) {
  const messages = await inbox(to);
  check(messages.length > 0, `nothing was sent to ${to}`);
  return messages[0].code;
}

// otherCode is a wrong code of the same length.
export const otherCode = (code) => String((Number(code) + 1) % 10 ** code.length).padStart(code.length, '0');

// totp is an authenticator that never gives a code twice.
export async function totp(secret) {
  const response = await fetch(`${TOTP_URL}?secret=${encodeURIComponent(secret)}`);
  return response.text();
}

export function claims(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
}
