package cognito

import (
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"authgraph/internal/jsontext"
)

// The SDK's serializer makes a request of its own for each input, whose address and headers
// a prepared call has already. So the inputs of the operations that clients call most are
// written here, as long as they are plain; everything else stays with the SDK.

// appendDirectly appends an input to the text as the SDK writes it. It returns false for an
// operation or a member that is rare, and for text that would be escaped.
func appendDirectly(text []byte, in any) (body []byte, ok bool) {
	w := objectWriter{text: text}
	switch in := in.(type) {
	case *sdk.InitiateAuthInput:
		if in.AnalyticsMetadata != nil || in.ClientMetadata != nil {
			return nil, false
		}
		flow := string(in.AuthFlow)
		w.begin()
		w.member("AuthFlow", &flow)
		w.members("AuthParameters", in.AuthParameters)
		w.member("ClientId", in.ClientId)
		w.member("Session", in.Session)
		w.userContext(in.UserContextData)
		w.end()
	case *sdk.GetTokensFromRefreshTokenInput:
		if in.ClientMetadata != nil {
			return nil, false
		}
		w.begin()
		w.member("ClientId", in.ClientId)
		w.member("ClientSecret", in.ClientSecret)
		w.member("DeviceKey", in.DeviceKey)
		w.member("RefreshToken", in.RefreshToken)
		w.end()
	default:
		return nil, false
	}
	return w.text, !w.failed
}

// objectWriter writes JSON objects of strings.
type objectWriter struct {
	text   []byte
	failed bool // there was text that is not plain
}

func (w *objectWriter) begin() { w.text = append(w.text, '{') }
func (w *objectWriter) end()   { w.text = append(w.text, '}') }

// name writes the name of the next member.
func (w *objectWriter) name(name string) {
	if w.text[len(w.text)-1] != '{' {
		w.text = append(w.text, ',')
	}
	w.string(name)
	w.text = append(w.text, ':')
}

// member writes a member, if there is a value.
func (w *objectWriter) member(name string, value *string) {
	if value != nil {
		w.name(name)
		w.string(*value)
	}
}

// members writes an object of its own, if there is one.
func (w *objectWriter) members(name string, values map[string]string) {
	if values == nil {
		return
	}
	w.name(name)
	w.begin()
	for name, value := range values {
		w.member(name, &value)
	}
	w.end()
}

func (w *objectWriter) userContext(data *types.UserContextDataType) {
	if data == nil {
		return
	}
	w.name("UserContextData")
	w.begin()
	w.member("EncodedData", data.EncodedData)
	w.member("IpAddress", data.IpAddress)
	w.end()
}

// string writes plain text.
func (w *objectWriter) string(text string) {
	w.failed = w.failed || !jsontext.IsPlain(text)
	w.text = append(w.text, '"')
	w.text = append(w.text, text...)
	w.text = append(w.text, '"')
}
