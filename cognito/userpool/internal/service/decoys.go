package service

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/google/uuid"

	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/tokens"
	"authgraph/cognito/userpool/internal/webauthn"
)

// DecoyDelivery returns the delivery details that are shown for a user who does not exist. They match the name.
func DecoyDelivery(pool *settings.Pool, ring *tokens.KeyRing, name string) *settings.CodeDelivery {
	switch {
	case settings.IsEmail(name):
		return settings.NewDelivery("email", name)
	case settings.IsPhone(name):
		return settings.NewDelivery("phone_number", name)
	}
	if slices.Contains(pool.AutoVerifiedAttributes, "phone_number") {
		digits := new(big.Int).SetBytes(ring.Derive("phone", name)[:4])
		return settings.NewDelivery("phone_number", fmt.Sprintf("+1%010d", digits))
	}
	letters := ring.Derive("email", name)
	return settings.NewDelivery("email", fmt.Sprintf("%c@%c.com", 'a'+rune(letters[0]%26), 'a'+rune(letters[1]%26)))
}

// DecoySub returns the sub that is shown for a user who does not exist: always the same one, in the form of a real
// one (RFC 9562, 5.4).
func DecoySub(ring *tokens.KeyRing, account string) string {
	id := uuid.UUID(ring.Derive("sub", account)[:16])
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// DecoyPasskey returns the passkey that is shown for a user who does not exist, or nil. Half of all names have one,
// always the same half and the same passkey, so that neither a passkey nor the lack of one reveals whether the user
// exists.
func DecoyPasskey(ring *tokens.KeyRing, account string) *webauthn.Credential {
	seed := ring.Derive("passkey", account)
	if seed[0]&1 == 0 {
		return nil
	}
	return &webauthn.Credential{ID: seed[1:21], Transports: []string{"hybrid", "internal"}}
}
