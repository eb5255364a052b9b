package cognito

import (
	"slices"

	"authgraph/cognito/admission"
)

// operation is the name of a Cognito operation.
type operation string

// The operations that this package calls. InitiateAuth is listed twice, since exceptions
// have different meanings for a password and for a refresh token.
const (
	opSignUp                    operation = "SignUp"
	opConfirmSignUp             operation = "ConfirmSignUp"
	opResendConfirmationCode    operation = "ResendConfirmationCode"
	opInitiateAuth              operation = "InitiateAuth"
	opRefreshTokenAuth          operation = "InitiateAuth/REFRESH_TOKEN_AUTH"
	opGetTokensFromRefreshToken operation = "GetTokensFromRefreshToken"
	opRevokeToken               operation = "RevokeToken"
	opGlobalSignOut             operation = "GlobalSignOut"
	opGetUser                   operation = "GetUser"
	opRespondToAuthChallenge    operation = "RespondToAuthChallenge"

	opForgotPassword        operation = "ForgotPassword"
	opConfirmForgotPassword operation = "ConfirmForgotPassword"
	opChangePassword        operation = "ChangePassword"

	opUpdateUserAttributes             operation = "UpdateUserAttributes"
	opDeleteUserAttributes             operation = "DeleteUserAttributes"
	opGetUserAttributeVerificationCode operation = "GetUserAttributeVerificationCode"
	opVerifyUserAttribute              operation = "VerifyUserAttribute"
	opDeleteUser                       operation = "DeleteUser"

	opAssociateSoftwareToken operation = "AssociateSoftwareToken"
	opVerifySoftwareToken    operation = "VerifySoftwareToken"
	opSetUserMFAPreference   operation = "SetUserMFAPreference"
	opGetUserAuthFactors     operation = "GetUserAuthFactors"

	opStartWebAuthnRegistration    operation = "StartWebAuthnRegistration"
	opCompleteWebAuthnRegistration operation = "CompleteWebAuthnRegistration"
	opListWebAuthnCredentials      operation = "ListWebAuthnCredentials"
	opDeleteWebAuthnCredential     operation = "DeleteWebAuthnCredential"

	opConfirmDevice      operation = "ConfirmDevice"
	opUpdateDeviceStatus operation = "UpdateDeviceStatus"
	opForgetDevice       operation = "ForgetDevice"
	opGetDevice          operation = "GetDevice"
	opListDevices        operation = "ListDevices"

	opListUserSessions  operation = "ListUserSessions"
	opRevokeUserSession operation = "RevokeUserSession"

	opUpdateAuthEventFeedback operation = "UpdateAuthEventFeedback"

	// Operations of an administrator, for users other than the caller.
	opAdminGetUser           operation = "AdminGetUser"
	opListUsers              operation = "ListUsers"
	opAdminListGroupsForUser operation = "AdminListGroupsForUser"
)

// onlyReads reports whether the operation is a read, which is safe to repeat.
func (op operation) onlyReads() bool {
	switch op {
	case opGetUser, opGetUserAuthFactors, opListWebAuthnCredentials, opGetDevice, opListDevices, opListUserSessions,
		opAdminGetUser, opListUsers, opAdminListGroupsForUser:
		return true
	default:
		return false
	}
}

// signed returns the operations that AWS credentials sign.
func signed() []operation {
	return []operation{opAdminGetUser, opListUsers, opAdminListGroupsForUser}
}

// isSigned reports whether AWS credentials sign the operation.
func (op operation) isSigned() bool { return slices.Contains(signed(), op) }

// withAccessToken returns the operations that a signed-in user calls.
func withAccessToken() []operation {
	return []operation{
		opGetUser, opChangePassword, opUpdateUserAttributes, opDeleteUserAttributes,
		opGetUserAttributeVerificationCode, opVerifyUserAttribute, opDeleteUser, opAssociateSoftwareToken,
		opVerifySoftwareToken, opSetUserMFAPreference, opGetUserAuthFactors, opStartWebAuthnRegistration,
		opCompleteWebAuthnRegistration, opListWebAuthnCredentials, opDeleteWebAuthnCredential, opConfirmDevice,
		opUpdateDeviceStatus, opForgetDevice, opGetDevice, opListDevices, opListUserSessions, opRevokeUserSession,
	}
}

// category returns the quota category of the operation. Cognito's lists leave out some
// operations. They get the smaller quota of their kind, which can only slow calls down.
func (op operation) category() string {
	switch op {
	case opInitiateAuth, opRefreshTokenAuth:
		return admission.UserAuthentication
	case opRespondToAuthChallenge:
		return admission.RespondToAuthChallenge
	case opSignUp, opConfirmSignUp:
		return admission.UserCreation
	case opForgotPassword, opConfirmForgotPassword, opChangePassword:
		return admission.UserAccountRecovery
	case opGetUser, opGetUserAuthFactors, opAdminGetUser:
		return admission.UserRead
	case opListUsers:
		return admission.UserList
	case opUpdateUserAttributes, opDeleteUserAttributes, opVerifyUserAttribute, opDeleteUser, opGlobalSignOut:
		return admission.UserUpdate
	case opGetTokensFromRefreshToken, opRevokeToken:
		return admission.UserToken
	case opGetDevice, opListDevices, opListUserSessions, opListWebAuthnCredentials, opResendConfirmationCode,
		opGetUserAttributeVerificationCode, opAdminListGroupsForUser:
		return admission.UserResourceRead
	default:
		return admission.UserResourceUpdate
	}
}
