package userpool

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// schemaAttribute is Cognito's SchemaAttributeType: one attribute that users of a pool may have.
type schemaAttribute struct {
	Name                   string            `json:"Name" is:"required,customName"`
	AttributeDataType      string            `json:"AttributeDataType,omitempty" is:"dataType"`
	DeveloperOnlyAttribute bool              `json:"DeveloperOnlyAttribute"`
	Mutable                *bool             `json:"Mutable,omitempty"`
	Required               bool              `json:"Required"`
	StringConstraints      *stringConstraint `json:"StringAttributeConstraints,omitempty"`
	NumberConstraints      *numberConstraint `json:"NumberAttributeConstraints,omitempty"`
}

type stringConstraint struct {
	MinLength string `json:"MinLength,omitempty"`
	MaxLength string `json:"MaxLength,omitempty"`
}

type numberConstraint struct {
	MinValue string `json:"MinValue,omitempty"`
	MaxValue string `json:"MaxValue,omitempty"`
}

// attribute is Cognito's AttributeType: values travel as strings whatever their type.
type attribute struct {
	Name  string `json:"Name" is:"required,attributeName"`
	Value string `json:"Value" is:"attributeValue"`
}

// standardAttributes lists the twenty attributes that every pool has, in Cognito's order.
func standardAttributes() []schemaAttribute {
	list := []schemaAttribute{standardAttribute("sub", "String", "1", "2048")}
	*list[0].Mutable = false
	list[0].Required = true
	for _, name := range []string{
		"name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website", "email",
	} {
		list = append(list, standardAttribute(name, "String", "0", "2048"))
	}
	list = append(list,
		standardAttribute("email_verified", "Boolean", "", ""),
		standardAttribute("gender", "String", "0", "2048"),
		standardAttribute("birthdate", "String", "10", "10"),
		standardAttribute("zoneinfo", "String", "0", "2048"),
		standardAttribute("locale", "String", "0", "2048"),
		standardAttribute("phone_number", "String", "0", "2048"),
		standardAttribute("phone_number_verified", "Boolean", "", ""),
		standardAttribute("address", "String", "0", "2048"),
		standardAttribute("updated_at", "Number", "", ""),
	)
	list[len(list)-1].NumberConstraints = &numberConstraint{MinValue: "0"}
	return list
}

func standardAttribute(name, kind, minLength, maxLength string) schemaAttribute {
	mutable := true
	a := schemaAttribute{Name: name, AttributeDataType: kind, Mutable: &mutable}
	if maxLength != "" {
		a.StringConstraints = &stringConstraint{MinLength: minLength, MaxLength: maxLength}
	}
	return a
}

func customAttribute(name, kind string) schemaAttribute {
	a := standardAttribute("custom:"+name, kind, "", "")
	if kind == "String" {
		a.StringConstraints = &stringConstraint{MinLength: "0", MaxLength: "2048"}
	}
	return a
}

func (a *schemaAttribute) mutable() bool { return a.Mutable == nil || *a.Mutable }

// refusal is the line of a schema error for a value, or nothing if the value fits.
func (a *schemaAttribute) refusal(value string) string {
	if c := a.StringConstraints; c != nil {
		n := utf8.RuneCountInString(value)
		if limit, err := strconv.Atoi(c.MinLength); err == nil && n < limit {
			return "String too short."
		}
		if limit, err := strconv.Atoi(c.MaxLength); err == nil && n > limit {
			return "String too long."
		}
	}
	switch a.AttributeDataType {
	case "Number":
		return a.numberRefusal(value)
	case "Boolean":
		if !isBoolean(value) {
			return "Attribute is not a boolean."
		}
	}
	return ""
}

func (a *schemaAttribute) numberRefusal(value string) string {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return "Attribute is not a number."
	}
	if c := a.NumberConstraints; c != nil {
		if limit, err := strconv.ParseInt(c.MinValue, 10, 64); err == nil && n < limit {
			return "Number too small."
		}
		if limit, err := strconv.ParseInt(c.MaxValue, 10, 64); err == nil && n > limit {
			return "Number too large."
		}
	}
	return ""
}

// isBoolean takes what the service takes: "true" and "True" are both seen in the wild.
func isBoolean(value string) bool {
	return strings.EqualFold(value, "true") || strings.EqualFold(value, "false")
}

// serverAttribute tells attributes that no client may ever write.
func serverAttribute(name string) bool {
	return name == "sub" || name == "email_verified" || name == "phone_number_verified"
}

// checkWritable refuses attributes that the app client may not write. Cognito looks at this before the schema in clients
// that list WriteAttributes.
func checkWritable(client *clientRecord, names []string) error {
	for _, name := range names {
		listed := len(client.WriteAttributes) == 0 || slices.Contains(client.WriteAttributes, name)
		if !listed || serverAttribute(name) {
			return notAuthorized("A client attempted to write unauthorized attribute")
		}
	}
	return nil
}

// checkSchema refuses attributes that the pool does not have or whose values do not fit, with one line for each. label is
// what Cognito puts before each name: nothing at sign-up, "user." at updates.
func checkSchema(pool *poolRecord, attributes map[string]string, label string) string {
	var lines strings.Builder
	for _, name := range sortedNames(attributes) {
		a := pool.attribute(name)
		if a == nil {
			lines.WriteString(label + name + ": Attribute does not exist in the schema.\n")
			continue
		}
		if why := a.refusal(attributes[name]); why != "" {
			lines.WriteString(label + name + ": " + why + "\n")
		}
	}
	return lines.String()
}

// checkRequired gives a line for each attribute that the pool requires and the user lacks.
func checkRequired(pool *poolRecord, attributes map[string]string) string {
	var lines strings.Builder
	for _, a := range pool.SchemaAttributes {
		if a.Required && a.Name != "sub" && attributes[a.Name] == "" {
			lines.WriteString(a.Name + ": The attribute is required\n")
		}
	}
	return lines.String()
}

// checkNewUser is the schema check of SignUp and AdminCreateUser.
func checkNewUser(pool *poolRecord, attributes map[string]string) error {
	if lines := checkSchema(pool, attributes, "") + checkRequired(pool, attributes); lines != "" {
		return invalidParameter("Attributes did not conform to the schema: %s", lines)
	}
	return checkAddresses(attributes)
}

func checkAddresses(attributes map[string]string) error {
	if v := attributes["email"]; v != "" && !isEmail(v) {
		return invalidParameter("Invalid email address format.")
	}
	if v := attributes["phone_number"]; v != "" && !isPhone(v) {
		return invalidParameter("Invalid phone number format.")
	}
	return nil
}

// isEmail is generous with what is before the @ and strict with structure: one @, a domain with a dot, no white space and
// none of the characters that would need quoting.
func isEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(local) > 64 || len(s) > 254 || !utf8.ValidString(s) {
		return false
	}
	if strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return false
	}
	labels := strings.Split(domain, ".")
	if len(labels) < 2 || slices.ContainsFunc(labels, badLabel) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`"(),:;<>[\]`, r)
	})
}

func badLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return true
	}
	return strings.ContainsFunc(label, func(r rune) bool {
		return r != '-' && !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r)
	})
}

// isPhone checks for E.164: a plus and at most fifteen digits.
func isPhone(s string) bool {
	digits, ok := strings.CutPrefix(s, "+")
	if !ok || len(digits) < 2 || len(digits) > 15 {
		return false
	}
	return !strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' })
}

// mask hides an address as Cognito's delivery details do: f***@e***, or a phone number but for its last four digits.
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

func attributeMap(list []attribute) map[string]string {
	m := make(map[string]string, len(list))
	for _, a := range list {
		m[a.Name] = a.Value
	}
	return m
}

func sortedNames(m map[string]string) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// attributeList writes attributes as the protocol does, in a stable order; keep decides which.
func attributeList(m map[string]string, keep func(name string) bool) []attribute {
	list := []attribute{}
	for _, name := range sortedNames(m) {
		if keep(name) {
			list = append(list, attribute{Name: name, Value: m[name]})
		}
	}
	return list
}

func everyAttribute(string) bool { return true }

// readable tells whether the app client may read an attribute; sub can always be read.
func (c *clientRecord) readable(name string) bool {
	return len(c.ReadAttributes) == 0 || name == "sub" || slices.Contains(c.ReadAttributes, name)
}
