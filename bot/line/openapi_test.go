package line_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// described is LINE's OpenAPI description (see the README beside it).
func described(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("emulator/testdata/openapi/messaging-api.yml")
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// conform checks v against a schema by name and lists what does not fit.
// Unlike an ordinary validator it follows discriminators without oneOf, as
// LINE writes them, and takes a property that is not described for a fault.
func conform(doc *openapi3.T, name string, raw []byte) []string {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return []string{err.Error()}
	}
	c := conformance{doc: doc}
	c.value(name, v, doc.Components.Schemas[name].Value)
	return c.faults
}

type conformance struct {
	doc    *openapi3.T
	faults []string
}

func (c *conformance) fault(at, format string, args ...any) {
	c.faults = append(c.faults, at+": "+fmt.Sprintf(format, args...))
}

func (c *conformance) value(at string, v any, s *openapi3.Schema) {
	switch v := v.(type) {
	case map[string]any:
		c.object(at, v, s)
	case []any:
		if s.Items == nil {
			c.fault(at, "is a list")
			return
		}
		if n := uint64(len(v)); n < s.MinItems || s.MaxItems != nil && n > *s.MaxItems {
			c.fault(at, "has %d items", n)
		}
		for i, item := range v {
			c.value(fmt.Sprintf("%s[%d]", at, i), item, s.Items.Value)
		}
	default:
		if err := s.VisitJSON(v); err != nil {
			c.fault(at, "%v", err)
		}
	}
}

func (c *conformance) object(at string, v map[string]any, s *openapi3.Schema) {
	if d := s.Discriminator; d != nil {
		typ, _ := v[d.PropertyName].(string)
		ref, ok := d.Mapping[typ]
		if !ok {
			c.fault(at, "no such type %q", typ)
			return
		}
		s = c.doc.Components.Schemas[ref.Ref[strings.LastIndexByte(ref.Ref, '/')+1:]].Value
	}
	properties, required := map[string]*openapi3.Schema{}, []string{}
	var collect func(*openapi3.Schema)
	collect = func(s *openapi3.Schema) {
		for _, part := range s.AllOf {
			collect(part.Value)
		}
		for name, p := range s.Properties {
			properties[name] = p.Value
		}
		required = append(required, s.Required...)
	}
	collect(s)
	for name, item := range v {
		if p, ok := properties[name]; ok {
			c.value(at+"."+name, item, p)
		} else {
			c.fault(at, "%s is not described", name)
		}
	}
	for _, name := range required {
		if _, ok := v[name]; !ok {
			c.fault(at, "%s is missing", name)
		}
	}
	slices.Sort(c.faults)
}

// TestConformNotices shows that the checker above can find what is wrong.
func TestConformNotices(t *testing.T) {
	doc := described(t)
	for _, raw := range []string{
		`{"to":"x"}`,
		`{"to":"x","messages":[]}`,
		`{"to":"x","messages":[{"type":"words","text":"t"}]}`,
		`{"to":"x","messages":[{"type":"text"}]}`,
		`{"to":"x","messages":[{"type":"text","text":7}]}`,
		`{"to":"x","messages":[{"type":"text","text":"t","colour":"red"}]}`,
		`{"to":"x","messages":[{"type":"flex","altText":"a","contents":{"type":"bubble","size":"huge"}}]}`,
		`{"to":"x","messages":[{"type":"flex","altText":"a","contents":{"type":"bubble","body":{"type":"box","layout":"diagonal","contents":[]}}}]}`,
		`{"to":"x","messages":[{"type":"flex","altText":"a","contents":{"type":"bubble","body":{"type":"box","layout":"vertical","contents":[{"type":"button","action":{"type":"jump"}}]}}}]}`,
	} {
		if len(conform(doc, "PushMessageRequest", []byte(raw))) == 0 {
			t.Errorf("nothing noticed in %s", raw)
		}
	}
	if faults := conform(doc, "PushMessageRequest", []byte(`{"to":"x","messages":[{"type":"text","text":"t"}]}`)); len(faults) != 0 {
		t.Error(faults)
	}
}
