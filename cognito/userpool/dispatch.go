package userpool

import (
	"authgraph/cognito/userpool/internal/account"
	"authgraph/cognito/userpool/internal/admin"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/signin"
	"authgraph/cognito/userpool/internal/signup"
	"authgraph/cognito/userpool/internal/validation"
)

// operation is one entry of the dispatch table.
type operation struct {
	admin bool // signed (SigV4) in Cognito: not for browsers
	run   func(c *service.Call, body []byte) (any, error)
}

// handler is the form of all operations: input of the request in, output of the response or an error out.
type handler[In, Out any] = func(*service.Call, *In) (*Out, error)

// table returns every operation that the pool implements, by its name in the protocol.
func table(administration *admin.Operations) map[string]operation {
	known, s := validation.NewModel(), administration.Service
	registration, self, auth := &signup.Operations{Service: s}, &account.Operations{Service: s}, &signin.Operations{Service: s}
	return map[string]operation{
		"SignUp":                           public(known, registration.SignUp),
		"ConfirmSignUp":                    public(known, registration.ConfirmSignUp),
		"ResendConfirmationCode":           public(known, registration.ResendConfirmationCode),
		"InitiateAuth":                     public(known, auth.InitiateAuth),
		"RespondToAuthChallenge":           public(known, auth.RespondToAuthChallenge),
		"GetTokensFromRefreshToken":        public(known, auth.GetTokensFromRefreshToken),
		"RevokeToken":                      public(known, auth.RevokeToken),
		"GlobalSignOut":                    public(known, self.GlobalSignOut),
		"ListUserSessions":                 public(known, self.ListUserSessions),
		"RevokeUserSession":                public(known, self.RevokeUserSession),
		"GetUser":                          public(known, self.GetUser),
		"UpdateUserAttributes":             public(known, self.UpdateUserAttributes),
		"DeleteUserAttributes":             public(known, self.DeleteUserAttributes),
		"GetUserAttributeVerificationCode": public(known, self.GetUserAttributeVerificationCode),
		"VerifyUserAttribute":              public(known, self.VerifyUserAttribute),
		"ForgotPassword":                   public(known, registration.ForgotPassword),
		"ConfirmForgotPassword":            public(known, registration.ConfirmForgotPassword),
		"ChangePassword":                   public(known, self.ChangePassword),
		"DeleteUser":                       public(known, self.DeleteUser),
		"StartWebAuthnRegistration":        public(known, self.StartWebAuthnRegistration),
		"CompleteWebAuthnRegistration":     public(known, self.CompleteWebAuthnRegistration),
		"ListWebAuthnCredentials":          public(known, self.ListWebAuthnCredentials),
		"DeleteWebAuthnCredential":         public(known, self.DeleteWebAuthnCredential),
		"ConfirmDevice":                    public(known, self.ConfirmDevice),
		"UpdateDeviceStatus":               public(known, self.UpdateDeviceStatus),
		"GetDevice":                        public(known, self.GetDevice),
		"ListDevices":                      public(known, self.ListDevices),
		"ForgetDevice":                     public(known, self.ForgetDevice),
		"AssociateSoftwareToken":           public(known, self.AssociateSoftwareToken),
		"VerifySoftwareToken":              public(known, self.VerifySoftwareToken),
		"SetUserMFAPreference":             public(known, self.SetUserMFAPreference),
		"SetUserSettings":                  public(known, self.SetUserSettings),
		"GetUserAuthFactors":               public(known, auth.GetUserAuthFactors),
		"UpdateAuthEventFeedback":          public(known, auth.UpdateAuthEventFeedback),
		"GetClientToken":                   public(known, auth.GetClientToken),

		"AdminCreateUser":                 signed(known, administration.AdminCreateUser),
		"AdminGetUser":                    signed(known, administration.AdminGetUser),
		"AdminConfirmSignUp":              signed(known, administration.AdminConfirmSignUp),
		"AdminSetUserPassword":            signed(known, administration.AdminSetUserPassword),
		"AdminResetUserPassword":          signed(known, administration.AdminResetUserPassword),
		"AdminUpdateUserAttributes":       signed(known, administration.AdminUpdateUserAttributes),
		"AdminDeleteUserAttributes":       signed(known, administration.AdminDeleteUserAttributes),
		"AdminEnableUser":                 signed(known, administration.AdminEnableUser),
		"AdminDisableUser":                signed(known, administration.AdminDisableUser),
		"AdminUserGlobalSignOut":          signed(known, administration.AdminUserGlobalSignOut),
		"AdminSetUserMFAPreference":       signed(known, administration.AdminSetUserMFAPreference),
		"AdminDeleteUser":                 signed(known, administration.AdminDeleteUser),
		"AdminGetDevice":                  signed(known, administration.AdminGetDevice),
		"AdminListDevices":                signed(known, administration.AdminListDevices),
		"AdminForgetDevice":               signed(known, administration.AdminForgetDevice),
		"AdminUpdateDeviceStatus":         signed(known, administration.AdminUpdateDeviceStatus),
		"ListUsers":                       signed(known, administration.ListUsers),
		"CreateGroup":                     signed(known, administration.CreateGroup),
		"GetGroup":                        signed(known, administration.GetGroup),
		"DeleteGroup":                     signed(known, administration.DeleteGroup),
		"ListGroups":                      signed(known, administration.ListGroups),
		"ListUsersInGroup":                signed(known, administration.ListUsersInGroup),
		"AdminAddUserToGroup":             signed(known, administration.AdminAddUserToGroup),
		"AdminRemoveUserFromGroup":        signed(known, administration.AdminRemoveUserFromGroup),
		"AdminListGroupsForUser":          signed(known, administration.AdminListGroupsForUser),
		"CreateUserPool":                  signed(known, administration.CreateUserPool),
		"UpdateUserPool":                  signed(known, administration.UpdateUserPool),
		"AddCustomAttributes":             signed(known, administration.AddCustomAttributes),
		"TagResource":                     signed(known, administration.TagResource),
		"UntagResource":                   signed(known, administration.UntagResource),
		"ListTagsForResource":             signed(known, administration.ListTagsForResource),
		"GetUserPoolMfaConfig":            signed(known, administration.GetUserPoolMfaConfig),
		"SetUserPoolMfaConfig":            signed(known, administration.SetUserPoolMfaConfig),
		"UpdateGroup":                     signed(known, administration.UpdateGroup),
		"AdminInitiateAuth":               signed(known, auth.AdminInitiateAuth),
		"AdminRespondToAuthChallenge":     signed(known, auth.AdminRespondToAuthChallenge),
		"DescribeUserPool":                signed(known, administration.DescribeUserPool),
		"DeleteUserPool":                  signed(known, administration.DeleteUserPool),
		"ListUserPools":                   signed(known, administration.ListUserPools),
		"CreateUserPoolClient":            signed(known, administration.CreateUserPoolClient),
		"DescribeUserPoolClient":          signed(known, administration.DescribeUserPoolClient),
		"UpdateUserPoolClient":            signed(known, administration.UpdateUserPoolClient),
		"DeleteUserPoolClient":            signed(known, administration.DeleteUserPoolClient),
		"ListUserPoolClients":             signed(known, administration.ListUserPoolClients),
		"AddUserPoolClientSecret":         signed(known, administration.AddUserPoolClientSecret),
		"ListUserPoolClientSecrets":       signed(known, administration.ListUserPoolClientSecrets),
		"DeleteUserPoolClientSecret":      signed(known, administration.DeleteUserPoolClientSecret),
		"CreateResourceServer":            signed(known, administration.CreateResourceServer),
		"DescribeResourceServer":          signed(known, administration.DescribeResourceServer),
		"UpdateResourceServer":            signed(known, administration.UpdateResourceServer),
		"DeleteResourceServer":            signed(known, administration.DeleteResourceServer),
		"ListResourceServers":             signed(known, administration.ListResourceServers),
		"AdminListUserSessions":           signed(known, administration.AdminListUserSessions),
		"AdminRevokeUserSession":          signed(known, administration.AdminRevokeUserSession),
		"GetUserPoolSessionConfiguration": signed(known, administration.GetUserPoolSessionConfiguration),
		"SetUserPoolSessionConfiguration": signed(known, administration.SetUserPoolSessionConfiguration),
	}
}

// public is an operation that browsers may call.
func public[In, Out any](known validation.Model, f handler[In, Out]) operation {
	return operation{run: decoded(known, f)}
}

// signed is an operation that needs AWS credentials in Cognito.
func signed[In, Out any](known validation.Model, f handler[In, Out]) operation {
	return operation{admin: true, run: decoded(known, f)}
}

// decoded wraps a handler so that it takes the body of a request, which is decoded and validated first.
func decoded[In, Out any](known validation.Model, f handler[In, Out]) func(*service.Call, []byte) (any, error) {
	read := validation.Reader[In](known)
	return func(c *service.Call, body []byte) (any, error) {
		in, err := read(body)
		if err != nil {
			return nil, err
		}
		out, err := f(c, in)
		if err != nil {
			return nil, err
		}
		if _, none := any(out).(*service.NoBody); none {
			return nil, nil
		}
		return out, nil
	}
}
