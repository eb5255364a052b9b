// amazon-cognito-identity-js against the embedded user pool.

import cognito from 'amazon-cognito-identity-js';
import {
  address, check, clientId, end, equal, inbox, matching, member, newestCode, newPool, otherCode, password, poolId,
  poolUrl, refused, scenario, totp, wire,
} from './steps.mjs';

const { AuthenticationDetails, CognitoUser, CognitoUserAttribute, CognitoUserPool } = cognito;

const another = 'Another-horse-10';

// storage is what localStorage is in a browser: it answers null for what it
// does not have, and the library sends that on.
function storage() {
  const items = new Map();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, String(value)),
    removeItem: (key) => void items.delete(key),
    clear: () => items.clear(),
  };
}

// browser is an application in a browser of its own.
function browser({ poolId: id = poolId, clientId: client = clientId } = {}) {
  const kept = storage();
  const pool = new CognitoUserPool({ UserPoolId: id, ClientId: client, endpoint: `${poolUrl}/`, Storage: kept });
  return {
    pool,
    kept,
    user: (name) => new CognitoUser({ Username: name, Pool: pool, Storage: kept }),
    signUp: (name, secret, attributes = []) =>
      new Promise((resolve, reject) => {
        pool.signUp(name, secret, attributes.map(attribute), [], (error, result) => (error ? reject(error) : resolve(result)));
      }),
  };
}

const attribute = ([Name, Value]) => new CognitoUserAttribute({ Name, Value });

// call turns a method that takes a callback(error, result) into a promise.
const call = (object, method, ...args) =>
  new Promise((resolve, reject) => {
    object[method](...args, (error, result) => (error ? reject(error) : resolve(result)));
  });

// steps turns a method that takes many callbacks into a promise of the name of
// the one that is called, with what it is given.
const steps = (start) =>
  new Promise((resolve, reject) => {
    const on = (name) => (...given) => resolve({ next: name, given });
    start({
      onFailure: reject,
      onSuccess: on('success'),
      newPasswordRequired: on('newPassword'),
      mfaRequired: on('sms'),
      totpRequired: on('totp'),
      selectMFAType: on('select'),
      mfaSetup: on('setup'),
      customChallenge: on('custom'),
      inputVerificationCode: on('code'),
      associateSecretCode: on('secret'),
    });
  });

const authenticate = (user, secret = password) =>
  steps((on) => user.authenticateUser(new AuthenticationDetails({ Username: user.getUsername(), Password: secret }), on));

async function signIn(user, secret) {
  const { next, given } = await authenticate(user, secret);
  equal(next, 'success', 'what follows the password');
  return given[0];
}

const attributesOf = async (user) =>
  Object.fromEntries((await call(user, 'getUserAttributes')).map((each) => [each.getName(), each.getValue()]));

const userData = (user) =>
  new Promise((resolve, reject) => {
    user.getUserData((error, data) => (error ? reject(error) : resolve(data)), { bypassCache: true });
  });

// refresh asks for new tokens without the library.
const refresh = (client, session) =>
  wire('InitiateAuth', {
    AuthFlow: 'REFRESH_TOKEN_AUTH', ClientId: client, AuthParameters: { REFRESH_TOKEN: session.getRefreshToken().getToken() },
  });

await scenario('account', async (step) => {
  const app = browser();
  const email = address('account');
  await step('a weak password is refused', () =>
    refused(app.signUp(email, 'horse'), 'InvalidPasswordException', 'Password did not conform with policy: Password not long enough'));
  await step('an attribute that is not in the schema is refused', () =>
    refused(app.signUp(email, password, [['custom:none', 'x']]), 'InvalidParameterException'));
  const { user } = await step('sign up', async () => {
    const result = await app.signUp(email, password, [['email', email], ['name', 'Ada'], ['custom:mode', 'dark']]);
    matching(result, { userConfirmed: false, userSub: /^[0-9a-f-]{36}$/ });
    equal(result.codeDeliveryDetails, { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'a***@e***' });
    return result;
  });
  await step('the address is taken', () => refused(app.signUp(email, password), 'UsernameExistsException'));
  await step('an unconfirmed user cannot sign in', () =>
    refused(() => authenticate(user), 'UserNotConfirmedException', 'User is not confirmed.'));
  await step('a wrong code is refused', async () =>
    refused(call(user, 'confirmRegistration', otherCode(await newestCode(email)), false), 'CodeMismatchException',
      'Invalid verification code provided, please try again.'));
  await step('have the code sent again', async () => {
    matching(await call(user, 'resendConfirmationCode'), { CodeDeliveryDetails: { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'a***@e***' } });
    equal((await inbox(email)).length, 2, 'the number of messages');
  });
  await step('confirm', async () => equal(await call(user, 'confirmRegistration', await newestCode(email), false), 'SUCCESS'));
  await step('confirming again is refused', () =>
    refused(call(user, 'confirmRegistration', '123456', false), 'NotAuthorizedException', 'User cannot be confirmed. Current status is CONFIRMED'));
  await step('sign in by SRP', async () => {
    const session = await signIn(user);
    const id = session.getIdToken().decodePayload();
    matching(id, { email, email_verified: true, name: 'Ada', 'custom:mode': 'dark', aud: clientId, token_use: 'id' }, 'the ID token');
    const access = session.getAccessToken().decodePayload();
    matching(access, { client_id: clientId, token_use: 'access', scope: 'aws.cognito.signin.user.admin', sub: id.sub, username: id.sub }, 'the access token');
    equal(access.aud, undefined, 'aud of the access token');
    equal(access.origin_jti, id.origin_jti, 'origin_jti');
    equal(user.getUsername(), id.sub, 'the user name after SRP');
  });
  await step('the current user is found in the storage', async () => {
    const again = app.pool.getCurrentUser();
    check((await call(again, 'getSession')).isValid(), 'the stored session is not valid');
    matching(await attributesOf(again), { email }, 'the attributes');
  });
});

await scenario('sign-in', async (step) => {
  const email = await member('signin');
  await step('a wrong password is refused', () =>
    refused(() => authenticate(browser().user(email), 'Wrong-horse-11'), 'NotAuthorizedException', 'Incorrect username or password.'));
  await step('an unknown user is refused alike', () =>
    refused(() => authenticate(browser().user('nobody@example.com')), 'NotAuthorizedException', 'Incorrect username or password.'));
  await step('by SRP, five times', async () => {
    for (let i = 0; i < 5; i++) await signIn(browser().user(email)); // numbers with and without a sign byte
  });
  await step('by SRP, with the address in another case', () => signIn(browser().user(email.toUpperCase())));
  await step('by SRP, with a password that is not ASCII', async () => {
    await wire('AdminSetUserPassword', { UserPoolId: poolId, Username: email, Password: 'Gäßchen-horse 9 😀', Permanent: true });
    await signIn(browser().user(email), 'Gäßchen-horse 9 😀');
  });
  await step('by password', async () => {
    const user = browser().user(email);
    user.setAuthenticationFlowType('USER_PASSWORD_AUTH');
    await signIn(user, 'Gäßchen-horse 9 😀');
  });
  await step('a disabled user is refused', async () => {
    await wire('AdminDisableUser', { UserPoolId: poolId, Username: email });
    await refused(() => authenticate(browser().user(email), 'Gäßchen-horse 9 😀'), 'NotAuthorizedException', 'User is disabled.');
  });
  await step('a user who must reset the password is told so', async () => {
    const reset = await member('reset');
    await wire('AdminResetUserPassword', { UserPoolId: poolId, Username: reset });
    await refused(() => authenticate(browser().user(reset)), 'PasswordResetRequiredException', 'Password reset required for the user');
  });
  await step('where existence is not hidden, an unknown user is named', async () => {
    const legacy = await newPool({ client: { PreventUserExistenceErrors: 'LEGACY' } });
    await refused(() => authenticate(browser(legacy).user('nobody@example.com')), 'UserNotFoundException', 'User does not exist.');
  });
  await step('an unknown app client is named', () =>
    refused(() => authenticate(browser({ clientId: 'a1b2c3d4e5f6g7h8i9j0k1l2m3' }).user(email)), 'ResourceNotFoundException',
      'User pool client a1b2c3d4e5f6g7h8i9j0k1l2m3 does not exist.'));
});

await scenario('names', async (step) => {
  const pool = await newPool({ pool: { UsernameAttributes: undefined, AliasAttributes: ['email', 'preferred_username'] } });
  const app = browser(pool);
  const email = address('alias');
  const { user } = await step('sign up with a user name', () => app.signUp('Ada', password, [['email', email]]));
  await step('an unverified alias is nobody', () =>
    refused(() => authenticate(app.user(email)), 'NotAuthorizedException', 'Incorrect username or password.'));
  await step('confirm', async () => call(user, 'confirmRegistration', await newestCode(email), false));
  await step('sign in by user name', async () => {
    const session = await signIn(browser(pool).user('Ada'));
    equal(session.getAccessToken().decodePayload().username, 'Ada');
    equal(session.getIdToken().decodePayload()['cognito:username'], 'Ada');
  });
  await step('sign in by alias, which SRP hashes as the user name', async () => {
    const other = browser(pool).user(email);
    await signIn(other);
    equal(other.getUsername(), 'Ada', 'the user name after SRP');
  });
});

await scenario('session', async (step) => {
  const email = await member('session');
  const app = browser();
  const user = app.user(email);
  const session = await step('sign in', () => signIn(user));
  const refreshed = await step('refresh', async () => {
    const next = await call(user, 'refreshSession', session.getRefreshToken());
    const [old, fresh] = [session, next].map((each) => each.getAccessToken().decodePayload());
    matching(fresh, { sub: old.sub, origin_jti: old.origin_jti, auth_time: old.auth_time }, 'the access token');
    check(fresh.jti !== old.jti, 'jti is the same');
    equal(next.getRefreshToken().getToken(), session.getRefreshToken().getToken(), 'the refresh token');
    return next;
  });
  await step('a session that has run out is refreshed unasked', async () => {
    const key = `CognitoIdentityServiceProvider.${clientId}.${user.getUsername()}.clockDrift`;
    app.kept.setItem(key, -2 * 3600); // the library believes that its clock is two hours slow
    const again = app.pool.getCurrentUser();
    const next = await call(again, 'getSession');
    check(next.getAccessToken().getJwtToken() !== refreshed.getAccessToken().getJwtToken(), 'it is the old access token');
  });
  await step('attributes', async () => {
    matching(await attributesOf(user), { email, email_verified: 'true', sub: /^[0-9a-f-]{36}$/ });
  });
  await step('user data, which has no MFA settings', async () => {
    const data = await userData(user);
    equal([data.UserMFASettingList, data.PreferredMfaSetting, data.MFAOptions], [undefined, undefined, undefined]);
  });
  await step('update attributes', async () => {
    await call(user, 'updateAttributes', [['name', 'Ada'], ['custom:mode', 'dark'], ['locale', 'en']].map(attribute));
    matching(await attributesOf(user), { name: 'Ada', 'custom:mode': 'dark', locale: 'en' });
  });
  await step('an attribute that is not in the schema is refused', () =>
    refused(call(user, 'updateAttributes', [attribute(['custom:none', 'x'])]), 'InvalidParameterException',
      'user.custom:none: Attribute does not exist in the schema.'));
  await step('email_verified cannot be written', () =>
    refused(call(user, 'updateAttributes', [attribute(['email_verified', 'true'])]), 'NotAuthorizedException',
      'A client attempted to write unauthorized attribute'));
  await step('delete attributes', async () => {
    await call(user, 'deleteAttributes', ['locale', 'custom:mode']);
    const now = await attributesOf(user);
    equal([now.locale, now['custom:mode'], now.name], [undefined, undefined, 'Ada']);
  });
  await step('change the password: the old one has to be right', () =>
    refused(call(user, 'changePassword', 'Wrong-horse-11', another), 'NotAuthorizedException', 'Incorrect username or password.'));
  await step('change the password: the new one has to be good', () => refused(call(user, 'changePassword', password, 'horse-horse'), 'InvalidPasswordException'));
  await step('change the password', async () => equal(await call(user, 'changePassword', password, another), 'SUCCESS'));
  await step('the old password is refused by SRP', () =>
    refused(() => authenticate(browser().user(email)), 'NotAuthorizedException', 'Incorrect username or password.'));
  await step('the new password signs in', () => signIn(browser().user(email), another));
});

for (const [name, early] of [['a new address', true], ['a new address that has to be verified first', false]]) {
  await scenario(name, async (step) => {
    const settings = early ? {} : { UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] } };
    const pool = await newPool({ pool: settings });
    const [email, moved] = [await member('address', { in: pool.poolId }), address('moved')];
    const user = browser(pool).user(email);
    await signIn(user);
    await step('update it', async () => {
      await call(user, 'updateAttributes', [attribute(['email', moved])]);
      matching(await attributesOf(user), early ? { email: moved, email_verified: 'false' } : { email, email_verified: 'true' });
      equal((await inbox(moved)).length, 1, 'the number of messages to it');
    });
    if (early) {
      await step('have the code for it sent again', async () => {
        const { next, given } = await steps((on) => user.getAttributeVerificationCode('email', on));
        equal(next, 'code');
        equal(given[0].CodeDeliveryDetails, { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'm***@e***' });
      });
    } else {
      await step('sign in with the old one', () => signIn(browser(pool).user(email)));
    }
    await step('a wrong code for it is refused', async () =>
      refused(steps(async (on) => user.verifyAttribute('email', otherCode(await newestCode(moved)), on)), 'CodeMismatchException'));
    await step('verify it', async () => {
      await steps(async (on) => user.verifyAttribute('email', await newestCode(moved), on));
      matching(await attributesOf(user), { email: moved, email_verified: 'true' });
    });
    await step('sign in with it', () => signIn(browser(pool).user(moved)));
    await step('the old one is nobody', () =>
      refused(() => authenticate(browser(pool).user(email)), 'NotAuthorizedException', 'Incorrect username or password.'));
  });
}

await scenario('forgotten password', async (step) => {
  const email = await member('forgotten');
  const user = browser().user(email);
  await step('have a code sent', async () => {
    const { next, given } = await steps((on) => user.forgotPassword(on));
    equal(next, 'code');
    equal(given[0].CodeDeliveryDetails, { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'f***@e***' });
  });
  await step('for nobody, a delivery is simulated', async () => {
    const { given } = await steps((on) => browser().user('nobody@example.com').forgotPassword(on));
    equal(given[0].CodeDeliveryDetails, { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'n***@e***' });
    equal((await inbox('nobody@example.com')).length, 0, 'the number of messages to nobody');
  });
  await step('a wrong code is refused', async () =>
    refused(steps(async (on) => user.confirmPassword(otherCode(await newestCode(email)), another, on)), 'CodeMismatchException'));
  await step('a weak password is refused and the code is still good', async () =>
    refused(steps(async (on) => user.confirmPassword(await newestCode(email), 'horse-horse', on)), 'InvalidPasswordException'));
  await step('set a new password', async () => {
    const { given } = await steps(async (on) => user.confirmPassword(await newestCode(email), another, on));
    equal(given[0], 'SUCCESS');
  });
  await step('the code cannot be used again', async () =>
    refused(steps(async (on) => user.confirmPassword(await newestCode(email), password, on)), 'ExpiredCodeException',
      'Invalid code provided, please request a code again.'));
  await step('sign in with it', () => signIn(browser().user(email), another));
});

await scenario('new password required', async (step) => {
  const email = address('invited');
  await wire('AdminCreateUser', {
    UserPoolId: poolId, Username: email, TemporaryPassword: 'Temporary-1',
    UserAttributes: [{ Name: 'email', Value: email }, { Name: 'email_verified', Value: 'true' }, { Name: 'locale', Value: 'en' }],
  });
  const user = browser().user(email);
  await step('the mail has the temporary password', async () => equal(await newestCode(email), 'Temporary-1'));
  await step('the challenge tells what is known and what is missing', async () => {
    const { next, given } = await authenticate(user, 'Temporary-1');
    equal(next, 'newPassword');
    const [known, missing] = given;
    matching(known, { email, email_verified: 'true', locale: 'en', sub: undefined }, 'userAttributes');
    equal(missing, [], 'requiredAttributes');
  });
  await step('a weak password is refused and the challenge stands', () =>
    refused(steps((on) => user.completeNewPasswordChallenge('horse-horse', {}, on)), 'InvalidPasswordException'));
  await step('set a password, and a name', async () => {
    const { next, given } = await steps((on) => user.completeNewPasswordChallenge(password, { name: 'Ada' }, on));
    equal(next, 'success');
    matching(given[0].getIdToken().decodePayload(), { name: 'Ada', email });
  });
  await step('sign in with it', () => signIn(browser().user(email)));
  await step('the temporary password is nothing any more', () =>
    refused(() => authenticate(browser().user(email), 'Temporary-1'), 'NotAuthorizedException', 'Incorrect username or password.'));
});

await scenario('sign-out', async (step) => {
  const email = await member('signout');
  const [phone, laptop] = [browser(), browser()];
  const [onPhone, onLaptop] = [phone.user(email), laptop.user(email)];
  const session = await step('sign in twice', async () => {
    await signIn(onLaptop);
    return signIn(onPhone);
  });
  await step('one session is revoked', async () => {
    await new Promise((resolve, reject) => onPhone.signOut((error) => (error ? reject(error) : resolve())));
    equal(phone.pool.getCurrentUser(), null, 'the stored user');
    await refused(wire('GetUser', { AccessToken: session.getAccessToken().getJwtToken() }), 'NotAuthorizedException', 'Access Token has been revoked');
  });
  await step('the other goes on', async () => matching(await attributesOf(onLaptop), { email }));
  await step('its tokens cannot be refreshed', () => // without the library, which would try for six seconds
    refused(refresh(clientId, session), 'NotAuthorizedException', 'Refresh Token has been revoked'));
  await step('globally', async () => {
    const again = browser().user(email);
    await signIn(again);
    equal((await steps((on) => again.globalSignOut(on))).given[0], 'SUCCESS');
    await refused(call(onLaptop, 'getUserAttributes'), 'NotAuthorizedException', 'Access Token has been revoked');
  });
  await step('sign in after that', () => signIn(onLaptop));
  await step('delete the user', async () => {
    equal(await call(onLaptop, 'deleteUser'), 'SUCCESS');
    await refused(() => authenticate(browser().user(email)), 'NotAuthorizedException', 'Incorrect username or password.');
  });
});

await scenario('TOTP', async (step) => {
  const email = await member('totp');
  const user = browser().user(email);
  await step('sign in', () => signIn(user));
  const secret = await step('get a secret', async () => {
    const { next, given } = await steps((on) => user.associateSoftwareToken(on));
    equal(next, 'secret');
    check(/^[A-Z2-7]{16,}$/.test(given[0]), `the secret is ${given[0]}`);
    return given[0];
  });
  await step('it cannot be preferred before it is verified', () =>
    refused(call(user, 'setUserMfaPreference', null, { Enabled: true, PreferredMfa: true }), 'InvalidParameterException'));
  await step('a wrong code is refused', async () =>
    refused(steps(async (on) => user.verifySoftwareToken(otherCode(await totp(secret)), 'phone', on)), 'EnableSoftwareTokenMFAException',
      'Code mismatch and fail enable Software Token MFA'));
  await step('verify', async () => {
    const { given } = await steps(async (on) => user.verifySoftwareToken(await totp(secret), 'phone', on));
    matching(given[0], { Status: 'SUCCESS' });
  });
  await step('verified alone, it is not asked for where MFA is optional', () => signIn(browser().user(email)));
  await step('prefer it', async () => {
    equal(await call(user, 'setUserMfaPreference', null, { Enabled: true, PreferredMfa: true }), 'SUCCESS');
    matching(await userData(user), { PreferredMfaSetting: 'SOFTWARE_TOKEN_MFA', UserMFASettingList: ['SOFTWARE_TOKEN_MFA'] });
  });
  const other = browser().user(email);
  await step('it is asked for after SRP', async () => equal((await authenticate(other)).next, 'totp'));
  await step('a wrong code is refused and the challenge stands', async () =>
    refused(steps(async (on) => other.sendMFACode(otherCode(await totp(secret)), on, 'SOFTWARE_TOKEN_MFA')), 'CodeMismatchException',
      'Invalid code received for user'));
  await step('sign in with a code', async () => {
    const code = await totp(secret);
    const { next } = await steps((on) => other.sendMFACode(code, on, 'SOFTWARE_TOKEN_MFA'));
    equal(next, 'success');
    const third = browser().user(email);
    await authenticate(third);
    await refused(steps((on) => third.sendMFACode(code, on, 'SOFTWARE_TOKEN_MFA')), 'ExpiredCodeException',
      'Your software token has already been used once.');
  });
  await step('switch it off', async () => {
    await call(user, 'setUserMfaPreference', null, { Enabled: false, PreferredMfa: false });
    await signIn(browser().user(email));
  });
});

await scenario('MFA set-up at sign-in', async (step) => {
  const pool = await newPool({ mfa: { MfaConfiguration: 'ON', SoftwareTokenMfaConfiguration: { Enabled: true } } });
  const email = await member('setup', { in: pool.poolId });
  const user = browser(pool).user(email);
  await step('the challenge says what can be set up', async () => {
    const { next, given } = await authenticate(user);
    equal(next, 'setup');
    equal(JSON.parse(given[1].MFAS_CAN_SETUP), ['SOFTWARE_TOKEN_MFA']);
  });
  const secret = await step('get a secret with the session', async () => (await steps((on) => user.associateSoftwareToken(on))).given[0]);
  await step('verify, which ends the sign-in', async () => {
    const { given } = await steps(async (on) => user.verifySoftwareToken(await totp(secret), 'phone', on));
    check(given[0].isValid(), 'there is no session');
  });
  await step('the next sign-in asks for it', async () => {
    const next = browser(pool).user(email);
    equal((await authenticate(next)).next, 'totp');
    equal((await steps(async (on) => next.sendMFACode(await totp(secret), on, 'SOFTWARE_TOKEN_MFA'))).next, 'success');
  });
});

await scenario('SMS and the choice of a factor', async (step) => {
  const sms = { SmsAuthenticationMessage: '{####}', SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' } };
  const pool = await newPool({ mfa: { MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true }, SmsMfaConfiguration: sms } });
  const phone = '+15555550123';
  const email = await member('sms', { in: pool.poolId, attributes: { phone_number: phone, phone_number_verified: 'true' } });
  const user = browser(pool).user(email);
  await signIn(user);
  await step('switch SMS on', async () => equal(await call(user, 'setUserMfaPreference', { Enabled: true, PreferredMfa: true }, null), 'SUCCESS'));
  await step('sign in with a code by SMS', async () => {
    const next = browser(pool).user(email);
    const asked = await authenticate(next);
    equal(asked.next, 'sms');
    matching(asked.given[1], { CODE_DELIVERY_DELIVERY_MEDIUM: 'SMS', CODE_DELIVERY_DESTINATION: '+*******0123' });
    await refused(steps(async (on) => next.sendMFACode(otherCode(await newestCode(phone)), on)), 'CodeMismatchException', 'Invalid code or auth state for the user.');
    equal((await steps(async (on) => next.sendMFACode(await newestCode(phone), on))).next, 'success');
  });
  const secret = await step('add TOTP, and prefer neither', async () => {
    const { given } = await steps((on) => user.associateSoftwareToken(on));
    await steps(async (on) => user.verifySoftwareToken(await totp(given[0]), 'phone', on));
    await call(user, 'setUserMfaPreference', { Enabled: true, PreferredMfa: false }, { Enabled: true, PreferredMfa: false });
    return given[0];
  });
  await step('choose at sign-in', async () => {
    const next = browser(pool).user(email);
    const asked = await authenticate(next);
    equal(asked.next, 'select');
    equal(JSON.parse(asked.given[1].MFAS_CAN_CHOOSE).sort(), ['SMS_MFA', 'SOFTWARE_TOKEN_MFA']);
    equal((await steps((on) => next.sendMFASelectionAnswer('SOFTWARE_TOKEN_MFA', on))).next, 'totp');
    equal((await steps(async (on) => next.sendMFACode(await totp(secret), on, 'SOFTWARE_TOKEN_MFA'))).next, 'success');
  });
});

for (const [name, onPrompt] of [['devices, always remembered', false], ['devices, remembered on request', true]]) {
  await scenario(name, async (step) => {
    const pool = await newPool({
      pool: { DeviceConfiguration: { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: onPrompt } },
      mfa: { MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true } },
    });
    const email = await member('device', { in: pool.poolId });
    const app = browser(pool);
    const first = app.user(email);
    const session = await step('sign in, which confirms the device', async () => {
      const { next, given } = await authenticate(first);
      equal(next, 'success');
      equal(given[1], onPrompt ? true : undefined, 'whether the user has to be asked');
      check(/^us-east-1_[0-9a-f-]{36}$/.test(first.deviceKey), `the device key is ${first.deviceKey}`);
      return given[0];
    });
    const secret = await step('set TOTP up', async () => {
      const { given } = await steps((on) => first.associateSoftwareToken(on));
      await steps(async (on) => first.verifySoftwareToken(await totp(given[0]), 'phone', on));
      await call(first, 'setUserMfaPreference', null, { Enabled: true, PreferredMfa: true });
      return given[0];
    });
    await step('the session refreshes with the device key', async () => {
      const next = await call(first, 'refreshSession', session.getRefreshToken());
      equal(next.getAccessToken().decodePayload().device_key, first.deviceKey, 'device_key of the access token');
    });
    await step('and not without it', () =>
      refused(refresh(pool.clientId, session), 'NotAuthorizedException', 'Invalid Refresh Token'));
    if (onPrompt) {
      await step('a device that is not remembered does not spare the code', async () => {
        const next = app.user(email);
        equal((await authenticate(next)).next, 'totp');
        equal((await steps(async (on) => next.sendMFACode(await totp(secret), on, 'SOFTWARE_TOKEN_MFA'))).next, 'success');
      });
      await step('remember it', async () => equal((await steps((on) => first.setDeviceStatusRemembered(on))).given[0], 'SUCCESS'));
    }
    const second = app.user(email);
    await step('sign in on the remembered device, by device SRP and without a code', async () => {
      const { next, given } = await authenticate(second);
      equal(next, 'success');
      equal(given[0].getAccessToken().decodePayload().device_key, first.deviceKey, 'device_key of the access token');
    });
    await step('by device SRP, again', async () => equal((await authenticate(app.user(email))).next, 'success'));
    await step('another device is asked for a code, and is new', async () => {
      const elsewhere = browser(pool).user(email);
      equal((await authenticate(elsewhere)).next, 'totp');
      equal((await steps(async (on) => elsewhere.sendMFACode(await totp(secret), on, 'SOFTWARE_TOKEN_MFA'))).next, 'success');
      check(elsewhere.deviceKey && elsewhere.deviceKey !== first.deviceKey, 'it has no device key of its own');
    });
    await step('list the devices', async () => {
      const { Devices } = (await steps((on) => second.listDevices(10, null, on))).given[0];
      equal(Devices.length, 2, 'their number');
      const mine = Devices.find((each) => each.DeviceKey === first.deviceKey);
      check(mine, 'this one is not among them');
      const attributes = Object.fromEntries(mine.DeviceAttributes.map(({ Name, Value }) => [Name, Value]));
      matching(attributes, { device_status: 'valid', device_name: /node/i, last_ip_used: /^127\.0\.0\.1$/ }, 'the attributes');
      if (onPrompt) matching(attributes, { 'dev:device_remembered_status': 'remembered' });
      for (const name of ['DeviceCreateDate', 'DeviceLastModifiedDate', 'DeviceLastAuthenticatedDate']) equal(typeof mine[name], 'number', name);
    });
    await step('page through them', async () => {
      const one = (await steps((on) => second.listDevices(1, null, on))).given[0];
      check(one.PaginationToken, 'there is no PaginationToken');
      const two = (await steps((on) => second.listDevices(1, one.PaginationToken, on))).given[0];
      check(two.Devices[0].DeviceKey !== one.Devices[0].DeviceKey, 'both pages are the same');
    });
    await step('look at one', async () => equal((await steps((on) => second.getDevice(on))).given[0].Device.DeviceKey, first.deviceKey));
    await step('do not remember it', async () => {
      await steps((on) => second.setDeviceStatusNotRemembered(on));
      equal((await authenticate(app.user(email))).next, 'totp', 'what follows the password');
    });
    await step('forget it', async () => {
      const DeviceKey = second.deviceKey;
      const AccessToken = second.getSignInUserSession().getAccessToken().getJwtToken();
      equal((await steps((on) => second.forgetDevice(on))).given[0], 'SUCCESS');
      await refused(wire('GetDevice', { AccessToken, DeviceKey }), 'ResourceNotFoundException', 'Device does not exist.');
    });
    await step('a forgotten device is dropped by the client, and signs in as a new one', async () => {
      const next = app.user(email);
      equal((await authenticate(next)).next, 'totp');
      equal((await steps(async (on) => next.sendMFACode(await totp(secret), on, 'SOFTWARE_TOKEN_MFA'))).next, 'success');
      check(next.deviceKey !== first.deviceKey, 'it has the old key');
    });
  });
}

end();
