package graph

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
)

// coerceVariables is validator.VariableValues, without its reflection for values that are
// what the schema asks for as they stand.
func coerceVariables(schema *ast.Schema, op *ast.OperationDefinition, values map[string]any) (map[string]any, error) {
	if fitVariables(schema, op, values) {
		return values, nil
	}
	return validator.VariableValues(schema, op, values)
}

// fitVariables tells whether the values are those of the operation's variables and need
// no coercion. It may miss some that are: they go the long way.
func fitVariables(schema *ast.Schema, op *ast.OperationDefinition, values map[string]any) bool {
	if len(values) != len(op.VariableDefinitions) {
		return false
	}
	for _, variable := range op.VariableDefinitions {
		value, given := values[variable.Variable]
		if !given || !fits(schema, variable.Type, value) {
			return false
		}
	}
	return true
}

func fits(schema *ast.Schema, t *ast.Type, value any) bool {
	if value == nil {
		return !t.NonNull
	}
	var ok bool
	switch t.NamedType {
	case "": // a list
	case "String", "ID":
		_, ok = value.(string)
	case "Boolean":
		_, ok = value.(bool)
	case "Int":
		_, ok = value.(int64)
	default:
		if definition := schema.Types[t.NamedType]; definition.Kind == ast.InputObject {
			members, isObject := value.(map[string]any)
			ok = isObject && fitsObject(schema, definition, members)
		}
	}
	return ok
}

func fitsObject(schema *ast.Schema, definition *ast.Definition, members map[string]any) bool {
	known := 0
	for _, field := range definition.Fields {
		value, given := members[field.Name]
		switch {
		case !given && field.Type.NonNull:
			return false // unless it has a default
		case given && !fits(schema, field.Type, value):
			return false
		case given:
			known++
		}
	}
	return known == len(members)
}
