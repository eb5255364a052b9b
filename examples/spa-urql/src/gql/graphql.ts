/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** An attribute to set. */
export type AttributeInput = {
  /** Name in the schema of the pool, for example `given_name` or `custom:plan`. */
  name: string;
  /** The value. Numbers and booleans are given as strings. Name attributes must be a single line. */
  value: string;
};

/** Answer to a challenge. Set exactly one field: the one for the type of the challenge. */
export type ChallengeAnswer =
  {   /** For `SmsMfaChallenge`, `EmailOtpChallenge`, `SmsOtpChallenge` and `TotpChallenge`: the code. */
  code: string; custom?: never; deviceSrp?: never; factor?: never; mfaSetup?: never; mfaType?: never; newPassword?: never; parameters?: never; passkey?: never; password?: never; srp?: never; srpA?: never; }
  |  { code?: never;   /** For `CustomChallenge`: the answer that the pool's triggers expect. */
  custom: string; deviceSrp?: never; factor?: never; mfaSetup?: never; mfaType?: never; newPassword?: never; parameters?: never; passkey?: never; password?: never; srp?: never; srpA?: never; }
  |  { code?: never; custom?: never;   /** For `DeviceSrpChallenge`. */
  deviceSrp: DeviceSrpAnswer; factor?: never; mfaSetup?: never; mfaType?: never; newPassword?: never; parameters?: never; passkey?: never; password?: never; srp?: never; srpA?: never; }
  |  { code?: never; custom?: never; deviceSrp?: never;   /** For `SelectFactorChallenge`. */
  factor: FactorAnswer; mfaSetup?: never; mfaType?: never; newPassword?: never; parameters?: never; passkey?: never; password?: never; srp?: never; srpA?: never; }
  |  { code?: never; custom?: never; deviceSrp?: never; factor?: never;   /** For `MfaSetupChallenge`. */
  mfaSetup: MfaSetupAnswer; mfaType?: never; newPassword?: never; parameters?: never; passkey?: never; password?: never; srp?: never; srpA?: never; }
  |  { code?: never; custom?: never; deviceSrp?: never; factor?: never; mfaSetup?: never;   /** For `SelectMfaChallenge`: one of `available`. */
  mfaType: string; newPassword?: never; parameters?: never; passkey?: never; password?: never; srp?: never; srpA?: never; }
  |  { code?: never; custom?: never; deviceSrp?: never; factor?: never; mfaSetup?: never; mfaType?: never;   /** For `NewPasswordChallenge`. */
  newPassword: NewPasswordAnswer; parameters?: never; passkey?: never; password?: never; srp?: never; srpA?: never; }
  |  { code?: never; custom?: never; deviceSrp?: never; factor?: never; mfaSetup?: never; mfaType?: never; newPassword?: never;   /** For `UnknownChallenge`: the challenge responses by Cognito's names. */
  parameters: Array<ChallengeParameterInput>; passkey?: never; password?: never; srp?: never; srpA?: never; }
  |  { code?: never; custom?: never; deviceSrp?: never; factor?: never; mfaSetup?: never; mfaType?: never; newPassword?: never; parameters?: never;   /** For `PasskeyChallenge`: WebAuthn AuthenticationResponseJSON, as a JSON string. */
  passkey: string; password?: never; srp?: never; srpA?: never; }
  |  { code?: never; custom?: never; deviceSrp?: never; factor?: never; mfaSetup?: never; mfaType?: never; newPassword?: never; parameters?: never; passkey?: never;   /** For `PasswordChallenge`: the password. */
  password: string; srp?: never; srpA?: never; }
  |  { code?: never; custom?: never; deviceSrp?: never; factor?: never; mfaSetup?: never; mfaType?: never; newPassword?: never; parameters?: never; passkey?: never; password?: never;   /** For `SrpChallenge` and `DeviceVerifierChallenge`: the proof. */
  srp: SrpAnswer; srpA?: never; }
  |  { code?: never; custom?: never; deviceSrp?: never; factor?: never; mfaSetup?: never; mfaType?: never; newPassword?: never; parameters?: never; passkey?: never; password?: never; srp?: never;   /** For `PasswordChallenge` with `srp`: SRP public value A of the client, hexadecimal. */
  srpA: string; };

/** A challenge response by name. */
export type ChallengeParameterInput = {
  /** Cognito's name of the response. */
  name: string;
  /** The value. */
  value: string;
};

/** Input of `completePasskeyRegistration`. */
export type CompletePasskeyRegistrationInput = {
  /** Result of `navigator.credentials.create`: WebAuthn RegistrationResponseJSON, as a JSON string. */
  credential: string;
};

/** Input of `confirmForgotPassword`. */
export type ConfirmForgotPasswordInput = {
  /** Values for the pool's triggers. */
  clientMetadata?: Array<MetadataInput> | null | undefined;
  /** The code from the message. */
  confirmationCode: string;
  /** E-mail address of the account. Set this, `phoneNumber` or `username`. */
  email?: string | null | undefined;
  /** The new password, used exactly as given. */
  newPassword: string;
  /** Phone number of the account, in E.164 form. */
  phoneNumber?: string | null | undefined;
  /** User name of the account, or an alias of it. */
  username?: string | null | undefined;
};

/** Input of `deletePasskey`. */
export type DeletePasskeyInput = {
  /** Id of the passkey. */
  id: string;
};

/** Answer to `DeviceSrpChallenge`. */
export type DeviceSrpAnswer = {
  /** Key of the device. */
  deviceKey: string;
  /** SRP public value A of the device, hexadecimal. */
  srpA: string;
};

/** Answer to `SelectFactorChallenge`. The proof may be sent along, which saves a step. */
export type FactorAnswer = {
  /** One of `SelectFactorChallenge.available`. */
  factor: string;
  /** With `WEB_AUTHN`: WebAuthn AuthenticationResponseJSON, as a JSON string. */
  passkey?: string | null | undefined;
  /** With `PASSWORD`: the password. */
  password?: string | null | undefined;
  /** With `PASSWORD_SRP`: SRP public value A of the client, hexadecimal. */
  srpA?: string | null | undefined;
};

/** State of a second factor. */
export type FactorPreferenceInput = {
  /** Whether the factor is used at sign-in. */
  enabled: boolean;
  /** Whether the factor is used first. At most one can be preferred. */
  preferred?: boolean;
};

/** First factors of a sign-in. */
export type FirstFactor =
  /** A code sent by e-mail. */
  | 'EMAIL_OTP'
  /** The password. */
  | 'PASSWORD'
  /** A proof of the password by SRP. The password does not leave the client. */
  | 'PASSWORD_SRP'
  /** A code sent by text message. */
  | 'SMS_OTP'
  /** A passkey. */
  | 'WEB_AUTHN';

/** Input of `forgotPassword`. */
export type ForgotPasswordInput = {
  /** Values for the pool's triggers. */
  clientMetadata?: Array<MetadataInput> | null | undefined;
  /** E-mail address of the account. Set this, `phoneNumber` or `username`. */
  email?: string | null | undefined;
  /** Phone number of the account, in E.164 form. */
  phoneNumber?: string | null | undefined;
  /** User name of the account, or an alias of it. */
  username?: string | null | undefined;
};

/** Input of `logout`. */
export type LogoutInput = {
  /**
   * True to end every session of the user except the one of the access token. Excludes the other fields. Also works if
   * the pool does not track sessions; their refresh tokens are then rejected by this server, but not by Cognito. Fails
   * with `NOT_ENABLED` if the app client has token revocation turned off.
   */
  others?: boolean;
  /** Refresh token of the session to end. */
  refreshToken?: string | null | undefined;
  /**
   * True to end the session of the refresh token in the cookie, if TOKEN_TRANSPORT is `cookie`. The cookie is ignored
   * if the request has an `Authorization` header.
   */
  thisSession?: boolean;
};

/** A value for the Lambda triggers of the user pool. Cognito neither checks nor encrypts it. Do not send anything secret. */
export type MetadataInput = {
  /** Name of the value. Must not be repeated. */
  key: string;
  /** The value. */
  value: string;
};

/** Input of `setMfaPreference`. Factors that are omitted do not change. */
export type MfaPreferenceInput = {
  /** Codes by e-mail. */
  email?: FactorPreferenceInput | null | undefined;
  /** Whether a passkey that verifies the user counts as both factors. */
  passkeyEnabled?: boolean | null | undefined;
  /** Codes by text message. */
  sms?: FactorPreferenceInput | null | undefined;
  /** Codes of an authenticator app. */
  totp?: FactorPreferenceInput | null | undefined;
};

/** Completes the setup of a second factor. Set either `totpCode` or `email`. */
export type MfaSetupAnswer = {
  /** Name of the authenticator app. */
  deviceName?: string | null | undefined;
  /** E-mail address to send codes to. */
  email?: string | null | undefined;
  /** Six-digit code of the authenticator app. Send it with the session of `MfaSetupChallenge.totp`. */
  totpCode?: string | null | undefined;
};

/** Answer to `NewPasswordChallenge`. */
export type NewPasswordAnswer = {
  /** The attributes that `NewPasswordChallenge.missingAttributes` lists. */
  attributes?: Array<AttributeInput> | null | undefined;
  /** The new password, used exactly as given. */
  password: string;
};

/** Input of `resendConfirmationCode`. */
export type ResendConfirmationCodeInput = {
  /** Values for the pool's triggers. */
  clientMetadata?: Array<MetadataInput> | null | undefined;
  /** E-mail address of the account. Set this, `phoneNumber` or `username`. */
  email?: string | null | undefined;
  /** Phone number of the account, in E.164 form. */
  phoneNumber?: string | null | undefined;
  /** User name of the account, or an alias of it. */
  username?: string | null | undefined;
};

/** Input of `respondToChallenge`. */
export type RespondToChallengeInput = {
  /** The answer. */
  answer: ChallengeAnswer;
  /** Values for the pool's triggers. */
  clientMetadata?: Array<MetadataInput> | null | undefined;
  /** The `session` of the challenge, unchanged. */
  session: string;
};

/** Input of `revokeSession`. */
export type RevokeSessionInput = {
  /** `Session.id`. */
  id: string;
  /**
   * True to also end the sessions that are linked to it: the single sign-on session that it came through, or, if it is a
   * single sign-on session, those that came through it.
   */
  linked?: boolean;
};

/** Input of `signin`. */
export type SigninInput = {
  /** Values for the pool's triggers. */
  clientMetadata?: Array<MetadataInput> | null | undefined;
  /** Key of a device that the pool remembers. Lets the device replace the second factor. */
  deviceKey?: string | null | undefined;
  /** E-mail address of the account. Set this, `phoneNumber` or `username`. */
  email?: string | null | undefined;
  /** The password, used exactly as given. */
  password: string;
  /** Phone number of the account, in E.164 form. */
  phoneNumber?: string | null | undefined;
  /** User name of the account, or an alias of it. */
  username?: string | null | undefined;
};

/** Names that users can sign in with. */
export type SigninName =
  /** The field `email` of an input. */
  | 'EMAIL'
  /** The field `phoneNumber` of an input. */
  | 'PHONE_NUMBER'
  /** The field `username` of an input. */
  | 'USERNAME';

/** Input of `signup`. */
export type SignupInput = {
  /**
   * Further attributes, by their names in the schema of the pool. Those that other fields of the input set must not be
   * repeated.
   */
  attributes?: Array<AttributeInput> | null | undefined;
  /** Values for the pool's triggers. */
  clientMetadata?: Array<MetadataInput> | null | undefined;
  /** E-mail address. Required if it is the only name that users sign in with. */
  email?: string | null | undefined;
  /**
   * Application-defined kind of user, stored in the attribute that MODE_ATTRIBUTE names (default `custom:mode`). Users
   * can change it; do not authorize by it.
   */
  mode?: string | null | undefined;
  /**
   * The password, used exactly as given. The policy of the pool may require more than the length. May be omitted only
   * if PASSWORDLESS_SIGNUP is on.
   */
  password?: string | null | undefined;
  /** Phone number in E.164 form. Required if it is the only name that users sign in with. */
  phoneNumber?: string | null | undefined;
  /**
   * User name to sign in with, if SIGN_IN_WITH includes user names. Otherwise a display name, stored in the attribute
   * that USERNAME_ATTRIBUTE names (default `preferred_username`).
   */
  username?: string | null | undefined;
  /** Values for the pool's pre sign-up trigger. Cognito does not store them. */
  validationData?: Array<MetadataInput> | null | undefined;
};

/** Proof of a password by SRP. */
export type SrpAnswer = {
  /** `secretBlock` of the challenge, unchanged. */
  secretBlock: string;
  /** PASSWORD_CLAIM_SIGNATURE, base64. */
  signature: string;
  /** The signed time, for example `Tue Nov 3 07:05:09 UTC 2026`. */
  timestamp: string;
};

/** Input of `startSignin`. With nothing but the account, the result is a `SelectFactorChallenge`. */
export type StartSigninInput = {
  /** Values for the pool's triggers. */
  clientMetadata?: Array<MetadataInput> | null | undefined;
  /** True to use the custom challenges of the pool. Excludes `preferredFactor`. */
  custom?: boolean | null | undefined;
  /** Key of a device that the pool remembers. Lets the device replace the second factor. */
  deviceKey?: string | null | undefined;
  /** E-mail address of the account. Set this, `phoneNumber` or `username`. */
  email?: string | null | undefined;
  /** Phone number of the account, in E.164 form. */
  phoneNumber?: string | null | undefined;
  /** First factor to start with. Excludes `custom`. */
  preferredFactor?: FirstFactor | null | undefined;
  /** SRP public value A of the client, hexadecimal. Alone, or with the factor `PASSWORD_SRP` or with `custom`. */
  srpA?: string | null | undefined;
  /** User name of the account, or an alias of it. */
  username?: string | null | undefined;
};

/** Outcome of `verifyAccount`. */
export type VerificationStatus =
  /** The account was already confirmed. The code was not checked. */
  | 'ALREADY_VERIFIED'
  /** The code was correct and the account is now confirmed. */
  | 'VERIFIED';

/** Input of `verifyAccount`. */
export type VerifyAccountInput = {
  /** Values for the pool's triggers. */
  clientMetadata?: Array<MetadataInput> | null | undefined;
  /** The code from the message. */
  confirmationCode: string;
  /** E-mail address of the account. Set this, `phoneNumber` or `username`. */
  email?: string | null | undefined;
  /** Phone number of the account, in E.164 form. */
  phoneNumber?: string | null | undefined;
  /** User name of the account, or an alias of it. */
  username?: string | null | undefined;
};

/** Input of `verifyTotp`. */
export type VerifyTotpInput = {
  /** The six digits that the app shows. */
  code: string;
  /** Name of the authenticator app. */
  deviceName?: string | null | undefined;
};

type SigninStep_AuthTokens_Fragment = { __typename: 'AuthTokens', accessToken: string };

type SigninStep_CustomChallenge_Fragment = { __typename: 'CustomChallenge', session: string, parameters: Array<{ name: string, value: string }> };

type SigninStep_DeviceSrpChallenge_Fragment = { __typename: 'DeviceSrpChallenge', session: string };

type SigninStep_DeviceVerifierChallenge_Fragment = { __typename: 'DeviceVerifierChallenge', session: string };

type SigninStep_EmailOtpChallenge_Fragment = { __typename: 'EmailOtpChallenge', session: string, codeDelivery: { destination: string } | null };

type SigninStep_MfaSetupChallenge_Fragment = { __typename: 'MfaSetupChallenge', session: string, available: Array<string>, totp: { secret: string, otpauthUri: string, session: string } | null };

type SigninStep_NewPasswordChallenge_Fragment = { __typename: 'NewPasswordChallenge', session: string, missingAttributes: Array<string> };

type SigninStep_PasskeyChallenge_Fragment = { __typename: 'PasskeyChallenge', session: string, options: string };

type SigninStep_PasswordChallenge_Fragment = { __typename: 'PasswordChallenge', session: string, srp: boolean };

type SigninStep_SelectFactorChallenge_Fragment = { __typename: 'SelectFactorChallenge', session: string, available: Array<string> };

type SigninStep_SelectMfaChallenge_Fragment = { __typename: 'SelectMfaChallenge', session: string, available: Array<string> };

type SigninStep_SmsMfaChallenge_Fragment = { __typename: 'SmsMfaChallenge', session: string, codeDelivery: { destination: string } | null };

type SigninStep_SmsOtpChallenge_Fragment = { __typename: 'SmsOtpChallenge', session: string, codeDelivery: { destination: string } | null };

type SigninStep_SrpChallenge_Fragment = { __typename: 'SrpChallenge', session: string };

type SigninStep_TotpChallenge_Fragment = { __typename: 'TotpChallenge', session: string, deviceName: string | null };

type SigninStep_UnknownChallenge_Fragment = { __typename: 'UnknownChallenge', session: string, name: string };

export type SigninStepFragment =
  | SigninStep_AuthTokens_Fragment
  | SigninStep_CustomChallenge_Fragment
  | SigninStep_DeviceSrpChallenge_Fragment
  | SigninStep_DeviceVerifierChallenge_Fragment
  | SigninStep_EmailOtpChallenge_Fragment
  | SigninStep_MfaSetupChallenge_Fragment
  | SigninStep_NewPasswordChallenge_Fragment
  | SigninStep_PasskeyChallenge_Fragment
  | SigninStep_PasswordChallenge_Fragment
  | SigninStep_SelectFactorChallenge_Fragment
  | SigninStep_SelectMfaChallenge_Fragment
  | SigninStep_SmsMfaChallenge_Fragment
  | SigninStep_SmsOtpChallenge_Fragment
  | SigninStep_SrpChallenge_Fragment
  | SigninStep_TotpChallenge_Fragment
  | SigninStep_UnknownChallenge_Fragment
;

export type SigninOptionsQueryVariables = Exact<{ [key: string]: never; }>;


export type SigninOptionsQuery = { signinOptions: { names: Array<SigninName> } };

export type SignUpMutationVariables = Exact<{
  input: SignupInput;
}>;


export type SignUpMutation = { signup: { confirmed: boolean, codeDelivery: { destination: string } | null } };

export type VerifyAccountMutationVariables = Exact<{
  input: VerifyAccountInput;
}>;


export type VerifyAccountMutation = { verifyAccount: { status: VerificationStatus, signin:
      | { __typename: 'AuthTokens', accessToken: string }
      | { __typename: 'CustomChallenge', session: string, parameters: Array<{ name: string, value: string }> }
      | { __typename: 'DeviceSrpChallenge', session: string }
      | { __typename: 'DeviceVerifierChallenge', session: string }
      | { __typename: 'EmailOtpChallenge', session: string, codeDelivery: { destination: string } | null }
      | { __typename: 'MfaSetupChallenge', session: string, available: Array<string>, totp: { secret: string, otpauthUri: string, session: string } | null }
      | { __typename: 'NewPasswordChallenge', session: string, missingAttributes: Array<string> }
      | { __typename: 'PasskeyChallenge', session: string, options: string }
      | { __typename: 'PasswordChallenge', session: string, srp: boolean }
      | { __typename: 'SelectFactorChallenge', session: string, available: Array<string> }
      | { __typename: 'SelectMfaChallenge', session: string, available: Array<string> }
      | { __typename: 'SmsMfaChallenge', session: string, codeDelivery: { destination: string } | null }
      | { __typename: 'SmsOtpChallenge', session: string, codeDelivery: { destination: string } | null }
      | { __typename: 'SrpChallenge', session: string }
      | { __typename: 'TotpChallenge', session: string, deviceName: string | null }
      | { __typename: 'UnknownChallenge', session: string, name: string }
     | null } };

export type ResendConfirmationCodeMutationVariables = Exact<{
  input: ResendConfirmationCodeInput;
}>;


export type ResendConfirmationCodeMutation = { resendConfirmationCode: { destination: string } };

export type SignInMutationVariables = Exact<{
  input: SigninInput;
}>;


export type SignInMutation = { signin:
    | { __typename: 'AuthTokens', accessToken: string }
    | { __typename: 'CustomChallenge', session: string, parameters: Array<{ name: string, value: string }> }
    | { __typename: 'DeviceSrpChallenge', session: string }
    | { __typename: 'DeviceVerifierChallenge', session: string }
    | { __typename: 'EmailOtpChallenge', session: string, codeDelivery: { destination: string } | null }
    | { __typename: 'MfaSetupChallenge', session: string, available: Array<string>, totp: { secret: string, otpauthUri: string, session: string } | null }
    | { __typename: 'NewPasswordChallenge', session: string, missingAttributes: Array<string> }
    | { __typename: 'PasskeyChallenge', session: string, options: string }
    | { __typename: 'PasswordChallenge', session: string, srp: boolean }
    | { __typename: 'SelectFactorChallenge', session: string, available: Array<string> }
    | { __typename: 'SelectMfaChallenge', session: string, available: Array<string> }
    | { __typename: 'SmsMfaChallenge', session: string, codeDelivery: { destination: string } | null }
    | { __typename: 'SmsOtpChallenge', session: string, codeDelivery: { destination: string } | null }
    | { __typename: 'SrpChallenge', session: string }
    | { __typename: 'TotpChallenge', session: string, deviceName: string | null }
    | { __typename: 'UnknownChallenge', session: string, name: string }
   };

export type StartSignInMutationVariables = Exact<{
  input: StartSigninInput;
}>;


export type StartSignInMutation = { startSignin:
    | { __typename: 'AuthTokens', accessToken: string }
    | { __typename: 'CustomChallenge', session: string, parameters: Array<{ name: string, value: string }> }
    | { __typename: 'DeviceSrpChallenge', session: string }
    | { __typename: 'DeviceVerifierChallenge', session: string }
    | { __typename: 'EmailOtpChallenge', session: string, codeDelivery: { destination: string } | null }
    | { __typename: 'MfaSetupChallenge', session: string, available: Array<string>, totp: { secret: string, otpauthUri: string, session: string } | null }
    | { __typename: 'NewPasswordChallenge', session: string, missingAttributes: Array<string> }
    | { __typename: 'PasskeyChallenge', session: string, options: string }
    | { __typename: 'PasswordChallenge', session: string, srp: boolean }
    | { __typename: 'SelectFactorChallenge', session: string, available: Array<string> }
    | { __typename: 'SelectMfaChallenge', session: string, available: Array<string> }
    | { __typename: 'SmsMfaChallenge', session: string, codeDelivery: { destination: string } | null }
    | { __typename: 'SmsOtpChallenge', session: string, codeDelivery: { destination: string } | null }
    | { __typename: 'SrpChallenge', session: string }
    | { __typename: 'TotpChallenge', session: string, deviceName: string | null }
    | { __typename: 'UnknownChallenge', session: string, name: string }
   };

export type RespondToChallengeMutationVariables = Exact<{
  input: RespondToChallengeInput;
}>;


export type RespondToChallengeMutation = { respondToChallenge:
    | { __typename: 'AuthTokens', accessToken: string }
    | { __typename: 'CustomChallenge', session: string, parameters: Array<{ name: string, value: string }> }
    | { __typename: 'DeviceSrpChallenge', session: string }
    | { __typename: 'DeviceVerifierChallenge', session: string }
    | { __typename: 'EmailOtpChallenge', session: string, codeDelivery: { destination: string } | null }
    | { __typename: 'MfaSetupChallenge', session: string, available: Array<string>, totp: { secret: string, otpauthUri: string, session: string } | null }
    | { __typename: 'NewPasswordChallenge', session: string, missingAttributes: Array<string> }
    | { __typename: 'PasskeyChallenge', session: string, options: string }
    | { __typename: 'PasswordChallenge', session: string, srp: boolean }
    | { __typename: 'SelectFactorChallenge', session: string, available: Array<string> }
    | { __typename: 'SelectMfaChallenge', session: string, available: Array<string> }
    | { __typename: 'SmsMfaChallenge', session: string, codeDelivery: { destination: string } | null }
    | { __typename: 'SmsOtpChallenge', session: string, codeDelivery: { destination: string } | null }
    | { __typename: 'SrpChallenge', session: string }
    | { __typename: 'TotpChallenge', session: string, deviceName: string | null }
    | { __typename: 'UnknownChallenge', session: string, name: string }
   };

export type RefreshTokenMutationVariables = Exact<{ [key: string]: never; }>;


export type RefreshTokenMutation = { refreshToken: { accessToken: string } };

export type SignOutMutationVariables = Exact<{
  input?: LogoutInput | null | undefined;
}>;


export type SignOutMutation = { logout: { success: boolean } };

export type ForgotPasswordMutationVariables = Exact<{
  input: ForgotPasswordInput;
}>;


export type ForgotPasswordMutation = { forgotPassword: { destination: string } };

export type ConfirmForgotPasswordMutationVariables = Exact<{
  input: ConfirmForgotPasswordInput;
}>;


export type ConfirmForgotPasswordMutation = { confirmForgotPassword: { success: boolean } };

export type MeQueryVariables = Exact<{ [key: string]: never; }>;


export type MeQuery = { me: { id: string, username: string | null, email: string | null, emailVerified: boolean | null, groups: Array<string> | null, mfa: { enabled: Array<string>, preferred: string | null } | null, passkeys: Array<{ id: string, name: string | null, createdAt: string }> | null } | null };

export type SessionsQueryVariables = Exact<{ [key: string]: never; }>;


export type SessionsQuery = { me: { id: string, sessions: { nodes: Array<{ id: string, current: boolean, device: string | null, ipAddress: string | null, lastActiveAt: string, location: { city: string | null, country: string | null } | null }> } } | null };

export type RevokeSessionMutationVariables = Exact<{
  input: RevokeSessionInput;
}>;


export type RevokeSessionMutation = { revokeSession: { success: boolean } };

export type SetUpTotpMutationVariables = Exact<{ [key: string]: never; }>;


export type SetUpTotpMutation = { setupTotp: { secret: string, otpauthUri: string } };

export type VerifyTotpMutationVariables = Exact<{
  input: VerifyTotpInput;
}>;


export type VerifyTotpMutation = { verifyTotp: { success: boolean } };

export type SetMfaPreferenceMutationVariables = Exact<{
  input: MfaPreferenceInput;
}>;


export type SetMfaPreferenceMutation = { setMfaPreference: { success: boolean } };

export type StartPasskeyRegistrationMutationVariables = Exact<{ [key: string]: never; }>;


export type StartPasskeyRegistrationMutation = { startPasskeyRegistration: { options: string } };

export type CompletePasskeyRegistrationMutationVariables = Exact<{
  input: CompletePasskeyRegistrationInput;
}>;


export type CompletePasskeyRegistrationMutation = { completePasskeyRegistration: { success: boolean } };

export type DeletePasskeyMutationVariables = Exact<{
  input: DeletePasskeyInput;
}>;


export type DeletePasskeyMutation = { deletePasskey: { success: boolean } };

export const SigninStepFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"SigninStep"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SigninResult"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"AuthTokens"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accessToken"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Challenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"session"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SmsMfaChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"codeDelivery"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"destination"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SmsOtpChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"codeDelivery"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"destination"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"EmailOtpChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"codeDelivery"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"destination"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TotpChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deviceName"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SelectMfaChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"available"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"MfaSetupChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"available"}},{"kind":"Field","name":{"kind":"Name","value":"totp"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"secret"}},{"kind":"Field","name":{"kind":"Name","value":"otpauthUri"}},{"kind":"Field","name":{"kind":"Name","value":"session"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"NewPasswordChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"missingAttributes"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PasswordChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"srp"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SelectFactorChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"available"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PasskeyChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"options"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"CustomChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"parameters"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"value"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UnknownChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]} as unknown as DocumentNode<SigninStepFragment, unknown>;
export const SigninOptionsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"SigninOptions"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"signinOptions"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"names"}}]}}]}}]} as unknown as DocumentNode<SigninOptionsQuery, SigninOptionsQueryVariables>;
export const SignUpDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"SignUp"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"SignupInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"signup"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"confirmed"}},{"kind":"Field","name":{"kind":"Name","value":"codeDelivery"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"destination"}}]}}]}}]}}]} as unknown as DocumentNode<SignUpMutation, SignUpMutationVariables>;
export const VerifyAccountDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"VerifyAccount"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"VerifyAccountInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"verifyAccount"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"signin"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"SigninStep"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"SigninStep"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SigninResult"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"AuthTokens"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accessToken"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Challenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"session"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SmsMfaChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"codeDelivery"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"destination"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SmsOtpChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"codeDelivery"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"destination"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"EmailOtpChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"codeDelivery"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"destination"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TotpChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deviceName"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SelectMfaChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"available"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"MfaSetupChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"available"}},{"kind":"Field","name":{"kind":"Name","value":"totp"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"secret"}},{"kind":"Field","name":{"kind":"Name","value":"otpauthUri"}},{"kind":"Field","name":{"kind":"Name","value":"session"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"NewPasswordChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"missingAttributes"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PasswordChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"srp"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SelectFactorChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"available"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PasskeyChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"options"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"CustomChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"parameters"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"value"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UnknownChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]} as unknown as DocumentNode<VerifyAccountMutation, VerifyAccountMutationVariables>;
export const ResendConfirmationCodeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ResendConfirmationCode"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ResendConfirmationCodeInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"resendConfirmationCode"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"destination"}}]}}]}}]} as unknown as DocumentNode<ResendConfirmationCodeMutation, ResendConfirmationCodeMutationVariables>;
export const SignInDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"SignIn"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"SigninInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"signin"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"SigninStep"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"SigninStep"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SigninResult"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"AuthTokens"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accessToken"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Challenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"session"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SmsMfaChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"codeDelivery"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"destination"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SmsOtpChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"codeDelivery"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"destination"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"EmailOtpChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"codeDelivery"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"destination"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TotpChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deviceName"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SelectMfaChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"available"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"MfaSetupChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"available"}},{"kind":"Field","name":{"kind":"Name","value":"totp"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"secret"}},{"kind":"Field","name":{"kind":"Name","value":"otpauthUri"}},{"kind":"Field","name":{"kind":"Name","value":"session"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"NewPasswordChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"missingAttributes"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PasswordChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"srp"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SelectFactorChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"available"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PasskeyChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"options"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"CustomChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"parameters"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"value"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UnknownChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]} as unknown as DocumentNode<SignInMutation, SignInMutationVariables>;
export const StartSignInDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"StartSignIn"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"StartSigninInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"startSignin"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"SigninStep"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"SigninStep"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SigninResult"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"AuthTokens"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accessToken"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Challenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"session"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SmsMfaChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"codeDelivery"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"destination"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SmsOtpChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"codeDelivery"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"destination"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"EmailOtpChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"codeDelivery"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"destination"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TotpChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deviceName"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SelectMfaChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"available"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"MfaSetupChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"available"}},{"kind":"Field","name":{"kind":"Name","value":"totp"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"secret"}},{"kind":"Field","name":{"kind":"Name","value":"otpauthUri"}},{"kind":"Field","name":{"kind":"Name","value":"session"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"NewPasswordChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"missingAttributes"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PasswordChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"srp"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SelectFactorChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"available"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PasskeyChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"options"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"CustomChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"parameters"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"value"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UnknownChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]} as unknown as DocumentNode<StartSignInMutation, StartSignInMutationVariables>;
export const RespondToChallengeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RespondToChallenge"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RespondToChallengeInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"respondToChallenge"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"SigninStep"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"SigninStep"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SigninResult"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"AuthTokens"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accessToken"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Challenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"session"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SmsMfaChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"codeDelivery"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"destination"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SmsOtpChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"codeDelivery"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"destination"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"EmailOtpChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"codeDelivery"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"destination"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TotpChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deviceName"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SelectMfaChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"available"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"MfaSetupChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"available"}},{"kind":"Field","name":{"kind":"Name","value":"totp"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"secret"}},{"kind":"Field","name":{"kind":"Name","value":"otpauthUri"}},{"kind":"Field","name":{"kind":"Name","value":"session"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"NewPasswordChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"missingAttributes"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PasswordChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"srp"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SelectFactorChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"available"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PasskeyChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"options"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"CustomChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"parameters"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"value"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UnknownChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]} as unknown as DocumentNode<RespondToChallengeMutation, RespondToChallengeMutationVariables>;
export const RefreshTokenDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RefreshToken"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"refreshToken"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accessToken"}}]}}]}}]} as unknown as DocumentNode<RefreshTokenMutation, RefreshTokenMutationVariables>;
export const SignOutDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"SignOut"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"LogoutInput"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"logout"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"success"}}]}}]}}]} as unknown as DocumentNode<SignOutMutation, SignOutMutationVariables>;
export const ForgotPasswordDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ForgotPassword"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ForgotPasswordInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"forgotPassword"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"destination"}}]}}]}}]} as unknown as DocumentNode<ForgotPasswordMutation, ForgotPasswordMutationVariables>;
export const ConfirmForgotPasswordDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ConfirmForgotPassword"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ConfirmForgotPasswordInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"confirmForgotPassword"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"success"}}]}}]}}]} as unknown as DocumentNode<ConfirmForgotPasswordMutation, ConfirmForgotPasswordMutationVariables>;
export const MeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Me"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"me"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"username"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"emailVerified"}},{"kind":"Field","name":{"kind":"Name","value":"groups"}},{"kind":"Field","name":{"kind":"Name","value":"mfa"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"enabled"}},{"kind":"Field","name":{"kind":"Name","value":"preferred"}}]}},{"kind":"Field","name":{"kind":"Name","value":"passkeys"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}}]}}]}}]}}]} as unknown as DocumentNode<MeQuery, MeQueryVariables>;
export const SessionsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Sessions"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"me"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"sessions"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"current"}},{"kind":"Field","name":{"kind":"Name","value":"device"}},{"kind":"Field","name":{"kind":"Name","value":"ipAddress"}},{"kind":"Field","name":{"kind":"Name","value":"location"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"city"}},{"kind":"Field","name":{"kind":"Name","value":"country"}}]}},{"kind":"Field","name":{"kind":"Name","value":"lastActiveAt"}}]}}]}}]}}]}}]} as unknown as DocumentNode<SessionsQuery, SessionsQueryVariables>;
export const RevokeSessionDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RevokeSession"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RevokeSessionInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"revokeSession"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"success"}}]}}]}}]} as unknown as DocumentNode<RevokeSessionMutation, RevokeSessionMutationVariables>;
export const SetUpTotpDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"SetUpTotp"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"setupTotp"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"secret"}},{"kind":"Field","name":{"kind":"Name","value":"otpauthUri"}}]}}]}}]} as unknown as DocumentNode<SetUpTotpMutation, SetUpTotpMutationVariables>;
export const VerifyTotpDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"VerifyTotp"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"VerifyTotpInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"verifyTotp"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"success"}}]}}]}}]} as unknown as DocumentNode<VerifyTotpMutation, VerifyTotpMutationVariables>;
export const SetMfaPreferenceDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"SetMfaPreference"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"MfaPreferenceInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"setMfaPreference"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"success"}}]}}]}}]} as unknown as DocumentNode<SetMfaPreferenceMutation, SetMfaPreferenceMutationVariables>;
export const StartPasskeyRegistrationDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"StartPasskeyRegistration"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"startPasskeyRegistration"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"options"}}]}}]}}]} as unknown as DocumentNode<StartPasskeyRegistrationMutation, StartPasskeyRegistrationMutationVariables>;
export const CompletePasskeyRegistrationDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CompletePasskeyRegistration"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CompletePasskeyRegistrationInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"completePasskeyRegistration"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"success"}}]}}]}}]} as unknown as DocumentNode<CompletePasskeyRegistrationMutation, CompletePasskeyRegistrationMutationVariables>;
export const DeletePasskeyDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"DeletePasskey"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DeletePasskeyInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deletePasskey"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"success"}}]}}]}}]} as unknown as DocumentNode<DeletePasskeyMutation, DeletePasskeyMutationVariables>;