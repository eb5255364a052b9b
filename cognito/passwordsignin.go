package cognito

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"authgraph/cognito/srp"
	"authgraph/internal/apierr"
)

// passwordFlows returns the flows that a sign-in with a password can use, in the order in
// which they are tried. In the last one the password is the first factor of several.
func passwordFlows() []types.AuthFlowType {
	return []types.AuthFlowType{
		types.AuthFlowTypeUserPasswordAuth, types.AuthFlowTypeUserSrpAuth, types.AuthFlowTypeUserAuth,
	}
}

// SignIn implements [Accounts]. It uses the first flow that the app client allows, and
// starts with that one the next time.
func (a accounts) SignIn(ctx context.Context, in SigninInput) (SigninResult, error) {
	account, triggers, err := a.resolve(in.Identifier, in.ClientMetadata)
	if err != nil {
		return nil, err
	}
	flows := passwordFlows()
	first := int(a.passwordFlow.Load())
	var disabled error
	for i := range flows {
		at := (first + i) % len(flows)
		result, err := a.signInBy(ctx, signinStart{flow: flows[at], account: account, metadata: triggers}, in)
		if isFlowDisabled(err) || disabled != nil && isUnsupported(err) {
			disabled = cmp.Or(disabled, err)
			continue
		}
		if !isTemporary(err) {
			a.passwordFlow.Store(int32(at))
		}
		return result, in.Identifier.locate(err)
	}
	return nil, disabled
}

// signInBy signs in with a password by the flow of start, one of the passwordFlows.
func (a accounts) signInBy(ctx context.Context, start signinStart, in SigninInput) (SigninResult, error) {
	start.parameters = withDeviceKey(map[string]string{}, in.DeviceKey)
	if start.flow == types.AuthFlowTypeUserPasswordAuth {
		start.parameters["PASSWORD"] = in.Password
		return a.initiateAuth(ctx, start)
	}
	proof, err := a.newPasswordProof(in.Password)
	if err != nil {
		return nil, err
	}
	if start.flow == types.AuthFlowTypeUserSrpAuth {
		start.parameters["SRP_A"] = proof.run.A()
	} else {
		start.parameters["PREFERRED_CHALLENGE"], start.parameters["PASSWORD"] = "PASSWORD", in.Password
	}
	result, err := a.initiateAuth(ctx, start)
	// A factor that Cognito does not take at once needs at most a choice and a proof.
	for range 3 {
		if err != nil {
			return nil, err
		}
		var answer *Answer
		if answer, err = proof.answer(result); err != nil {
			return nil, a.checkPassword(ctx, passwordStep{account: start.account}, err)
		}
		if answer == nil {
			break
		}
		result, err = a.Respond(ctx, RespondToChallengeInput{
			Session: result.(Challenge).GetSession(), Answer: *answer, ClientMetadata: in.ClientMetadata,
		})
	}
	return result, err
}

// passwordProof answers the challenges that ask for a password.
type passwordProof struct {
	run      *srp.Client
	poolName string
	password string
	errors   errorTable
	wrong    string // the message of INVALID_CREDENTIALS
}

func (a accounts) newPasswordProof(password string) (*passwordProof, error) {
	run, err := srp.New()
	_, poolName, _ := strings.Cut(a.options.UserPoolID, "_")
	return &passwordProof{run: run, poolName: poolName, password: password, errors: a.errors, wrong: wrongCredentials(a.options)}, err
}

// answer returns the answer to a challenge that asks for the password, or nil for any other
// result. It fails with INVALID_CREDENTIALS if the user can only choose from other factors,
// as the flows without a choice do.
func (p *passwordProof) answer(result SigninResult) (*Answer, error) {
	switch challenge := result.(type) {
	case *PasswordChallenge:
		if challenge.Srp {
			return &Answer{SrpA: new(p.run.A())}, nil
		}
		return &Answer{Password: &p.password}, nil
	case *SRPChallenge:
		signature, timestamp, err := p.run.Proof(challenge.srp(p.poolName), p.password, time.Now())
		if err != nil {
			return nil, p.errors.translate(opInitiateAuth, err)
		}
		return &Answer{Srp: &SRPAnswer{Signature: signature, SecretBlock: challenge.SecretBlock, Timestamp: timestamp}}, nil
	case *SelectFactorChallenge:
		switch {
		case slices.Contains(challenge.Available, "PASSWORD"):
			return &Answer{Factor: &FactorAnswer{Factor: "PASSWORD", Password: &p.password}}, nil
		case slices.Contains(challenge.Available, "PASSWORD_SRP"):
			return &Answer{Factor: &FactorAnswer{Factor: "PASSWORD_SRP", SrpA: new(p.run.A())}}, nil
		}
		return nil, apierr.New(apierr.InvalidCredentials, p.wrong).WithCause(errNoPassword)
	default:
		return nil, nil
	}
}

// errNoPassword is the cause of INVALID_CREDENTIALS for users who cannot sign in with a
// password.
var errNoPassword = errors.New("cognito: the user can only sign in with other factors")

// srp returns the challenge as the SRP client takes it.
func (c *SRPChallenge) srp(poolName string) srp.Challenge {
	return srp.Challenge{
		PoolName: poolName, UserID: c.UserIDForSrp, Salt: c.Salt, B: c.SrpB, SecretBlock: c.SecretBlock,
	}
}

// isFlowDisabled reports whether the app client does not allow the flow.
func isFlowDisabled(err error) bool {
	var fault *Fault
	return errors.As(err, &fault) && (fault.Detail == flowNotEnabled || fault.Detail == flowNotEnabledForClient)
}

// comesBeforePassword reports whether a challenge comes before any password was proven.
func comesBeforePassword(name types.ChallengeNameType) bool {
	switch name {
	case types.ChallengeNameTypeSelectChallenge, types.ChallengeNameTypePassword, types.ChallengeNameTypePasswordSrp,
		types.ChallengeNameTypePasswordVerifier:
		return true
	default:
		return false
	}
}
