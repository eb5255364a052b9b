package userpool

// operation is one entry of the dispatch table.
type operation struct {
	admin bool // signed (SigV4) in Cognito: not for browsers
	run   func(p *Pool, c *call, body []byte) (any, error)
}

type handlerOf[In, Out any] = func(*Pool, *call, *In) (*Out, error)

// table is every operation that the pool implements, by its name in the protocol.
func table() map[string]operation {
	known := shapes()
	return map[string]operation{
		"SignUp":                           public(known, (*Pool).signUp),
		"ConfirmSignUp":                    public(known, (*Pool).confirmSignUp),
		"ResendConfirmationCode":           public(known, (*Pool).resendConfirmationCode),
		"InitiateAuth":                     public(known, (*Pool).initiateAuth),
		"RespondToAuthChallenge":           public(known, (*Pool).respondToAuthChallenge),
		"GetTokensFromRefreshToken":        public(known, (*Pool).getTokensFromRefreshToken),
		"RevokeToken":                      public(known, (*Pool).revokeToken),
		"GlobalSignOut":                    public(known, (*Pool).globalSignOut),
		"GetUser":                          public(known, (*Pool).getUser),
		"UpdateUserAttributes":             public(known, (*Pool).updateUserAttributes),
		"DeleteUserAttributes":             public(known, (*Pool).deleteUserAttributes),
		"GetUserAttributeVerificationCode": public(known, (*Pool).getUserAttributeVerificationCode),
		"VerifyUserAttribute":              public(known, (*Pool).verifyUserAttribute),
		"ForgotPassword":                   public(known, (*Pool).forgotPassword),
		"ConfirmForgotPassword":            public(known, (*Pool).confirmForgotPassword),
		"ChangePassword":                   public(known, (*Pool).changePassword),
		"DeleteUser":                       public(known, (*Pool).deleteUser),
		"StartWebAuthnRegistration":        public(known, (*Pool).startWebAuthnRegistration),
		"CompleteWebAuthnRegistration":     public(known, (*Pool).completeWebAuthnRegistration),
		"ListWebAuthnCredentials":          public(known, (*Pool).listWebAuthnCredentials),
		"DeleteWebAuthnCredential":         public(known, (*Pool).deleteWebAuthnCredential),
		"ConfirmDevice":                    public(known, (*Pool).confirmDevice),
		"UpdateDeviceStatus":               public(known, (*Pool).updateDeviceStatus),
		"GetDevice":                        public(known, (*Pool).getDevice),
		"ListDevices":                      public(known, (*Pool).listDevices),
		"ForgetDevice":                     public(known, (*Pool).forgetDevice),
		"AssociateSoftwareToken":           public(known, (*Pool).associateSoftwareToken),
		"VerifySoftwareToken":              public(known, (*Pool).verifySoftwareToken),
		"SetUserMFAPreference":             public(known, (*Pool).setUserMFAPreference),
		"SetUserSettings":                  public(known, (*Pool).setUserSettings),
		"GetUserAuthFactors":               public(known, (*Pool).getUserAuthFactors),
		"UpdateAuthEventFeedback":          public(known, (*Pool).updateAuthEventFeedback),

		"AdminCreateUser":             admin(known, (*Pool).adminCreateUser),
		"AdminGetUser":                admin(known, (*Pool).adminGetUser),
		"AdminConfirmSignUp":          admin(known, (*Pool).adminConfirmSignUp),
		"AdminSetUserPassword":        admin(known, (*Pool).adminSetUserPassword),
		"AdminResetUserPassword":      admin(known, (*Pool).adminResetUserPassword),
		"AdminUpdateUserAttributes":   admin(known, (*Pool).adminUpdateUserAttributes),
		"AdminDeleteUserAttributes":   admin(known, (*Pool).adminDeleteUserAttributes),
		"AdminEnableUser":             admin(known, (*Pool).adminEnableUser),
		"AdminDisableUser":            admin(known, (*Pool).adminDisableUser),
		"AdminUserGlobalSignOut":      admin(known, (*Pool).adminUserGlobalSignOut),
		"AdminSetUserMFAPreference":   admin(known, (*Pool).adminSetUserMFAPreference),
		"AdminDeleteUser":             admin(known, (*Pool).adminDeleteUser),
		"AdminGetDevice":              admin(known, (*Pool).adminGetDevice),
		"AdminListDevices":            admin(known, (*Pool).adminListDevices),
		"AdminForgetDevice":           admin(known, (*Pool).adminForgetDevice),
		"AdminUpdateDeviceStatus":     admin(known, (*Pool).adminUpdateDeviceStatus),
		"ListUsers":                   admin(known, (*Pool).listUsers),
		"CreateGroup":                 admin(known, (*Pool).createGroup),
		"GetGroup":                    admin(known, (*Pool).getGroup),
		"DeleteGroup":                 admin(known, (*Pool).deleteGroup),
		"ListGroups":                  admin(known, (*Pool).listGroups),
		"ListUsersInGroup":            admin(known, (*Pool).listUsersInGroup),
		"AdminAddUserToGroup":         admin(known, (*Pool).adminAddUserToGroup),
		"AdminRemoveUserFromGroup":    admin(known, (*Pool).adminRemoveUserFromGroup),
		"AdminListGroupsForUser":      admin(known, (*Pool).adminListGroupsForUser),
		"CreateUserPool":              admin(known, (*Pool).createUserPool),
		"UpdateUserPool":              admin(known, (*Pool).updateUserPool),
		"GetUserPoolMfaConfig":        admin(known, (*Pool).getUserPoolMfaConfig),
		"SetUserPoolMfaConfig":        admin(known, (*Pool).setUserPoolMfaConfig),
		"UpdateGroup":                 admin(known, (*Pool).updateGroup),
		"AdminInitiateAuth":           admin(known, (*Pool).adminInitiateAuth),
		"AdminRespondToAuthChallenge": admin(known, (*Pool).adminRespondToAuthChallenge),
		"DescribeUserPool":            admin(known, (*Pool).describeUserPool),
		"DeleteUserPool":              admin(known, (*Pool).deleteUserPool),
		"ListUserPools":               admin(known, (*Pool).listUserPools),
		"CreateUserPoolClient":        admin(known, (*Pool).createUserPoolClient),
		"DescribeUserPoolClient":      admin(known, (*Pool).describeUserPoolClient),
		"UpdateUserPoolClient":        admin(known, (*Pool).updateUserPoolClient),
		"DeleteUserPoolClient":        admin(known, (*Pool).deleteUserPoolClient),
		"ListUserPoolClients":         admin(known, (*Pool).listUserPoolClients),
	}
}

func public[In, Out any](known map[string]shape, f handlerOf[In, Out]) operation {
	return operation{run: handle(known, f)}
}

func admin[In, Out any](known map[string]shape, f handlerOf[In, Out]) operation {
	return operation{admin: true, run: handle(known, f)}
}

// handle gives a typed handler its input, decoded and held against the service model.
func handle[In, Out any](known map[string]shape, f handlerOf[In, Out]) func(*Pool, *call, []byte) (any, error) {
	read := inputReader[In](known)
	return func(p *Pool, c *call, body []byte) (any, error) {
		in, err := read(body)
		if err != nil {
			return nil, err
		}
		out, err := f(p, c, in)
		if err != nil {
			return nil, err
		}
		if _, none := any(out).(*noBody); none {
			return nil, nil
		}
		return out, nil
	}
}
