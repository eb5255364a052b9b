package cognito

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/smithy-go"

	"authgraph/internal/sealed"
)

// clientSecrets are the secrets of the app client. While one is replaced by another, both
// are listed, and Cognito accepts either or only one of them.
type clientSecrets struct {
	list    func() []string // nil if the app client has no secret
	refused func(position int)

	mu      sync.Mutex
	working string               // the one that Cognito accepted last
	warned  map[string]bool      // those that refused was called for
	seen    map[string]time.Time // when each was listed last
}

func newClientSecrets(o Options) *clientSecrets {
	return &clientSecrets{list: o.ClientSecrets, refused: o.ClientSecretRefused, warned: map[string]bool{}, seen: map[string]time.Time{}}
}

// exist reports whether the app client has a secret.
func (s *clientSecrets) exist() bool { return s.list != nil }

// inOrder returns the secrets in the order in which to try them: first the one that worked
// last. Without secrets it returns an empty one.
func (s *clientSecrets) inOrder() []string {
	if !s.exist() {
		return []string{""}
	}
	listed := slices.Clone(s.list())
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(listed, s.working); i > 0 {
		listed[0], listed[i] = listed[i], listed[0]
	}
	return listed
}

// accepted remembers the secret that Cognito accepted after it refused others.
func (s *clientSecrets) accepted(secret string, refused []string) {
	if !s.exist() {
		return
	}
	listed := s.list()
	var positions []int
	s.mu.Lock()
	s.working = secret
	delete(s.warned, secret)
	for _, other := range refused {
		if i := slices.Index(listed, other); i >= 0 && !s.warned[other] {
			s.warned[other] = true
			positions = append(positions, i+1)
		}
	}
	s.mu.Unlock()
	for _, position := range positions {
		s.refused(position)
	}
}

// stateKeys returns keys derived from the secrets. What the first secret sealed can be
// opened as long as a challenge lasts after the secret was removed from the list, so that
// its rotation ends no sign-in.
func (s *clientSecrets) stateKeys() sealed.Keys {
	if !s.exist() {
		return sealed.Random()
	}
	return func(context.Context) [][]byte {
		listed, now := s.list(), time.Now()
		keys := make([][]byte, 0, len(listed)+1)
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, secret := range listed {
			s.seen[secret] = now
			keys = append(keys, []byte(secret))
		}
		for secret, at := range s.seen {
			switch {
			case now.Sub(at) > maxChallengeLifetime:
				delete(s.seen, secret)
			case !slices.Contains(listed, secret):
				keys = append(keys, []byte(secret))
			}
		}
		return keys
	}
}

// withClientSecret authenticates the app client in the input and makes the call. If
// Cognito refuses the secret, it tries the next one. Cognito checks the secret before
// anything else, so a refused call has had no effect.
func withClientSecret[Out any](c *Client, in any, call func() (*Out, error)) (out *Out, err error) {
	var refused []string
	for _, secret := range c.secrets.inOrder() {
		if !authenticate(in, c.options.ClientID, secret) {
			return call()
		}
		if out, err = call(); err == nil {
			c.secrets.accepted(secret, refused)
		}
		if !isWrongSecret(err) {
			break
		}
		refused = append(refused, secret)
	}
	return out, err
}

// authenticate sets the secret, or its hash with the user name, in the input of an operation.
// It returns false if the operation takes neither.
// https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash
func authenticate(in any, clientID, secret string) bool {
	if secret == "" {
		return false
	}
	hash := func(username *string) *string {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(aws.ToString(username) + clientID))
		return aws.String(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	// A refresh does not know the user name.
	inParameters := func(parameters map[string]string) bool {
		username, known := parameters["USERNAME"]
		if known {
			parameters["SECRET_HASH"] = *hash(&username)
		}
		return known
	}
	switch in := in.(type) {
	case *sdk.SignUpInput:
		in.SecretHash = hash(in.Username)
	case *sdk.ConfirmSignUpInput:
		in.SecretHash = hash(in.Username)
	case *sdk.ResendConfirmationCodeInput:
		in.SecretHash = hash(in.Username)
	case *sdk.ForgotPasswordInput:
		in.SecretHash = hash(in.Username)
	case *sdk.ConfirmForgotPasswordInput:
		in.SecretHash = hash(in.Username)
	case *sdk.InitiateAuthInput:
		return inParameters(in.AuthParameters)
	case *sdk.RespondToAuthChallengeInput:
		return inParameters(in.ChallengeResponses)
	case *sdk.RevokeTokenInput:
		in.ClientSecret = aws.String(secret)
	case *sdk.GetTokensFromRefreshTokenInput:
		in.ClientSecret = aws.String(secret)
	default:
		return false
	}
	return true
}

// isWrongSecret reports whether Cognito refused a call because of the client's secret.
// RevokeToken, which can be repeated, has one exception for that and for tokens of other
// app clients.
func isWrongSecret(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	switch api.ErrorCode() {
	case "NotAuthorizedException":
		return strings.Contains(strings.ToLower(api.ErrorMessage()), "secret")
	case "UnauthorizedException":
		return true
	default:
		return false
	}
}
