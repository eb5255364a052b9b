package cognito

import (
	"strings"
	"testing"
)

// Every path in extensions.field exists in the input of the mutation.
func TestInputPathsExist(t *testing.T) {
	schema := loadSchema(t)
	inputs := map[operation]string{
		opSignUp: "SignupInput", opConfirmSignUp: "VerifyAccountInput", opResendConfirmationCode: "ResendConfirmationCodeInput",
		opInitiateAuth: "SigninInput", opRespondToAuthChallenge: "RespondToChallengeInput",
		opRefreshTokenAuth: "RefreshTokenInput", opGetTokensFromRefreshToken: "RefreshTokenInput", opRevokeToken: "LogoutInput",
		opForgotPassword: "ForgotPasswordInput", opConfirmForgotPassword: "ConfirmForgotPasswordInput",
		opChangePassword: "ChangePasswordInput", opUpdateUserAttributes: "UpdateUserInput",
		opDeleteUserAttributes: "DeleteUserAttributesInput", opGetUserAttributeVerificationCode: "RequestAttributeCodeInput",
		opVerifyUserAttribute: "VerifyAttributeInput", opCompleteWebAuthnRegistration: "CompletePasskeyRegistrationInput",
		opDeleteWebAuthnCredential: "DeletePasskeyInput", opConfirmDevice: "ConfirmDeviceInput",
		opUpdateDeviceStatus: "UpdateDeviceInput", opForgetDevice: "ForgetDeviceInput",
		opUpdateAuthEventFeedback: "AuthEventFeedbackInput",
	}
	for op, input := range inputs {
		paths := inputPaths(op)
		if len(paths) == 0 {
			t.Errorf("%s has no paths", op)
		}
		for parameter, path := range paths {
			at := schema.Types[input]
			for name := range strings.SplitSeq(strings.TrimPrefix(path, "input."), ".") {
				field := at.Fields.ForName(name)
				if field == nil {
					t.Errorf("%s: %s is said to come from %s, but %s has no field %s", op, parameter, path, at.Name, name)
					break
				}
				at = schema.Types[field.Type.Name()]
			}
		}
	}
}
