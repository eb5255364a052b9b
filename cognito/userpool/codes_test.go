package userpool_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// A used or replaced code gets a different error from one that was never sent, until it would have expired anyway.
func TestPastCodes(t *testing.T) {
	t.Parallel()
	b := start(t)
	name := "ann@example.com"
	b.member(name)
	reset := func() string {
		t.Helper()
		_, err := b.sdk.ForgotPassword(t.Context(), &cognito.ForgotPasswordInput{ClientId: b.client, Username: &name})
		b.must(err)
		return b.lastCode(name)
	}
	confirm := func(code string) error {
		_, err := b.sdk.ConfirmForgotPassword(t.Context(), &cognito.ConfirmForgotPasswordInput{
			ClientId: b.client, Username: &name, ConfirmationCode: &code, Password: aws.String(goodPassword),
		})
		return err
	}
	const expired = "Invalid code provided, please request a code again."
	b.refused(confirm("123456"), "ExpiredCodeException", expired) // no code has been sent
	replaced := reset()
	current := reset()
	for replaced == current {
		current = reset()
	}
	b.refused(confirm(replaced), "ExpiredCodeException", expired)
	never := wrong(current)
	for never == replaced {
		never = wrong(never)
	}
	b.refused(confirm(never), "CodeMismatchException", "Invalid verification code provided, please try again.")
	b.must(confirm(current))
	b.refused(confirm(current), "ExpiredCodeException", expired)
	for used := current; current == used || current == replaced; {
		current = reset()
	}
	b.refused(confirm(replaced), "ExpiredCodeException", expired)
	b.clock.pass(50 * time.Minute)
	next := reset()
	b.clock.pass(30 * time.Minute) // the replaced codes would have expired by now
	if next != replaced && next != current {
		b.refused(confirm(replaced), "CodeMismatchException", "")
	}
	b.must(confirm(next))
}
