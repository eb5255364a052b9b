package settings

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"authgraph/cognito/userpool/internal/exception"
)

// SchemaAttribute is Cognito's SchemaAttributeType: an attribute that users of a pool may have.
type SchemaAttribute struct {
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

// Attribute is Cognito's AttributeType. Values of every type are strings.
type Attribute struct {
	Name  string `json:"Name" is:"required,attributeName"`
	Value string `json:"Value" is:"attributeValue"`
}

// standardAttributes returns the twenty attributes that every pool has, in Cognito's order.
func standardAttributes() []SchemaAttribute {
	list := []SchemaAttribute{standardAttribute("sub", "String", "1", "2048")}
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

func standardAttribute(name, kind, minLength, maxLength string) SchemaAttribute {
	mutable := true
	a := SchemaAttribute{Name: name, AttributeDataType: kind, Mutable: &mutable}
	if maxLength != "" {
		a.StringConstraints = &stringConstraint{MinLength: minLength, MaxLength: maxLength}
	}
	return a
}

// CustomAttribute returns a mutable custom attribute, given its name without the prefix.
func CustomAttribute(name, kind string) SchemaAttribute {
	a := standardAttribute("custom:"+name, kind, "", "")
	if kind == "String" {
		a.StringConstraints = &stringConstraint{MinLength: "0", MaxLength: "2048"}
	}
	return a
}

func (a *SchemaAttribute) mutable() bool { return a.Mutable == nil || *a.Mutable }

// violation describes why a value does not match the attribute, or returns "".
func (a *SchemaAttribute) violation(value string) string {
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
		return a.numberViolation(value)
	case "Boolean":
		if !isBoolean(value) {
			return "Attribute is not a boolean."
		}
	}
	return ""
}

func (a *SchemaAttribute) numberViolation(value string) string {
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

// isBoolean accepts what the service accepts; both "true" and "True" occur.
func isBoolean(value string) bool {
	return strings.EqualFold(value, "true") || strings.EqualFold(value, "false")
}

// isReadOnly reports whether an attribute can never be written by clients.
func isReadOnly(name string) bool {
	return name == "sub" || name == "email_verified" || name == "phone_number_verified" || strings.HasPrefix(name, developerPrefix)
}

// CheckSchema returns a line for each attribute that the pool does not have or whose value does not match. Names are
// prefixed with label, as Cognito does: nothing at sign-up, "user." at updates.
func CheckSchema(pool *Pool, attributes map[string]string, label string) string {
	var lines strings.Builder
	for _, name := range SortedNames(attributes) {
		a := pool.Attribute(name)
		if a == nil {
			lines.WriteString(label + name + ": Attribute does not exist in the schema.\n")
			continue
		}
		if why := a.violation(attributes[name]); why != "" {
			lines.WriteString(label + name + ": " + why + "\n")
		}
	}
	return lines.String()
}

// checkRequired returns a line for each required attribute that is missing.
func checkRequired(pool *Pool, attributes map[string]string) string {
	var lines strings.Builder
	for _, a := range pool.SchemaAttributes {
		if a.Required && a.Name != "sub" && attributes[a.Name] == "" {
			lines.WriteString(a.Name + ": The attribute is required\n")
		}
	}
	return lines.String()
}

// CheckNewUser checks the attributes of a new user against the schema.
func CheckNewUser(pool *Pool, attributes map[string]string) error {
	if lines := CheckSchema(pool, attributes, "") + checkRequired(pool, attributes); lines != "" {
		return exception.InvalidParameter("Attributes did not conform to the schema: %s", lines)
	}
	return CheckAddresses(attributes)
}

// AttributeMap converts a list of attributes to a map by name.
func AttributeMap(list []Attribute) map[string]string {
	m := make(map[string]string, len(list))
	for _, a := range list {
		m[a.Name] = a.Value
	}
	return m
}

// SortedNames returns the keys of m in order.
func SortedNames(m map[string]string) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// AttributeList converts a map of attributes to a sorted list of those that keep accepts.
func AttributeList(m map[string]string, keep func(name string) bool) []Attribute {
	list := []Attribute{}
	for _, name := range SortedNames(m) {
		if keep(name) {
			list = append(list, Attribute{Name: name, Value: m[name]})
		}
	}
	return list
}

// AllAttributes is a filter for AttributeList that keeps everything.
func AllAttributes(string) bool { return true }

const maxCustomAttributes = 50

// AddSchema adds attributes to a new pool. Those with the name of a standard attribute change it; the others become
// custom:NAME.
func (p *Pool) AddSchema(given []SchemaAttribute) error {
	for _, a := range given {
		standard := p.Attribute(a.Name)
		if standard == nil {
			if err := p.addCustom(a, func(name string) error {
				return exception.InvalidParameter("Duplicate custom attribute names %s are not allowed in a user pool schema.", name)
			}); err != nil {
				return err
			}
			continue
		}
		if a.AttributeDataType != "" && a.AttributeDataType != standard.AttributeDataType || a.DeveloperOnlyAttribute {
			return exception.InvalidParameter("You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute %s", a.Name)
		}
		standard.Required = a.Required
		replacePointer(&standard.Mutable, a.Mutable)
		replacePointer(&standard.StringConstraints, a.StringConstraints)
		replacePointer(&standard.NumberConstraints, a.NumberConstraints)
		if err := standard.checkConstraints(); err != nil {
			return err
		}
	}
	return nil
}

// AddCustomAttributes adds custom attributes to an existing pool. They may have the names of standard ones.
func (p *Pool) AddCustomAttributes(given []SchemaAttribute) error {
	p.SchemaAttributes = slices.Clone(p.SchemaAttributes)
	for _, a := range given {
		if err := p.addCustom(a, func(name string) error {
			return exception.InvalidParameter("custom:%s: Existing attribute already has name %s.", a.Name, name)
		}); err != nil {
			return err
		}
	}
	return nil
}

// addCustom adds a custom attribute. taken returns the error for a name that the pool already has.
func (p *Pool) addCustom(a SchemaAttribute, taken func(name string) error) error {
	if a.Required {
		return exception.InvalidParameter("Required custom attributes are not supported currently.")
	}
	a = a.asCustom()
	custom := 0
	for _, other := range p.SchemaAttributes {
		if other.Name == a.Name {
			return taken(a.Name)
		}
		if strings.Contains(other.Name, ":") {
			custom++
		}
	}
	if custom == maxCustomAttributes {
		return exception.InvalidParameter("A user pool can have %d custom attributes.", maxCustomAttributes)
	}
	p.SchemaAttributes = append(p.SchemaAttributes, a)
	return a.checkConstraints()
}

// checkConstraints checks that the constraints are numbers and leave room for a value.
func (a *SchemaAttribute) checkConstraints() error {
	if c := a.StringConstraints; c != nil {
		ordered, err := areOrdered(c.MinLength, c.MaxLength)
		if err == nil && !ordered {
			err = exception.InvalidParameter("Attribute %s cannot have a max length shorter than it's min length", a.Name)
		}
		if err != nil {
			return err
		}
	}
	if c := a.NumberConstraints; c != nil {
		ordered, err := areOrdered(c.MinValue, c.MaxValue)
		if err == nil && !ordered {
			err = exception.InvalidParameter("Attribute %s cannot have a max value smaller than it's min value", a.Name)
		}
		return err
	}
	return nil
}

// areOrdered reports whether least is at most the greatest. Either may be empty, which means no limit.
func areOrdered(least, greatest string) (bool, error) {
	var limits []int64
	for _, text := range []string{least, greatest} {
		if text == "" {
			return true, nil
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return false, exception.InvalidParameter("%s is not a number that can limit an attribute.", exception.Shorten(text))
		}
		limits = append(limits, n)
	}
	return limits[0] <= limits[1], nil
}

// developerPrefix precedes the names of attributes that only administrators can write.
const developerPrefix = "dev:"

// asCustom adds the prefix of a custom attribute. Unlike standard ones, custom attributes are immutable by default.
func (a SchemaAttribute) asCustom() SchemaAttribute {
	a.Name = "custom:" + a.Name
	if a.DeveloperOnlyAttribute {
		a.Name = developerPrefix + a.Name
	}
	defaultTo(&a.AttributeDataType, "String")
	if a.Mutable == nil {
		no := false
		a.Mutable = &no
	}
	if a.AttributeDataType == "String" && a.StringConstraints == nil {
		a.StringConstraints = &stringConstraint{}
	}
	return a
}

// CheckEdit checks changed attributes against the schema. Removals, which have empty values, are only checked by
// name.
func (p *Pool) CheckEdit(given map[string]string) error {
	lines := ""
	values := map[string]string{}
	for _, name := range SortedNames(given) {
		a := p.Attribute(name)
		switch {
		case a == nil:
			lines += "user." + name + ": Attribute does not exist in the schema.\n"
		case !a.mutable():
			lines += "user." + name + ": Attribute cannot be updated.\n"
		case given[name] == "" && a.Required:
			lines += "user." + name + ": The attribute is required\n"
		case given[name] != "":
			values[name] = given[name]
		}
	}
	if lines += CheckSchema(p, values, "user."); lines != "" {
		return exception.InvalidParameter("%s", lines)
	}
	return CheckAddresses(values)
}

// CheckRemoval checks whether attributes may be deleted.
func (p *Pool) CheckRemoval(names []string) error {
	lines := ""
	for _, name := range names {
		switch a := p.Attribute(name); {
		case a == nil:
			lines += "user." + name + ": Attribute does not exist in the schema.\n"
		case a.Required:
			lines += "user." + name + ": The attribute is required\n"
		case !a.mutable():
			lines += "user." + name + ": Attribute cannot be updated.\n"
		}
	}
	if lines != "" {
		return exception.InvalidParameter("Invalid user attributes: %s", lines)
	}
	return nil
}
