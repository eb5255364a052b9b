package userpool

// call is what a handler knows of the request beside its input.
type call struct {
	id  string // request id
	now moment // one time for all that the call does
	ip  string // that the call came from
}

// empty is the output of operations that answer {}, noBody of those that answer nothing at all.
type (
	empty  struct{}
	noBody struct{}
)

func (p *Pool) issuerOf(poolID string) string { return p.url + "/" + poolID }
