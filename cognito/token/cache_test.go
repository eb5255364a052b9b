package token

import (
	"fmt"
	"slices"
	"sync"
	"testing"
)

// tokenOf returns a token of a user with that name.
func tokenOf(name string) string {
	id := `"` + name + `"`
	return sign(testKeys()[0], testHeader(), testClaims().with("sub", id).with("username", `"the-user-`+name+`"`).
		with("origin_jti", id).with("jti", id).with("event_id", id).with("cognito:groups", `["admins",`+id+`]`))
}

// Claims do not change when other tokens are verified at the same time.
func TestVerifyReturnsClaimsOfTheirOwn(t *testing.T) {
	v, _ := newTestVerifier(t, nil)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			kept := map[string]*AccessClaims{}
			for i := range 25 {
				name := fmt.Sprintf("%d-%d", worker, i)
				token := tokenOf(name)
				_, _ = v.Verify(t.Context(), token[:len(token)-6]+"AAAAAA")
				claims, err := v.Verify(t.Context(), token)
				if err != nil {
					t.Error(err)
					return
				}
				kept[name] = claims
			}
			for name, c := range kept {
				if c.Subject != name || c.Username != "the-user-"+name || c.OriginJTI != name || !slices.Equal(c.Groups, []string{"admins", name}) ||
					!slices.Equal(c.Scopes, []string{"aws.cognito.signin.user.admin"}) {
					t.Errorf("claims of %s are now %+v", name, c)
				}
			}
		})
	}
	wg.Wait()
}
