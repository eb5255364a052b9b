package userpool

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// shape is a type of the service model with the constraints that it puts on a member. Inputs name their shapes in the tag
// "is", after "required" where the member must be there: `is:"required,username"`.
type shape struct {
	min, max  int // of length for text, of value for numbers; max 0 means no limit
	pattern   *regexp.Regexp
	written   string // the pattern as the service writes it in messages
	enum      []string
	sensitive bool // the value must not be repeated in a message
}

// shapes are Cognito's, from its service model.
func shapes() map[string]shape {
	name := `[\p{L}\p{M}\p{S}\p{N}\p{P}]+`
	return map[string]shape{
		"username":           text(1, 128, name).secret(),
		"password":           text(0, 256, `^[\S]+.*[\S]+$`).secret(),
		"clientId":           text(1, 128, `[\w+]+`).secret(),
		"secret":             text(1, 256, `[\w+=/]+`).secret(),
		"code":               text(1, 2048, `[\S]+`).secret(),
		"token":              text(0, 0, `[A-Za-z0-9-_=.]+`).secret(),
		"session":            text(20, 2048, "").secret(),
		"attributeName":      text(1, 32, name),
		"attributeValue":     text(0, 2048, "").secret(),
		"customName":         text(1, 20, name),
		"poolId":             text(1, 55, `[\w-]+_[0-9a-zA-Z]+`),
		"poolName":           text(1, 128, `[\w\s+=,.@-]+`),
		"clientName":         text(1, 128, `[\w\s+=,.@-]+`),
		"groupName":          text(1, 128, name),
		"description":        text(0, 2048, ""),
		"arn":                text(20, 2048, `arn:[\w+=/,.@-]+:[\w+=/,.@-]+:([\w+=/,.@-]*)?:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?`),
		"filter":             text(0, 256, ""),
		"page":               text(1, 131072, `[\S]+`).secret(),
		"limit60":            {max: 60},
		"limit60from1":       {min: 1, max: 60},
		"precedence":         {},
		"userCode":           text(6, 6, `[0-9]+`).secret(),
		"dataType":           oneOf("String", "Number", "DateTime", "Boolean"),
		"timeUnit":           oneOf("seconds", "minutes", "hours", "days"),
		"deviceName":         text(1, 131072, ""),
		"relyingParty":       text(1, 127, ""),
		"userVerification":   oneOf("required", "preferred"),
		"passkeyFactor":      oneOf("SINGLE_FACTOR", "MULTI_FACTOR_WITH_USER_VERIFICATION"),
		"limit20":            {max: 20},
		"credentialId":       text(1, 131072, ""),
		"deviceKey":          text(1, 55, `[\w-]+_[0-9a-f-]+`),
		"deviceStatus":       oneOf("remembered", "not_remembered"),
		"feature":            oneOf("ENABLED", "DISABLED"),
		"existenceErrors":    oneOf("LEGACY", "ENABLED"),
		"messageAction":      oneOf("RESEND", "SUPPRESS"),
		"medium":             oneOf("SMS", "EMAIL"),
		"address":            oneOf("phone_number", "email"),
		"alias":              oneOf("phone_number", "email", "preferred_username"),
		"mfa":                oneOf("OFF", "ON", "OPTIONAL"),
		"firstFactor":        oneOf("PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"),
		"deletionProtection": oneOf("ACTIVE", "INACTIVE"),
		"recovery":           oneOf("verified_email", "verified_phone_number", "admin_only"),
		"sendingAccount":     oneOf("COGNITO_DEFAULT", "DEVELOPER"),
		"emailOption":        oneOf("CONFIRM_WITH_LINK", "CONFIRM_WITH_CODE"),
		"securityMode":       oneOf("OFF", "AUDIT", "ENFORCED"),
		"eventId":            text(1, 50, `[\w+-]+`),
		"feedback":           oneOf("Valid", "Invalid"),
		"tier":               oneOf("LITE", "ESSENTIALS", "PLUS"),
		"authFlow": oneOf("USER_SRP_AUTH", "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN", "CUSTOM_AUTH", "ADMIN_NO_SRP_AUTH",
			"USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "USER_AUTH"),
		"challenge": oneOf("SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA", "SELECT_MFA_TYPE", "MFA_SETUP", "PASSWORD_VERIFIER",
			"CUSTOM_CHALLENGE", "SELECT_CHALLENGE", "DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER", "ADMIN_NO_SRP_AUTH",
			"NEW_PASSWORD_REQUIRED", "SMS_OTP", "PASSWORD", "WEB_AUTHN", "PASSWORD_SRP"),
	}
}

func text(shortest, longest int, pattern string) shape {
	s := shape{min: shortest, max: longest, written: pattern}
	if pattern != "" {
		s.pattern = regexp.MustCompile("^(?:" + pattern + ")$")
	}
	return s
}

func (s shape) secret() shape {
	s.sensitive = true
	return s
}

func oneOf(values ...string) shape { return shape{enum: values} }

// check is one constrained member of an input.
type check struct {
	index    []int
	name     string // as in JSON
	required bool
	shape    shape
	nested   []check // for a list of structures, or a structure
}

// checksOf reads the tags of an input type, once when the table of operations is built. A tag that names no shape is a
// mistake in this package and panics then.
func checksOf(t reflect.Type, known map[string]shape) []check {
	var checks []check
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous || !f.IsExported() {
			continue
		}
		c := check{index: f.Index, name: memberName(f)}
		for tag := range strings.SplitSeq(f.Tag.Get("is"), ",") {
			switch s, ok := known[tag]; {
			case tag == "required":
				c.required = true
			case ok:
				c.shape = s
			case tag != "":
				panic("userpool: " + t.Name() + "." + f.Name + " is tagged with an unknown shape: " + tag)
			}
		}
		inner := f.Type
		for inner.Kind() == reflect.Slice || inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			c.nested = checksOf(inner, known)
		}
		if f.Tag.Get("is") != "" || len(c.nested) > 0 {
			checks = append(checks, c)
		}
	}
	return checks
}

func memberName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "" {
		return f.Name
	}
	return name
}

// validate holds an input against its checks and answers as the service does: all violations in one exception. raw is the
// input's JSON, which tells an absent member from an empty one.
func validate(checks []check, v reflect.Value, raw []byte) error {
	var found []string
	for _, c := range checks {
		found = c.against(found, "", v, raw)
	}
	switch len(found) {
	case 0:
		return nil
	case 1:
		return invalidParameter("1 validation error detected: %s", found[0])
	}
	return invalidParameter("%d validation errors detected: %s", len(found), strings.Join(found, "; "))
}

func (c check) against(found []string, path string, v reflect.Value, raw []byte) []string {
	field := v.FieldByIndex(c.index)
	at := path + strings.ToLower(c.name[:1]) + c.name[1:]
	if field.Kind() == reflect.Pointer {
		if field.IsNil() {
			return c.absent(found, at)
		}
		field = field.Elem()
	}
	switch field.Kind() {
	case reflect.String:
		if field.Len() == 0 && !present(raw, c.name) {
			return c.absent(found, at)
		}
		return c.text(found, at, field.String())
	case reflect.Int:
		return c.number(found, at, int(field.Int()))
	case reflect.Map:
		if field.IsNil() {
			return c.absent(found, at)
		}
	case reflect.Slice:
		if field.IsNil() {
			return c.absent(found, at)
		}
		return c.list(found, at, field, raw)
	case reflect.Struct:
		for _, n := range c.nested {
			found = n.against(found, at+".", field, member(raw, c.name))
		}
	}
	return found
}

func (c check) absent(found []string, at string) []string {
	if !c.required {
		return found
	}
	return append(found, fmt.Sprintf("Value null at '%s' failed to satisfy constraint: Member must not be null", at))
}

func (c check) list(found []string, at string, list reflect.Value, raw []byte) []string {
	var items []json.RawMessage
	if len(c.nested) > 0 {
		_ = json.Unmarshal(member(raw, c.name), &items)
	}
	for i := range list.Len() {
		item := list.Index(i)
		place := at + "." + strconv.Itoa(i+1) + ".member"
		if item.Kind() == reflect.String {
			found = c.text(found, place, item.String())
		}
		for _, n := range c.nested {
			if i < len(items) {
				found = n.against(found, place+".", item, items[i])
			}
		}
	}
	return found
}

func (c check) text(found []string, at, value string) []string {
	s := c.shape
	n := utf8.RuneCountInString(value)
	if n < s.min {
		found = append(found, s.violation(at, value, fmt.Sprintf("Member must have length greater than or equal to %d", s.min)))
	}
	if s.max > 0 && n > s.max {
		found = append(found, s.violation(at, value, fmt.Sprintf("Member must have length less than or equal to %d", s.max)))
	}
	if s.pattern != nil && value != "" && !s.pattern.MatchString(value) {
		found = append(found, s.violation(at, value, "Member must satisfy regular expression pattern: "+s.written))
	}
	for _, allowed := range s.enum {
		if value == allowed {
			return found
		}
	}
	if s.enum != nil {
		found = append(found, s.violation(at, value, "Member must satisfy enum value set: ["+strings.Join(s.enum, ", ")+"]"))
	}
	return found
}

func (c check) number(found []string, at string, value int) []string {
	if s := c.shape; s.max > 0 && value > s.max {
		return append(found, s.violation(at, strconv.Itoa(value), fmt.Sprintf("Member must have value less than or equal to %d", s.max)))
	} else if value < s.min {
		return append(found, s.violation(at, strconv.Itoa(value), fmt.Sprintf("Member must have value greater than or equal to %d", s.min)))
	}
	return found
}

func (s shape) violation(at, value, constraint string) string {
	if s.sensitive {
		return fmt.Sprintf("Value at '%s' failed to satisfy constraint: %s", at, constraint)
	}
	return fmt.Sprintf("Value '%s' at '%s' failed to satisfy constraint: %s", shortened(value), at, constraint)
}

// shortened keeps an answer from growing with what was asked.
func shortened(value string) string {
	const most = 128
	if len(value) <= most {
		return value
	}
	return strings.ToValidUTF8(value[:most], "") + "..."
}

// present tells whether an object has a member that is not null.
func present(raw []byte, name string) bool { return len(member(raw, name)) > 0 }

func member(raw []byte, name string) json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return nil
	}
	v := members[name]
	if string(v) == "null" {
		return nil
	}
	return v
}
