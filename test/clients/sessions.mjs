// Sessions of the embedded user pool, by the AWS SDK for JavaScript, which knows their operations.

import { check, clientId, end, equal, matching, member, newPool, password, poolId, poolUrl, refused, scenario } from './steps.mjs';
import { CognitoIdentityProvider } from '@aws-sdk/client-cognito-identity-provider';

const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
const sdk = new CognitoIdentityProvider({ region: 'us-east-1', endpoint: poolUrl, credentials, maxAttempts: 1 });

async function signIn(email, ClientId = clientId) {
  const { AuthenticationResult } = await sdk.initiateAuth({
    AuthFlow: 'USER_PASSWORD_AUTH', ClientId, AuthParameters: { USERNAME: email, PASSWORD: password },
  });
  return AuthenticationResult;
}

const list = async ({ AccessToken }) => (await sdk.listUserSessions({ AccessToken })).Sessions;
const current = async (tokens) => (await list(tokens)).find(({ IsCurrentSession }) => IsCurrentSession);

await scenario('sessions', async (step) => {
  const email = await member('sessions');
  const phone = await signIn(email);
  const laptop = await signIn(email);
  const phoneSession = await current(phone);
  await step('the list', async () => {
    const sessions = await list(laptop);
    equal(sessions.length, 2, 'the number of sessions');
    equal(sessions.filter(({ IsCurrentSession }) => IsCurrentSession).length, 1, 'the number of current sessions');
    for (const session of sessions) {
      matching(session, {
        SessionId: /^tkn[a-z0-9]{25}$/, SessionType: 'TOKEN', ClientId: clientId, LastIPAddress: '127.0.0.1', OriginSessionId: undefined,
      });
      check(session.CreateDate instanceof Date && Math.abs(Date.now() - session.CreateDate) < 60_000, `CreateDate is ${session.CreateDate}`);
    }
  });
  await step('a refresh is activity', async () => {
    await sdk.getTokensFromRefreshToken({ ClientId: clientId, RefreshToken: phone.RefreshToken });
    const { LastActiveDate, CreateDate } = await current(phone);
    check(LastActiveDate > phoneSession.LastActiveDate, 'LastActiveDate is the same');
    equal(CreateDate, phoneSession.CreateDate, 'CreateDate');
  });
  await step('the current session cannot be revoked', () =>
    refused(sdk.revokeUserSession({ AccessToken: phone.AccessToken, SessionId: phoneSession.SessionId }), 'InvalidParameterException'));
  await step('another session is revoked', async () => {
    await sdk.revokeUserSession({ AccessToken: laptop.AccessToken, SessionId: phoneSession.SessionId, RevokeAssociatedSessions: 'LINKED' });
    await refused(sdk.getUser({ AccessToken: phone.AccessToken }), 'NotAuthorizedException', 'Access Token has been revoked');
    await refused(sdk.revokeUserSession({ AccessToken: laptop.AccessToken, SessionId: phoneSession.SessionId }), 'ResourceNotFoundException');
  });
  await step('RevokeToken takes associated sessions', async () => {
    const tablet = await signIn(email);
    await sdk.revokeToken({ ClientId: clientId, Token: tablet.RefreshToken, RevokeAssociatedSessions: 'LINKED' });
    equal((await list(laptop)).length, 1, 'the number of sessions');
  });
  await step('an administrator lists and revokes', async () => {
    const { Sessions } = await sdk.adminListUserSessions({ UserPoolId: poolId, Username: email });
    equal(Sessions.map(({ IsCurrentSession }) => IsCurrentSession), [false]);
    await sdk.adminRevokeUserSession({ UserPoolId: poolId, Username: email, SessionId: Sessions[0].SessionId });
    await refused(list(laptop), 'NotAuthorizedException');
  });
});

await scenario('configuration', async (step) => {
  const other = await newPool();
  const email = await member('configuration', { in: other.poolId });
  await step('a new pool tracks no sessions', async () => {
    const found = await sdk.getUserPoolSessionConfiguration({ UserPoolId: other.poolId });
    matching(found, { UserPoolId: other.poolId, UserSessionTracking: 'DISABLED', TokenSession: { MaxPerUser: 20 } });
    await refused(list(await signIn(email, other.clientId)), 'OperationNotEnabledException');
  });
  await step('beyond the limit, the oldest session ends', async () => {
    const set = await sdk.setUserPoolSessionConfiguration({ UserPoolId: other.poolId, UserSessionTracking: 'ENABLED', TokenSession: { MaxPerUser: 1 } });
    matching(set, { UserPoolId: other.poolId, UserSessionTracking: 'ENABLED', TokenSession: { MaxPerUser: 1 } });
    const first = await signIn(email, other.clientId);
    const second = await signIn(email, other.clientId);
    await refused(list(first), 'NotAuthorizedException');
    equal((await list(second)).length, 1, 'the number of sessions');
  });
});

end();
