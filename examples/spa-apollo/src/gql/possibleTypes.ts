
      export interface PossibleTypesResultData {
        possibleTypes: {
          [key: string]: string[]
        }
      }
      const result: PossibleTypesResultData = {
  "possibleTypes": {
    "Challenge": [
      "CustomChallenge",
      "DeviceSrpChallenge",
      "DeviceVerifierChallenge",
      "EmailOtpChallenge",
      "MfaSetupChallenge",
      "NewPasswordChallenge",
      "PasskeyChallenge",
      "PasswordChallenge",
      "SelectFactorChallenge",
      "SelectMfaChallenge",
      "SmsMfaChallenge",
      "SmsOtpChallenge",
      "SrpChallenge",
      "TotpChallenge",
      "UnknownChallenge"
    ],
    "SigninResult": [
      "AuthTokens",
      "CustomChallenge",
      "DeviceSrpChallenge",
      "DeviceVerifierChallenge",
      "EmailOtpChallenge",
      "MfaSetupChallenge",
      "NewPasswordChallenge",
      "PasskeyChallenge",
      "PasswordChallenge",
      "SelectFactorChallenge",
      "SelectMfaChallenge",
      "SmsMfaChallenge",
      "SmsOtpChallenge",
      "SrpChallenge",
      "TotpChallenge",
      "UnknownChallenge"
    ]
  }
};
      export default result;
    