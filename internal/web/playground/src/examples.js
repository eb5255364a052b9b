// The whole flow as documents that are ready to run, one in each tab.

const account = { email: 'ada@example.com', password: 'Correct-Horse-9' };

const steps = [
  {
    query: `# 1. Register.
#    A code goes to the e-mail address.
mutation Signup($input: SignupInput!) {
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
    input: { username: 'Ada', ...account, mode: 'LIGHT' },
  },
  {
    query: `# 2. Enter the code.
#    The embedded pool sends no mail;
#    its inbox shows what it would:
#    http://127.0.0.1:9229/inbox
#    (or where POOL_ADDR says)
mutation VerifyAccount($input: VerifyAccountInput!) {
  verifyAccount(input: $input) {
    status
  }
}
`,
    input: { email: account.email, confirmationCode: '000000' },
  },
  {
    query: `# No code, or too old? Ask for another.
mutation ResendConfirmationCode($input: ResendConfirmationCodeInput!) {
  resendConfirmationCode(input: $input) {
    destination
    medium
    attribute
  }
}
`,
    input: { email: account.email },
  },
  {
    query: `# 3. Sign in.
#    The page keeps the access token
#    and sends it from now on.
mutation Signin($input: SigninInput!) {
  signin(input: $input) {
    __typename
    ... on AuthTokens {
      accessToken
      refreshToken
      expiresIn
      user {
        id
      }
    }
    ... on Challenge {
      session
    }
  }
}
`,
    input: account,
  },
  {
    query: `# 4. Who am I? Needs an access token.
#    Sign in, or write in Headers:
#    {"Authorization": "Bearer ..."}
query Me {
  me {
    id
    username
    email
    groups
  }
}
`,
  },
  {
    query: `# 5. Get a new access token.
#    The panel "Sign in" shows the
#    refresh token.
mutation RefreshToken($input: RefreshTokenInput!) {
  refreshToken(input: $input) {
    accessToken
    expiresIn
  }
}
`,
    input: { refreshToken: '' },
  },
  {
    query: `# 6. End all sessions of the user. With
#    {"input": {"refreshToken": "..."}}
#    as variables only that one ends.
mutation Logout($input: LogoutInput) {
  logout(input: $input) {
    success
  }
}
`,
  },
];

/** The tabs that the playground opens with. */
export const examples = steps.map(({ query, input }) => ({
  query,
  variables: input ? JSON.stringify({ input }, null, 2) : '',
}));
