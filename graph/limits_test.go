package graph

import (
	"reflect"
	"strings"
	"testing"

	"authgraph/graph/generated"
)

// A field costs no more than a call, besides its children, unless it has the argument
// "first": documents without are not counted further than their fields.
func TestOnlyPagesCostMore(t *testing.T) {
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	roots := reflect.ValueOf(costs())
	checked := 0
	for i := range roots.NumField() {
		object := roots.Type().Field(i).Name
		for j := range roots.Field(i).NumField() {
			cost, name := roots.Field(i).Field(j), roots.Field(i).Type().Field(j).Name
			if cost.IsNil() {
				continue
			}
			checked++
			field := schema.Types[object].Fields.ForName(strings.ToLower(name[:1]) + name[1:])
			if field == nil {
				t.Errorf("%s has no field %s", object, name)
				continue
			}
			if field.Arguments.ForName("first") != nil {
				continue
			}
			in := make([]reflect.Value, cost.Type().NumIn())
			for k := range in {
				in[k] = reflect.Zero(cost.Type().In(k))
			}
			const children = 1000
			in[0] = reflect.ValueOf(children)
			if got := cost.Call(in)[0].Int(); got > children+callCost {
				t.Errorf("%s.%s costs %d with children of %d", object, name, got, children)
			}
		}
	}
	if checked == 0 {
		t.Error("no field has a cost")
	}
}
