// An example for every root field of the schema, in the groups that the panel
// "Operations" shows. check.mjs checks them against the schema.

/**
 * Selection of a SigninResult with all that the panel "Sign in" needs. Selecting
 * `totp` starts the setup of an authenticator app.
 */
export const signinResult = `__typename
    ... on AuthTokens { accessToken refreshToken expiresIn user { id email } }
    ... on Challenge { session }
    ... on SmsMfaChallenge { codeDelivery { destination } }
    ... on EmailOtpChallenge { codeDelivery { destination } }
    ... on SmsOtpChallenge { codeDelivery { destination } }
    ... on TotpChallenge { deviceName }
    ... on SelectMfaChallenge { available }
    ... on MfaSetupChallenge { available totp { secret otpauthUri session } }
    ... on NewPasswordChallenge { missingAttributes }
    ... on PasswordChallenge { srp }
    ... on SelectFactorChallenge { available }
    ... on PasskeyChallenge { options }
    ... on CustomChallenge { parameters { name value } }
    ... on UnknownChallenge { name parameters { name value } }`;

const password = 'Correct-Horse-1';

/** Returns an answer template for a challenge. */
function answerTo(challenge) {
  switch (challenge?.__typename) {
    case 'SelectMfaChallenge':
      return { mfaType: challenge.available?.[0] ?? 'SOFTWARE_TOKEN_MFA' };
    case 'MfaSetupChallenge':
      return { mfaSetup: { totpCode: '000000' } };
    case 'NewPasswordChallenge':
      return { newPassword: { password } };
    case 'PasswordChallenge':
      return { password };
    case 'SelectFactorChallenge':
      return { factor: { factor: challenge.available?.[0] ?? 'EMAIL_OTP' } };
    case 'PasskeyChallenge':
      return { passkey: '' };
    case 'CustomChallenge':
      return { custom: '' };
    case 'UnknownChallenge':
      return { parameters: [{ name: '', value: '' }] };
    default:
      return { code: '000000' };
  }
}

/**
 * The examples. `variables` returns the variables, given what the page knows (see
 * session.js); `token` marks examples that need an access token; `label` tells
 * examples of the same root field apart; `purpose` replaces the schema's description.
 */
export const groups = [
  {
    title: 'Sign up',
    examples: [
      {
        query: `mutation Signup($input: SignupInput!) {
  signup(input: $input) {
    userId
    confirmed
    codeDelivery {
      destination
      medium
      attribute
    }
  }
}
`,
        variables: ({ email }) => ({ input: { username: 'grace', email, password, mode: 'user' } }),
      },
      {
        query: `# The embedded pool sends no mail: the code is in
# its inbox, which the panel "Operations" links to.
mutation VerifyAccount($input: VerifyAccountInput!) {
  verifyAccount(input: $input) {
    status
  }
}
`,
        variables: ({ email }) => ({ input: { email, confirmationCode: '000000' } }),
      },
      {
        query: `mutation ResendConfirmationCode($input: ResendConfirmationCodeInput!) {
  resendConfirmationCode(input: $input) {
    destination
    medium
    attribute
  }
}
`,
        variables: ({ email }) => ({ input: { email } }),
      },
    ],
  },
  {
    title: 'Sign in',
    examples: [
      {
        query: `# What users sign in with: email, phoneNumber or
# username. SIGN_IN_WITH sets it.
query SigninOptions {
  signinOptions {
    names
  }
}
`,
      },
      {
        query: `# The page keeps the tokens and sends the access
# token with every request. If the result is a
# challenge, continue in the panel "Sign in".
mutation Signin($input: SigninInput!) {
  signin(input: $input) {
    ${signinResult}
  }
}
`,
        variables: ({ email }) => ({ input: { email, password } }),
      },
      {
        query: `# Without preferredFactor, the result lists the
# first factors to choose from.
mutation StartSignin($input: StartSigninInput!) {
  startSignin(input: $input) {
    ${signinResult}
  }
}
`,
        variables: ({ email }) => ({ input: { email, preferredFactor: 'EMAIL_OTP' } }),
      },
      {
        query: `# "session" is the one of the last challenge.
mutation RespondToChallenge($input: RespondToChallengeInput!) {
  respondToChallenge(input: $input) {
    ${signinResult}
  }
}
`,
        variables: ({ challenge }) => ({
          input: { session: challenge?.totp?.session ?? challenge?.session ?? '', answer: answerTo(challenge) },
        }),
      },
    ],
  },
  {
    title: 'Session',
    examples: [
      {
        query: `query Me {
  me {
    id
    username
    email
    emailVerified
    phoneNumber
    mode
    groups
    attributes {
      name
      value
    }
  }
}
`,
        token: true,
      },
      {
        query: `# With TOKEN_TRANSPORT=cookie no input is needed.
mutation RefreshToken($input: RefreshTokenInput) {
  refreshToken(input: $input) {
    accessToken
    expiresIn
  }
}
`,
        variables: ({ cookie, refreshToken }) => (cookie ? {} : { input: { refreshToken: refreshToken ?? '' } }),
      },
      {
        label: 'this session',
        purpose: 'Ends the session of a refresh token, or of the cookie.',
        query: `mutation Logout($input: LogoutInput) {
  logout(input: $input) {
    success
  }
}
`,
        variables: ({ cookie, refreshToken }) => ({ input: cookie ? { thisSession: true } : { refreshToken: refreshToken ?? '' } }),
      },
      {
        label: 'every session',
        purpose: 'Ends every session of the caller.',
        query: `mutation LogoutEverywhere {
  logout {
    success
  }
}
`,
        token: true,
      },
      {
        label: 'every other session',
        purpose: "Ends every session of the caller except the access token's.",
        query: `mutation LogoutOthers($input: LogoutInput) {
  logout(input: $input) {
    success
  }
}
`,
        variables: () => ({ input: { others: true } }),
        token: true,
      },
      {
        label: 'sessions',
        purpose: 'Active sessions of the caller.',
        query: `query MySessions {
  me {
    sessions(first: 10) {
      nodes {
        id
        current
        device
        ipAddress
        createdAt
        lastActiveAt
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
`,
        token: true,
      },
      {
        query: `# MySessions returns the ids.
mutation RevokeSession($input: RevokeSessionInput!) {
  revokeSession(input: $input) {
    success
  }
}
`,
        variables: () => ({ input: { id: '' } }),
        token: true,
      },
    ],
  },
  {
    title: 'Password',
    examples: [
      {
        query: `mutation ForgotPassword($input: ForgotPasswordInput!) {
  forgotPassword(input: $input) {
    destination
    medium
    attribute
  }
}
`,
        variables: ({ email }) => ({ input: { email } }),
      },
      {
        query: `mutation ConfirmForgotPassword($input: ConfirmForgotPasswordInput!) {
  confirmForgotPassword(input: $input) {
    success
  }
}
`,
        variables: ({ email }) => ({ input: { email, confirmationCode: '000000', newPassword: password } }),
      },
      {
        query: `mutation ChangePassword($input: ChangePasswordInput!) {
  changePassword(input: $input) {
    success
  }
}
`,
        variables: () => ({ input: { currentPassword: password, newPassword: 'Battery-Staple-9' } }),
        token: true,
      },
    ],
  },
  {
    title: 'Profile',
    examples: [
      {
        query: `mutation UpdateUser($input: UpdateUserInput!) {
  updateUser(input: $input) {
    codeDeliveries {
      destination
      medium
      attribute
    }
  }
}
`,
        variables: () => ({ input: { attributes: [{ name: 'given_name', value: 'Grace' }] } }),
        token: true,
      },
      {
        query: `mutation DeleteUserAttributes($input: DeleteUserAttributesInput!) {
  deleteUserAttributes(input: $input) {
    success
  }
}
`,
        variables: () => ({ input: { names: ['given_name'] } }),
        token: true,
      },
      {
        query: `mutation RequestAttributeCode($input: RequestAttributeCodeInput!) {
  requestAttributeCode(input: $input) {
    destination
    medium
    attribute
  }
}
`,
        variables: () => ({ input: { attribute: 'email' } }),
        token: true,
      },
      {
        query: `mutation VerifyAttribute($input: VerifyAttributeInput!) {
  verifyAttribute(input: $input) {
    success
  }
}
`,
        variables: () => ({ input: { attribute: 'email', code: '000000' } }),
        token: true,
      },
      {
        query: `# This cannot be undone.
mutation DeleteAccount {
  deleteAccount {
    success
  }
}
`,
        token: true,
      },
    ],
  },
  {
    title: 'Second factors',
    examples: [
      {
        label: 'factors',
        purpose: 'First and second factors of the caller.',
        query: `query MyFactors {
  me {
    authFactors
    mfa {
      enabled
      preferred
    }
  }
}
`,
        token: true,
      },
      {
        query: `# Type the secret into an authenticator app, then
# enter its code with verifyTotp.
mutation SetupTotp {
  setupTotp {
    secret
    otpauthUri
  }
}
`,
        token: true,
      },
      {
        query: `mutation VerifyTotp($input: VerifyTotpInput!) {
  verifyTotp(input: $input) {
    success
  }
}
`,
        variables: () => ({ input: { code: '000000', deviceName: 'Phone' } }),
        token: true,
      },
      {
        query: `mutation SetMfaPreference($input: MfaPreferenceInput!) {
  setMfaPreference(input: $input) {
    success
  }
}
`,
        variables: () => ({ input: { totp: { enabled: true, preferred: true } } }),
        token: true,
      },
    ],
  },
  {
    title: 'Passkeys',
    examples: [
      {
        label: 'passkeys',
        purpose: 'The caller’s passkeys.',
        query: `query MyPasskeys {
  me {
    passkeys {
      id
      name
      relyingPartyId
      attachment
      transports
      createdAt
    }
  }
}
`,
        token: true,
      },
      {
        query: `# The panel "Sign in" adds a passkey for you. These
# options are for navigator.credentials.create.
mutation StartPasskeyRegistration {
  startPasskeyRegistration {
    options
  }
}
`,
        token: true,
      },
      {
        query: `mutation CompletePasskeyRegistration($input: CompletePasskeyRegistrationInput!) {
  completePasskeyRegistration(input: $input) {
    success
  }
}
`,
        variables: () => ({ input: { credential: '' } }),
        token: true,
      },
      {
        query: `mutation DeletePasskey($input: DeletePasskeyInput!) {
  deletePasskey(input: $input) {
    success
  }
}
`,
        variables: () => ({ input: { id: '' } }),
        token: true,
      },
    ],
  },
  {
    title: 'Devices',
    examples: [
      {
        label: 'devices',
        purpose: 'Devices that the caller signed in on.',
        query: `query MyDevices($first: Int!, $after: String) {
  me {
    devices(first: $first, after: $after) {
      nodes {
        key
        name
        remembered
        lastIpAddress
        lastAuthenticatedAt
      }
      nextToken
    }
  }
}
`,
        variables: () => ({ first: 10 }),
        token: true,
      },
      {
        query: `mutation ConfirmDevice($input: ConfirmDeviceInput!) {
  confirmDevice(input: $input) {
    userConfirmationNecessary
  }
}
`,
        variables: () => ({ input: { deviceKey: '', deviceName: 'Browser', passwordVerifier: '', salt: '' } }),
        token: true,
      },
      {
        query: `mutation UpdateDevice($input: UpdateDeviceInput!) {
  updateDevice(input: $input) {
    success
  }
}
`,
        variables: () => ({ input: { deviceKey: '', remembered: true } }),
        token: true,
      },
      {
        query: `mutation ForgetDevice($input: ForgetDeviceInput!) {
  forgetDevice(input: $input) {
    success
  }
}
`,
        variables: () => ({ input: { deviceKey: '' } }),
        token: true,
      },
    ],
  },
  {
    title: 'Supergraph',
    examples: [
      {
        purpose: 'Users that other subgraphs refer to.',
        query: `# Of other users, callers see id and username.
query Entities($representations: [_Any!]!) {
  _entities(representations: $representations) {
    ... on User {
      id
      username
    }
  }
}
`,
        variables: ({ id }) => ({ representations: [{ __typename: 'User', id: id ?? '' }] }),
        token: true,
      },
      {
        purpose: 'The schema to compose a supergraph from.',
        query: `query Service {
  _service {
    sdl
  }
}
`,
      },
    ],
  },
  {
    title: 'Services and messages',
    examples: [
      {
        query: `# For services: callers with a group in
# SERVICE_GROUPS or a scope in SERVICE_SCOPES.
query TokenStatus($token: String!) {
  tokenStatus(token: $token) {
    active
    reason
    userId
    groups
    scopes
    expiresAt
  }
}
`,
        variables: ({ accessToken }) => ({ token: accessToken ?? '' }),
        token: true,
      },
      {
        query: `# The values are in the notification message.
mutation SendAuthEventFeedback($input: AuthEventFeedbackInput!) {
  sendAuthEventFeedback(input: $input) {
    success
  }
}
`,
        variables: () => ({ input: { username: '', eventId: '', feedbackToken: '', valid: true } }),
      },
    ],
  },
];

/** Returns the variables of an example as text, given what the page knows. */
export function variablesOf({ variables }, { email = 'grace@example.com', ...known } = {}) {
  return variables ? JSON.stringify(variables({ email, ...known }), null, 2) : '';
}
