// The tokens of the embedded user pool, before those who check tokens.

import { address, check, clientId, end, equal, matching, member, newPool, password, poolId, poolUrl, scenario, wire } from './steps.mjs';
import { JwtVerifier } from 'aws-jwt-verify';
import { validateCognitoJwtFields } from 'aws-jwt-verify/cognito-verifier';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';

const json = async (url) => (await fetch(url)).json();

async function signIn({ clientId: ClientId = clientId } = {}, email) {
  const { AuthenticationResult } = await wire('InitiateAuth', {
    AuthFlow: 'USER_PASSWORD_AUTH', ClientId, AuthParameters: { USERNAME: email, PASSWORD: password },
  });
  return AuthenticationResult;
}

// fails wants a check to fail, with an error of a name.
async function fails(work, name) {
  try {
    await work();
  } catch (error) {
    return equal(error.constructor.name, name, `the error (${error.message})`);
  }
  throw new Error('it is taken for good');
}

const issuer = `${poolUrl}/${poolId}`;
const discovery = await json(`${issuer}/.well-known/openid-configuration`);
const email = await member('tokens');
await wire('CreateGroup', { UserPoolId: poolId, GroupName: 'admins' });
await wire('AdminAddUserToGroup', { UserPoolId: poolId, GroupName: 'admins', Username: email });
const given = await signIn({}, email);
const other = await newPool();
const foreign = await signIn(other, await member('foreign', { in: other.poolId }));

await scenario('aws-jwt-verify', async (step) => {
  // Its CognitoJwtVerifier knows but Amazon's own issuer, and its fetcher but
  // https; the rest of it is here.
  const jwksCache = new SimpleJwksCache({ fetcher: { fetch: async (url) => (await fetch(url)).arrayBuffer() } });
  const verify = (token, expected) =>
    JwtVerifier.create(
      {
        issuer, audience: null, jwksUri: `${issuer}/.well-known/jwks.json`,
        customJwtCheck: ({ payload }) => validateCognitoJwtFields(payload, { groups: null, clientId, ...expected }),
      },
      { jwksCache },
    ).verify(token);
  await step('the access token', async () => matching(await verify(given.AccessToken, { tokenUse: 'access', groups: 'admins' }), { client_id: clientId, aud: undefined }));
  await step('the ID token', async () => matching(await verify(given.IdToken, { tokenUse: 'id', groups: ['admins', 'founders'] }), { email, email_verified: true }));
  await step('neither is the other', async () => {
    await fails(() => verify(given.IdToken, { tokenUse: 'access' }), 'CognitoJwtInvalidTokenUseError');
    await fails(() => verify(given.AccessToken, { tokenUse: 'id' }), 'CognitoJwtInvalidTokenUseError');
  });
  await step('another client is refused', () => fails(() => verify(given.AccessToken, { tokenUse: 'access', clientId: other.clientId }), 'CognitoJwtInvalidClientIdError'));
  await step('a group that the user is not in is refused', () => fails(() => verify(given.AccessToken, { tokenUse: 'access', groups: 'founders' }), 'CognitoJwtInvalidGroupError'));
  await step("another pool's token is refused", () => fails(() => verify(foreign.AccessToken, { tokenUse: 'access' }), 'KidNotFoundInJwksError'));
});

await scenario('jose', async (step) => {
  equal(discovery.issuer, issuer, 'the issuer of the discovery document');
  const keys = createRemoteJWKSet(new URL(discovery.jwks_uri));
  const rules = { issuer, algorithms: discovery.id_token_signing_alg_values_supported };
  await step('the ID token', async () => {
    const { payload, protectedHeader } = await jwtVerify(given.IdToken, keys, { ...rules, audience: clientId, requiredClaims: ['sub', 'exp', 'iat', 'auth_time'] });
    matching(payload, { token_use: 'id', email });
    equal(Object.keys(protectedHeader).sort(), ['alg', 'kid']);
  });
  await step('the access token, which has no audience', async () => {
    const { payload } = await jwtVerify(given.AccessToken, keys, { ...rules, requiredClaims: ['client_id', 'scope', 'username', 'jti', 'origin_jti', 'event_id'] });
    equal(payload.aud, undefined, 'aud');
    await fails(() => jwtVerify(given.AccessToken, keys, { ...rules, audience: clientId }), 'JWTClaimValidationFailed');
  });
  await step('they are signed with different keys', () => {
    check(decodeProtectedHeader(given.AccessToken).kid !== decodeProtectedHeader(given.IdToken).kid, 'it is the same');
  });
  await step('the refresh token is encrypted, and nothing to read', () => {
    equal(given.RefreshToken.split('.').length, 5, 'the number of its parts');
    matching(decodeProtectedHeader(given.RefreshToken), { cty: 'JWT', enc: 'A256GCM' });
  });
  await step("another pool's token is refused", () => fails(() => jwtVerify(foreign.IdToken, keys, rules), 'JWKSNoMatchingKey'));
  await step('a changed token is refused', () => {
    const [header, payload, signature] = given.IdToken.split('.');
    const changed = Buffer.from(payload, 'base64url').toString().replace(email, address('eve'));
    return fails(() => jwtVerify([header, Buffer.from(changed).toString('base64url'), signature].join('.'), keys, rules), 'JWSSignatureVerificationFailed');
  });
});

end();
