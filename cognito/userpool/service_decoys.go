package userpool

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/google/uuid"
)

// simulatedDelivery is what is answered for a user who does not exist: delivery details that look like the name.
func simulatedDelivery(pool *poolRecord, ring *keyRing, name string) *codeDelivery {
	switch {
	case isEmail(name):
		return delivery("email", name)
	case isPhone(name):
		return delivery("phone_number", name)
	}
	if slices.Contains(pool.AutoVerifiedAttributes, "phone_number") {
		digits := new(big.Int).SetBytes(ring.derived("phone", name)[:4])
		return delivery("phone_number", fmt.Sprintf("+1%010d", digits))
	}
	letters := ring.derived("email", name)
	return delivery("email", fmt.Sprintf("%c@%c.com", 'a'+rune(letters[0]%26), 'a'+rune(letters[1]%26)))
}

// simulatedSub is an id for a user who does not exist: always the same one, and of the form of a real one (RFC 9562, 5.4).
func simulatedSub(ring *keyRing, account string) string {
	id := uuid.UUID(ring.derived("sub", account)[:16])
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// simulatedPasskey is what a user who does not exist is shown with. Of the names that nobody has, half have one, always the
// same half and the same one: so neither having a passkey nor having none tells whether somebody exists.
func simulatedPasskey(ring *keyRing, account string) *passkeyRecord {
	seed := ring.derived("passkey", account)
	if seed[0]&1 == 0 {
		return nil
	}
	return &passkeyRecord{ID: seed[1:21], Transports: []string{"hybrid", "internal"}}
}
