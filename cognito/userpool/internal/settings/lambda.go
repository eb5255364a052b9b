package settings

import (
	"strings"

	"authgraph/cognito/userpool/internal/exception"
)

// lambdaConfig is Cognito's LambdaConfigType.
type lambdaConfig struct {
	CreateAuthChallenge         string        `json:"CreateAuthChallenge,omitempty" is:"arn"`
	CustomEmailSender           *senderLambda `json:"CustomEmailSender,omitempty"`
	CustomMessage               string        `json:"CustomMessage,omitempty" is:"arn"`
	CustomSMSSender             *senderLambda `json:"CustomSMSSender,omitempty"`
	DefineAuthChallenge         string        `json:"DefineAuthChallenge,omitempty" is:"arn"`
	InboundFederation           *senderLambda `json:"InboundFederation,omitempty"`
	KMSKeyID                    string        `json:"KMSKeyID,omitempty" is:"arn"`
	PostAuthentication          string        `json:"PostAuthentication,omitempty" is:"arn"`
	PostConfirmation            string        `json:"PostConfirmation,omitempty" is:"arn"`
	PreAuthentication           string        `json:"PreAuthentication,omitempty" is:"arn"`
	PreSignUp                   string        `json:"PreSignUp,omitempty" is:"arn"`
	PreTokenGeneration          string        `json:"PreTokenGeneration,omitempty" is:"arn"`
	PreTokenGenerationConfig    *tokenLambda  `json:"PreTokenGenerationConfig,omitempty"`
	UserMigration               string        `json:"UserMigration,omitempty" is:"arn"`
	VerifyAuthChallengeResponse string        `json:"VerifyAuthChallengeResponse,omitempty" is:"arn"`
}

type senderLambda struct {
	LambdaArn     string `json:"LambdaArn" is:"required,arn"`
	LambdaVersion string `json:"LambdaVersion" is:"required,senderVersion"`
}

type tokenLambda struct {
	LambdaArn     string `json:"LambdaArn" is:"required,arn"`
	LambdaVersion string `json:"LambdaVersion" is:"required,tokenVersion"`
}

// mirrored returns the triggers with both members for the generation of tokens, the older and the newer one.
func (l lambdaConfig) mirrored() *lambdaConfig {
	switch {
	case l.PreTokenGenerationConfig != nil:
		defaultTo(&l.PreTokenGeneration, l.PreTokenGenerationConfig.LambdaArn)
	case l.PreTokenGeneration != "":
		l.PreTokenGenerationConfig = &tokenLambda{LambdaArn: l.PreTokenGeneration, LambdaVersion: "V1_0"}
	}
	return &l
}

// functions returns the ARNs of the functions.
func (l *lambdaConfig) functions() []string {
	list := []string{
		l.CreateAuthChallenge, l.CustomMessage, l.DefineAuthChallenge, l.PostAuthentication, l.PostConfirmation, l.PreAuthentication,
		l.PreSignUp, l.PreTokenGeneration, l.UserMigration, l.VerifyAuthChallengeResponse,
	}
	for _, sender := range []*senderLambda{l.CustomEmailSender, l.CustomSMSSender, l.InboundFederation} {
		if sender != nil {
			list = append(list, sender.LambdaArn)
		}
	}
	return list
}

// check checks the triggers of a pool in a region.
func (l *lambdaConfig) check(region string) error {
	if l == nil {
		return nil
	}
	for _, arn := range l.functions() {
		if parts := strings.Split(arn, ":"); len(parts) > 3 && parts[3] != region {
			return exception.InvalidParameter("Cross-region lambda functions are not supported")
		}
	}
	if (l.CustomEmailSender != nil || l.CustomSMSSender != nil) && l.KMSKeyID == "" {
		return exception.InvalidParameter("KMSKeyId parameter is required when Custom SMS/Email Lambda trigger is used.")
	}
	if c := l.PreTokenGenerationConfig; c != nil && c.LambdaArn != l.PreTokenGeneration {
		return exception.InvalidParameter("Cannot use PreTokenGenerationLambda and PreTokenGeneration with different Lambda function ARN's")
	}
	return nil
}
