package app

import (
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"authgraph/cognito/admission"
	"authgraph/graph"
	"authgraph/internal/config"
)

// Defaults stand in two places, each of which is read by somebody: the settings'
// help, and the package that they are for.
func TestDefaultsAgree(t *testing.T) {
	none := func(string) string { return "" }
	settings, err := config.Parse(nil, none, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if got := graph.Limits(settings.DocumentLimits); got != graph.DefaultLimits() {
		t.Errorf("the settings have %+v, package graph %+v", got, graph.DefaultLimits())
	}
	var all []string
	for _, category := range admission.Categories() {
		all = append(all, category+"=7")
	}
	settings, err = config.Parse([]string{"--cognito-quotas", strings.Join(all, ",")}, none, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Sorted(maps.Keys(settings.CognitoQuotas)); !slices.Equal(got, admission.Categories()) {
		t.Errorf("the settings know the categories %v, package cognito %v", got, admission.Categories())
	}
}
