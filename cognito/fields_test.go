package cognito

import (
	"slices"
	"strings"
	"testing"

	"authgraph/internal/apierr"
)

// Every path in extensions.field exists in the inputs of the fields that call the operation.
func TestInputPathsExist(t *testing.T) {
	schema := loadSchema(t)
	inputs := map[operation][]string{
		opSignUp: {"SignupInput"}, opConfirmSignUp: {"VerifyAccountInput"},
		opResendConfirmationCode: {"ResendConfirmationCodeInput"}, opInitiateAuth: {"SigninInput", "StartSigninInput"},
		opRespondToAuthChallenge: {"RespondToChallengeInput"}, opRefreshTokenAuth: {"RefreshTokenInput"},
		opGetTokensFromRefreshToken: {"RefreshTokenInput"}, opRevokeToken: {"LogoutInput"},
		opForgotPassword: {"ForgotPasswordInput"}, opConfirmForgotPassword: {"ConfirmForgotPasswordInput"},
		opChangePassword: {"ChangePasswordInput"}, opUpdateUserAttributes: {"UpdateUserInput"},
		opDeleteUserAttributes: {"DeleteUserAttributesInput"}, opGetUserAttributeVerificationCode: {"RequestAttributeCodeInput"},
		opVerifyUserAttribute: {"VerifyAttributeInput"}, opVerifySoftwareToken: {"VerifyTotpInput"},
		opCompleteWebAuthnRegistration: {"CompletePasskeyRegistrationInput"}, opDeleteWebAuthnCredential: {"DeletePasskeyInput"},
		opConfirmDevice: {"ConfirmDeviceInput"}, opUpdateDeviceStatus: {"UpdateDeviceInput"}, opForgetDevice: {"ForgetDeviceInput"},
		opUpdateAuthEventFeedback: {"AuthEventFeedbackInput"}, opRevokeUserSession: {"RevokeSessionInput"},
	}
	// Those that take nothing from an input, or only what has no form that Cognito could reject.
	withoutInput := []operation{
		opGlobalSignOut, opGetUser, opDeleteUser, opAssociateSoftwareToken, opGetUserAuthFactors, opSetUserMFAPreference,
		opStartWebAuthnRegistration, opListWebAuthnCredentials, opGetDevice, opListDevices, opListUserSessions,
		opAdminGetUser, opListUsers, opAdminListGroupsForUser,
	}
	exists := func(input, path string) bool {
		at := schema.Types[input]
		for name := range strings.SplitSeq(strings.TrimPrefix(path, "input."), ".") {
			if at == nil || at.Fields.ForName(name) == nil {
				return false
			}
			at = schema.Types[at.Fields.ForName(name).Type.Name()]
		}
		return true
	}
	for _, op := range allOperations() {
		paths := inputPaths(op)
		if has, want := len(paths) > 0, !slices.Contains(withoutInput, op); has != want || want != (inputs[op] != nil) {
			t.Errorf("%s: has paths: %t, want %t", op, has, want)
		}
		for _, input := range inputs[op] {
			for parameter, path := range paths {
				if input == "StartSigninInput" && parameter == "password" {
					continue // startSignin sends none
				}
				if !exists(input, path) {
					t.Errorf("%s: %s is said to come from %s, which %s does not have", op, parameter, path, input)
				}
			}
		}
	}
	for path, moved := range map[string]string{
		totpCodePath: "input.answer.mfaSetup.totpCode", totpDeviceNamePath: "input.answer.mfaSetup.deviceName",
	} {
		err := (*MFASetupAnswer)(nil).locate(&apierr.Error{Field: path})
		if got := apierr.From(err).Field; got != moved || !exists("RespondToChallengeInput", got) {
			t.Errorf("%s becomes %s, want %s", path, got, moved)
		}
	}
}
