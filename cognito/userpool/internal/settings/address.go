package settings

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"authgraph/cognito/userpool/internal/exception"
)

// CodeDelivery is Cognito's CodeDeliveryDetailsType.
type CodeDelivery struct {
	Destination    string `json:"Destination,omitempty"`
	DeliveryMedium string `json:"DeliveryMedium,omitempty"`
	AttributeName  string `json:"AttributeName,omitempty"`
}

// CodeDeliveryOutput is the output of operations that send a code.
type CodeDeliveryOutput struct {
	CodeDeliveryDetails *CodeDelivery `json:"CodeDeliveryDetails,omitempty"`
}

// NewDelivery describes a code that was sent to an address, with the address masked.
func NewDelivery(attribute, address string) *CodeDelivery {
	return &CodeDelivery{Destination: mask(address), DeliveryMedium: Medium(attribute), AttributeName: attribute}
}

// Medium returns how codes are sent to an attribute, SMS or EMAIL.
func Medium(attribute string) string {
	if attribute == "phone_number" {
		return "SMS"
	}
	return "EMAIL"
}

// CheckAddresses checks the form of the e-mail address and the phone number.
func CheckAddresses(attributes map[string]string) error {
	if v := attributes["email"]; v != "" && !IsEmail(v) {
		return exception.InvalidParameter("Invalid email address format.")
	}
	if v := attributes["phone_number"]; v != "" && !IsPhone(v) {
		return exception.InvalidParameter("Invalid phone number format.")
	}
	return nil
}

// IsEmail reports whether s is an e-mail address. It is lenient about the part before the @ and strict about
// structure: one @, a domain with a dot, no white space and no characters that need quoting.
func IsEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(local) > 64 || len(s) > 254 || !utf8.ValidString(s) {
		return false
	}
	if strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return false
	}
	labels := strings.Split(domain, ".")
	if len(labels) < 2 || slices.ContainsFunc(labels, isInvalidLabel) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`"(),:;<>[\]`, r)
	})
}

func isInvalidLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return true
	}
	return strings.ContainsFunc(label, func(r rune) bool {
		return r != '-' && !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r)
	})
}

// IsPhone reports whether s is a phone number in E.164 form: a plus sign and at most fifteen digits.
func IsPhone(s string) bool {
	digits, ok := strings.CutPrefix(s, "+")
	if !ok || len(digits) < 2 || len(digits) > 15 {
		return false
	}
	return !strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' })
}

// mask hides an address as Cognito does in delivery details: f***@e***, or all but the last four digits of a phone
// number.
func mask(address string) string {
	if local, domain, ok := strings.Cut(address, "@"); ok {
		return firstRune(local) + "***@" + firstRune(domain) + "***"
	}
	return "+*******" + address[max(0, len(address)-4):]
}

func firstRune(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}

// nameAttribute checks the name of a new user and returns the attribute that it belongs to, if any.
func nameAttribute(pool *Pool, name string) (string, error) {
	byEmail := slices.Contains(pool.UsernameAttributes, "email")
	byPhone := slices.Contains(pool.UsernameAttributes, "phone_number")
	switch {
	case byEmail && IsEmail(name):
		return "email", nil
	case byPhone && IsPhone(name):
		return "phone_number", nil
	case byEmail && byPhone:
		return "", exception.InvalidParameter("Username should be either an email or a phone number.")
	case byEmail:
		return "", exception.InvalidParameter("Username should be an email.")
	case byPhone:
		return "", exception.InvalidParameter("Username should be a phone number.")
	case slices.Contains(pool.AliasAttributes, "email") && IsEmail(name):
		return "", exception.InvalidParameter("Username cannot be of email format, since user pool is configured for email alias.")
	case slices.Contains(pool.AliasAttributes, "phone_number") && IsPhone(name):
		return "", exception.InvalidParameter("Username cannot be of phone number format, since user pool is configured for phone number alias.")
	}
	return "", nil
}

// SetNameAttribute checks the name of a new user and, if the pool uses an address as user name, adds it to the
// attributes.
func SetNameAttribute(pool *Pool, name string, attributes map[string]string) error {
	as, err := nameAttribute(pool, name)
	if err != nil || as == "" {
		return err
	}
	if given, ok := attributes[as]; ok && !strings.EqualFold(given, name) {
		return exception.InvalidParameter("Attribute value for %s must match the username.", as)
	}
	attributes[as] = name
	return nil
}
