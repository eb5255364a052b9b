// Pools of phone numbers, of user names and of aliases: one life of an account, as three clients lead it.

import { createHmac } from 'node:crypto';
import {
  address, check, claims, end, equal, matching, newestCode, newPool, otherCode, password, poolUrl, refused, scenario, wire,
} from './steps.mjs';
import { CognitoIdentityProvider } from '@aws-sdk/client-cognito-identity-provider';
import identity from 'amazon-cognito-identity-js';
import bigInteger from 'amazon-cognito-identity-js/lib/BigInteger.js';
import { Amplify } from 'aws-amplify';
import * as auth from 'aws-amplify/auth';

const BigInteger = bigInteger.default; // it is a CommonJS module
const another = 'Another-horse-10';
const SmsConfiguration = { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' };
const listed = (attributes) => Object.entries(attributes).map(([Name, Value]) => ({ Name, Value }));
const named = (list) => Object.fromEntries(list.map(({ Name, Value }) => [Name, Value]));

// promised turns a function that takes a callback(error, result) into a promise.
const promised = (work) => new Promise((resolve, reject) => { work((error, result) => (error ? reject(error) : resolve(result))); });

let count = 0;
const number = () => `+1555555${String(++count).padStart(4, '0')}`;
const bySMS = (phone) => ({ to: phone, delivery: ['phone_number', 'SMS', `+*******${phone.slice(-4)}`] });
const byMail = (email) => ({ to: email, delivery: ['email', 'EMAIL', `${email[0]}***@e***`] });

// A shape says how a pool differs from the default one, and has an account of it: the name and attributes to sign up
// with, where its code goes, and the other names that sign in, once it is confirmed and once they are added; strangers
// are what never does.
const shapes = {
  'phone number'() {
    const phone = number();
    return {
      pool: { UsernameAttributes: ['phone_number'], AutoVerifiedAttributes: ['phone_number'], SmsConfiguration },
      name: phone, attributes: {}, code: bySMS(phone), aliases: [], added: [], strangers: [address('nobody')], recovery: bySMS(phone),
      known: { phone_number: phone, phone_number_verified: 'true' },
    };
  },
  'user name'() {
    const email = address('named');
    return {
      pool: { UsernameAttributes: undefined },
      name: 'ada', attributes: { email }, code: byMail(email), aliases: ['ADA'], added: [], strangers: [email], recovery: byMail(email),
      known: { email, email_verified: 'true' },
    };
  },
  alias() {
    const [email, phone] = [address('alias'), number()];
    return {
      pool: {
        UsernameAttributes: undefined, AliasAttributes: ['email', 'phone_number', 'preferred_username'],
        AutoVerifiedAttributes: ['email', 'phone_number'], SmsConfiguration,
      },
      name: 'ada', attributes: { email }, code: byMail(email), aliases: [email], strangers: [], recovery: bySMS(phone),
      added: [{ attribute: 'preferred_username', value: 'countess' }, { attribute: 'phone_number', value: phone, code: bySMS(phone) }],
      known: { email, email_verified: 'true', preferred_username: 'countess', phone_number: phone, phone_number_verified: 'true' },
    };
  },
};

// A client leads an account's life in a pool. It returns code deliveries as [attribute, medium, destination].
const clients = {
  'AWS SDK'(pool) {
    const ClientId = pool.clientId;
    const sdk = new CognitoIdentityProvider({
      region: 'us-east-1', endpoint: poolUrl, maxAttempts: 1, credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    });
    const told = ({ AttributeName, DeliveryMedium, Destination }) => [AttributeName, DeliveryMedium, Destination];
    let given;
    const signedIn = ({ AuthenticationResult }) => { given = AuthenticationResult; };
    return {
      sdk,
      signUp: async (Username, attributes) =>
        told((await sdk.signUp({ ClientId, Username, Password: password, UserAttributes: listed(attributes) })).CodeDeliveryDetails),
      confirm: (Username, ConfirmationCode) => sdk.confirmSignUp({ ClientId, Username, ConfirmationCode }),
      byPassword: async (USERNAME, PASSWORD) =>
        signedIn(await sdk.initiateAuth({ ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME, PASSWORD } })),
      // The SDK leaves SRP to its users, who take the computation from a library.
      async bySRP(USERNAME, secret) {
        const poolName = pool.poolId.split('_')[1];
        const srp = new identity.AuthenticationHelper(poolName);
        const A = await promised((done) => srp.getLargeAValue(done));
        const { Session, ChallengeName, ChallengeParameters } = await sdk.initiateAuth({
          ClientId, AuthFlow: 'USER_SRP_AUTH', AuthParameters: { USERNAME, SRP_A: A.toString(16) },
        });
        equal(ChallengeName, 'PASSWORD_VERIFIER');
        const { USER_ID_FOR_SRP: id, SRP_B, SALT, SECRET_BLOCK } = ChallengeParameters;
        const [B, salt] = [SRP_B, SALT].map((hex) => new BigInteger(hex, 16));
        const key = await promised((done) => srp.getPasswordAuthenticationKey(id, secret, B, salt, done));
        const TIMESTAMP = new identity.DateHelper().getNowString();
        const signed = createHmac('sha256', key).update(poolName).update(id).update(Buffer.from(SECRET_BLOCK, 'base64')).update(TIMESTAMP);
        signedIn(await sdk.respondToAuthChallenge({
          ClientId, Session, ChallengeName,
          ChallengeResponses: {
            USERNAME: id, TIMESTAMP, PASSWORD_CLAIM_SECRET_BLOCK: SECRET_BLOCK, PASSWORD_CLAIM_SIGNATURE: signed.digest('base64'),
          },
        }));
      },
      accessToken: () => given.AccessToken,
      attributes: async () => named((await sdk.getUser(given)).UserAttributes),
      update: (attributes) => sdk.updateUserAttributes({ AccessToken: given.AccessToken, UserAttributes: listed(attributes) }),
      verify: (AttributeName, Code) => sdk.verifyUserAttribute({ AccessToken: given.AccessToken, AttributeName, Code }),
      forget: async (Username) => told((await sdk.forgotPassword({ ClientId, Username })).CodeDeliveryDetails),
      reset: (Username, ConfirmationCode, Password) => sdk.confirmForgotPassword({ ClientId, Username, ConfirmationCode, Password }),
      signOut: () => sdk.revokeToken({ ClientId, Token: given.RefreshToken }),
    };
  },

  'amazon-cognito-identity-js'(pool) {
    const userPool = new identity.CognitoUserPool({ UserPoolId: pool.poolId, ClientId: pool.clientId, endpoint: `${poolUrl}/` });
    const userOf = (Username) => new identity.CognitoUser({ Username, Pool: userPool });
    const told = ({ AttributeName, DeliveryMedium, Destination }) => [AttributeName, DeliveryMedium, Destination];
    const typed = (attributes) => listed(attributes).map((each) => new identity.CognitoUserAttribute(each));
    let user;
    const signIn = (name, Password, flow) => {
      user = userOf(name);
      user.setAuthenticationFlowType(flow);
      return new Promise((onSuccess, onFailure) => {
        user.authenticateUser(new identity.AuthenticationDetails({ Username: name, Password }), { onSuccess, onFailure });
      });
    };
    return {
      signUp: async (name, attributes) =>
        told((await promised((done) => userPool.signUp(name, password, typed(attributes), [], done))).codeDeliveryDetails),
      confirm: (name, code) => promised((done) => userOf(name).confirmRegistration(code, false, done)),
      byPassword: (name, secret) => signIn(name, secret, 'USER_PASSWORD_AUTH'),
      bySRP: (name, secret) => signIn(name, secret, 'USER_SRP_AUTH'),
      accessToken: () => user.getSignInUserSession().getAccessToken().getJwtToken(),
      attributes: async () => named(await promised((done) => user.getUserAttributes(done))),
      update: (attributes) => promised((done) => user.updateAttributes(typed(attributes), done)),
      verify: (name, code) => new Promise((onSuccess, onFailure) => user.verifyAttribute(name, code, { onSuccess, onFailure })),
      forget: (name) =>
        new Promise((resolve, onFailure) => {
          userOf(name).forgotPassword({ onFailure, inputVerificationCode: ({ CodeDeliveryDetails }) => resolve(told(CodeDeliveryDetails)) });
        }),
      reset: (name, code, secret) => new Promise((onSuccess, onFailure) => userOf(name).confirmPassword(code, secret, { onSuccess, onFailure })),
      signOut: () => new Promise((resolve, reject) => user.signOut((error) => (error ? reject(error) : resolve()))),
    };
  },

  Amplify(pool) {
    Amplify.configure({ Auth: { Cognito: { userPoolId: pool.poolId, userPoolClientId: pool.clientId, userPoolEndpoint: `${poolUrl}/` } } });
    const told = ({ codeDeliveryDetails: { attributeName, deliveryMedium, destination } }) => [attributeName, deliveryMedium, destination];
    let token;
    const signIn = async (username, secret, authFlowType) => {
      await auth.signOut();
      const { nextStep } = await auth.signIn({ username, password: secret, options: { authFlowType } });
      equal(nextStep.signInStep, 'DONE', 'the next step');
      token = (await auth.fetchAuthSession()).tokens.accessToken.toString();
    };
    return {
      signUp: async (username, userAttributes) => told((await auth.signUp({ username, password, options: { userAttributes } })).nextStep),
      confirm: (username, confirmationCode) => auth.confirmSignUp({ username, confirmationCode }),
      byPassword: (name, secret) => signIn(name, secret, 'USER_PASSWORD_AUTH'),
      bySRP: (name, secret) => signIn(name, secret, 'USER_SRP_AUTH'),
      accessToken: () => token,
      attributes: () => auth.fetchUserAttributes(),
      update: (userAttributes) => auth.updateUserAttributes({ userAttributes }),
      verify: (userAttributeKey, confirmationCode) => auth.confirmUserAttribute({ userAttributeKey, confirmationCode }),
      forget: async (username) => told((await auth.resetPassword({ username })).nextStep),
      reset: (username, confirmationCode, newPassword) => auth.confirmResetPassword({ username, confirmationCode, newPassword }),
      signOut: () => auth.signOut(),
    };
  },
};

async function life(step, client, pool, { name, attributes, code, aliases, added, strangers, recovery, known }) {
  const nobody = (work) => refused(work, 'NotAuthorizedException', 'Incorrect username or password.');
  // signIn signs in under a name, both ways, and wants the tokens to be the account's.
  const signIn = async (as, secret = password) => {
    for (const way of ['byPassword', 'bySRP']) {
      await client[way](as, secret);
      const { username, sub } = claims(client.accessToken());
      equal(username, name.startsWith('+') ? sub : name, `the user name, ${way}`);
    }
  };
  await step('sign up', async () => equal(await client.signUp(name, attributes), code.delivery, 'the delivery'));
  await step('the name is taken', () => refused(() => client.signUp(name, attributes), 'UsernameExistsException'));
  await step('a wrong code is refused', async () => refused(client.confirm(name, otherCode(await newestCode(code.to))), 'CodeMismatchException'));
  await step('confirm', async () => client.confirm(name, await newestCode(code.to)));
  for (const each of [name, ...aliases]) {
    await step(`sign in as ${each}`, async () => {
      await signIn(each);
      for (const way of ['byPassword', 'bySRP']) await nobody(client[way](each, 'Wrong-horse-11'));
    });
  }
  for (const each of strangers) await step(`${each} is nobody`, () => nobody(client.byPassword(each, password)));
  for (const { attribute, value, code: sent } of added) {
    await step(`add ${attribute}, which signs in from then on`, async () => {
      await client.byPassword(name, password);
      await client.update({ [attribute]: value });
      if (sent) {
        await refused(client.verify(attribute, otherCode(await newestCode(sent.to))), 'CodeMismatchException');
        await client.verify(attribute, await newestCode(sent.to));
      }
      await signIn(value);
    });
  }
  const last = [name, ...aliases, ...added.map(({ value }) => value)].at(-1);
  await step(`forget the password, as ${last}`, async () => {
    equal(await client.forget(last), recovery.delivery, 'the delivery');
    await refused(client.reset(last, otherCode(await newestCode(recovery.to)), another), 'CodeMismatchException');
    await client.reset(last, await newestCode(recovery.to), another);
    await nobody(client.byPassword(name, password));
    await signIn(last, another);
    matching(await client.attributes(), known, 'the attributes');
  });
  if (client.sdk) {
    await step('sessions begun under either name are of one account', async () => {
      await client.sdk.setUserPoolSessionConfiguration({ UserPoolId: pool.poolId, UserSessionTracking: 'ENABLED', TokenSession: { MaxPerUser: 20 } });
      await client.byPassword(name, another);
      const first = { AccessToken: client.accessToken() };
      await client.byPassword(last, another);
      const second = { AccessToken: client.accessToken() };
      const { Sessions } = await client.sdk.listUserSessions(second);
      const { SessionId } = (await client.sdk.listUserSessions(first)).Sessions.find(({ IsCurrentSession }) => IsCurrentSession);
      check(Sessions.some((each) => each.SessionId === SessionId && !each.IsCurrentSession), 'the first is not among them');
      await client.sdk.revokeUserSession({ ...second, SessionId });
      await refused(client.sdk.getUser(first), 'NotAuthorizedException', 'Access Token has been revoked');
    });
  }
  await step('sign out', async () => {
    const AccessToken = client.accessToken();
    await client.signOut();
    await refused(wire('GetUser', { AccessToken }), 'NotAuthorizedException', 'Access Token has been revoked');
  });
}

for (const [shape, make] of Object.entries(shapes)) {
  for (const [client, at] of Object.entries(clients)) {
    await scenario(`${shape}, ${client}`, async (step) => {
      const account = make();
      const pool = await newPool({ pool: account.pool });
      await life(step, at(pool), pool, account);
    });
  }
}

end();
