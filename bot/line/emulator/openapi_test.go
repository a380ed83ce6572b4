package emulator_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/goccy/go-yaml"
)

// The tests judge what the emulator says by LINE's own OpenAPI description,
// read by a library that is not ours: every webhook, every answer, and that no
// request was accepted which the description forbids.

// load reads a description. LINE writes polymorphism as a discriminator with
// allOf, which validators pass over: each reference to such a schema is turned
// into a oneOf of what its discriminator lists.
func load(file string, also map[string]map[string]string) (*openapi3.T, error) {
	raw, err := os.ReadFile("testdata/openapi/" + file)
	if err != nil {
		return nil, err
	}
	var doc map[string]any
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return nil, err
	}
	schemas, ok := dig(doc, "components", "schemas").(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s has no schemas", file)
	}
	anyOf := map[string]any{}
	for name, s := range schemas {
		mapping, ok := dig(s, "discriminator", "mapping").(map[string]any)
		if !ok {
			continue
		}
		for value, ref := range also[name] {
			mapping[value] = ref
		}
		var one []any
		for _, ref := range slices.Sorted(maps.Values(texted(mapping))) {
			if item := any(map[string]any{"$ref": ref}); len(one) == 0 || fmt.Sprint(one[len(one)-1]) != fmt.Sprint(item) {
				one = append(one, item)
			}
		}
		anyOf[name+"Any"] = map[string]any{"oneOf": one, "discriminator": dig(s, "discriminator")}
	}
	redirect(doc, false, anyOf)
	maps.Copy(schemas, anyOf)
	out, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	return openapi3.NewLoader().LoadFromData(out)
}

func texted(m map[string]any) map[string]string {
	out := map[string]string{}
	for k, v := range m {
		out[k] = str(v)
	}
	return out
}

// redirect points references at the oneOf twin, except inside allOf.
func redirect(v any, inAllOf bool, anyOf map[string]any) {
	switch v := v.(type) {
	case map[string]any:
		name := strings.TrimPrefix(str(v["$ref"]), "#/components/schemas/")
		if anyOf[name+"Any"] != nil && !inAllOf {
			v["$ref"] = "#/components/schemas/" + name + "Any"
		}
		for key, x := range v {
			redirect(x, key == "allOf", anyOf)
		}
	case []any:
		for _, x := range v {
			redirect(x, inAllOf, anyOf)
		}
	}
}

var (
	loadAPI = sync.OnceValues(func() (*openapi3.T, error) { return load("messaging-api.yml", nil) })
	// The edit event is in the reference, but not yet in the description.
	loadHooks = sync.OnceValues(func() (*openapi3.T, error) {
		return load("webhook.yml", map[string]map[string]string{"Event": {"messageEdited": "#/components/schemas/MessageEvent"}})
	})
)

// judge validates a value, and refuses properties that the schema does not name.
func judge(s *openapi3.SchemaRef, v any) error {
	if err := s.Value.VisitJSON(v, openapi3.MultiErrors()); err != nil {
		return err
	}
	return strange(s, v, "")
}

// properties collects those of a schema and of what it is made of.
func properties(s *openapi3.SchemaRef, v any, into map[string]*openapi3.SchemaRef) {
	if s == nil || s.Value == nil {
		return
	}
	maps.Copy(into, s.Value.Properties)
	for _, part := range s.Value.AllOf {
		properties(part, v, into)
	}
	if d := s.Value.Discriminator; d != nil && len(s.Value.OneOf) > 0 {
		want := d.Mapping[str(dig(v, d.PropertyName))]
		for _, one := range s.Value.OneOf {
			if one.Ref == want.Ref {
				properties(one, v, into)
			}
		}
	}
}

func strange(s *openapi3.SchemaRef, v any, path string) error {
	switch v := v.(type) {
	case map[string]any:
		known := map[string]*openapi3.SchemaRef{}
		properties(s, v, known)
		if len(known) == 0 {
			return nil
		}
		for key, x := range v {
			next, named := known[key]
			if !named {
				return fmt.Errorf("%s/%s is not in the description", path, key)
			}
			if err := strange(next, x, path+"/"+key); err != nil {
				return err
			}
		}
	case []any:
		if s == nil || s.Value == nil || s.Value.Items == nil {
			return nil
		}
		for i, x := range v {
			if err := strange(s.Value.Items, x, fmt.Sprintf("%s/%d", path, i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// judgeWebhook judges a webhook's body; injected events are exempt.
func judgeWebhook(raw []byte) error {
	doc, err := loadHooks()
	if err != nil {
		return err
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	if str(dig(v, "events", 0, "type")) == "novelty" {
		return nil
	}
	return judge(doc.Components.Schemas["CallbackRequest"], v)
}

// judgeCall judges an answer, and the request when it was accepted.
func judgeCall(method, path string, request []byte, status int, answer any) error {
	doc, err := loadAPI()
	if err != nil {
		return err
	}
	op := operation(doc, method, path)
	if op == nil {
		return nil // the emulator is asked for something that LINE does not have
	}
	if status >= 400 {
		if err := judge(doc.Components.Schemas["ErrorResponse"], answer); err != nil {
			return fmt.Errorf("error body: %w", err)
		}
		return nil
	}
	res := op.Responses.Status(status)
	if status == 202 && strings.Contains(path, "/content") {
		return nil // only the reference has it: content that is being prepared
	}
	if res == nil {
		return fmt.Errorf("status %d is not described", status)
	}
	if c := res.Value.Content["application/json"]; c != nil && c.Schema != nil {
		if err := judge(c.Schema, answer); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
	if op.RequestBody == nil || op.RequestBody.Value.Content["application/json"] == nil {
		return nil
	}
	var v any
	if err := json.Unmarshal(request, &v); err != nil {
		return fmt.Errorf("accepted request: %w", err)
	}
	if err := op.RequestBody.Value.Content["application/json"].Schema.Value.VisitJSON(v); err != nil {
		return fmt.Errorf("accepted request: %w", err)
	}
	return nil
}

func operation(doc *openapi3.T, method, path string) *openapi3.Operation {
	parts := strings.Split(path, "/")
	var best *openapi3.Operation
	fewest := 99
	for pattern, item := range doc.Paths.Map() {
		want := strings.Split(pattern, "/")
		if len(want) != len(parts) || item.GetOperation(method) == nil {
			continue
		}
		args, fits := 0, true
		for i, w := range want {
			if strings.HasPrefix(w, "{") {
				args++
			} else if w != parts[i] {
				fits = false
			}
		}
		if fits && args < fewest {
			best, fewest = item.GetOperation(method), args
		}
	}
	return best
}

// TestTheJudgeJudges shows that it refuses what is wrong.
func TestTheJudgeJudges(t *testing.T) {
	good := `{"destination":"U0123456789abcdef0123456789abcdef","events":[{"type":"message","mode":"active","timestamp":1,` +
		`"webhookEventId":"x","deliveryContext":{"isRedelivery":false},"source":{"type":"user","userId":"U"},` +
		`"message":{"type":"text","id":"1","text":"x","quoteToken":"q"}}]}`
	if err := judgeWebhook([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`"quoteToken":"q"`, `"quoteToken":1`}, {`,"quoteToken":"q"`, ``}, {`"timestamp":1`, `"timestamp":"1"`},
		{`"mode":"active"`, `"mode":"asleep"`}, {`"type":"text"`, `"type":"poem"`}, {`"id":"1"`, `"id":"1","novelty":true`},
	} {
		if err := judgeWebhook([]byte(strings.Replace(good, change[0], change[1], 1))); err == nil {
			t.Errorf("passed with %s for %s", change[1], change[0])
		}
	}
	if err := judgeCall("GET", "/v2/bot/info", nil, 200, map[string]any{"userId": "U"}); err == nil {
		t.Error("passed a bot info without its required properties")
	}
}
