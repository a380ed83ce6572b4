package bubble_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// element is a parsed piece of what the package writes. The package writes
// well-formed XML, so that one strict parser can judge it.
type element struct {
	tag    string
	attrs  map[string]string
	within []*element
	words  string // of the element and everything in it
}

func parse(markup template.HTML) (*element, error) {
	d := xml.NewDecoder(strings.NewReader("<root>" + string(markup) + "</root>"))
	stack := []*element{{}}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return stack[0].within[0], nil
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{tag: token.Name.Local, attrs: map[string]string{}}
			for _, a := range token.Attr {
				if _, twice := e.attrs[a.Name.Local]; twice {
					return nil, fmt.Errorf("%s twice in <%s>", a.Name.Local, e.tag)
				}
				e.attrs[a.Name.Local] = a.Value
			}
			top := stack[len(stack)-1]
			top.within = append(top.within, e)
			stack = append(stack, e)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			for _, e := range stack {
				e.words += string(token)
			}
		default:
			return nil, fmt.Errorf("%T in the markup", token)
		}
	}
}

// all lists the elements that have the class, in the order of the markup.
func (e *element) all(class string) []*element {
	var out []*element
	e.each(func(e *element) {
		if slices.Contains(strings.Fields(e.attrs["class"]), class) {
			out = append(out, e)
		}
	})
	return out
}

func (e *element) each(f func(*element)) {
	f(e)
	for _, x := range e.within {
		x.each(f)
	}
}

// buttons are the values of what can be tapped, and of what cannot be now.
func (e *element) buttons() (live, dead []string) {
	e.each(func(e *element) {
		if e.tag != "button" {
			return
		}
		if _, disabled := e.attrs["disabled"]; disabled {
			dead = append(dead, e.attrs["value"])
		} else {
			live = append(live, e.attrs["value"])
		}
	})
	return live, dead
}

var (
	drawn     = []string{"svg", "circle", "path"}
	permitted = []string{
		"class", "style", "dir", "role", "aria-label", "aria-hidden", "tabindex", "type", "name", "value", "disabled",
		"data-label", "data-type", "src", "alt",
	}
	declaration = regexp.MustCompile(`^[a-z-]+:[A-Za-z0-9#%., ()/+-]+$`)
	call        = regexp.MustCompile(`[A-Za-z-]+\(`)
	classWord   = regexp.MustCompile(`^ln-[a-z0-9-]+$`)
	ownPath     = regexp.MustCompile(`^/[a-z]`)
)

// judge tells what markup holds that must never be in it, whatever the message.
func judge(markup template.HTML) error {
	root, err := parse(markup)
	if err != nil {
		return err
	}
	return root.judge(false)
}

func (e *element) judge(inButton bool) error {
	switch {
	case slices.Contains(drawn, e.tag):
		return nil // constants of the package
	case !slices.Contains([]string{"root", "span", "button", "img"}, e.tag):
		return fmt.Errorf("element <%s>", e.tag)
	case e.tag == "button" && inButton:
		return errors.New("a button in a button")
	case e.tag == "button" && (e.attrs["type"] != "submit" || !slices.Contains([]string{"path", "area"}, e.attrs["name"])):
		return fmt.Errorf("button %v", e.attrs)
	}
	for name, value := range e.attrs {
		if !slices.Contains(permitted, name) {
			return fmt.Errorf("attribute %s", name)
		}
		if name == "src" && !ownPath.MatchString(value) {
			return fmt.Errorf("src %q", value)
		}
	}
	for _, c := range strings.Fields(e.attrs["class"]) {
		if !classWord.MatchString(c) {
			return fmt.Errorf("class %q", c)
		}
	}
	if style, has := e.attrs["style"]; has {
		for _, rule := range strings.Split(style, ";") {
			if !declaration.MatchString(rule) {
				return fmt.Errorf("style %q", rule)
			}
			for _, f := range call.FindAllString(rule, -1) {
				if f != "calc(" && f != "linear-gradient(" {
					return fmt.Errorf("style calls %q", f)
				}
			}
		}
	}
	for _, x := range e.within {
		if err := x.judge(inButton || e.tag == "button"); err != nil {
			return err
		}
	}
	return nil
}

// look parses markup that must be in order.
func look(t *testing.T, markup template.HTML) *element {
	t.Helper()
	if err := judge(markup); err != nil {
		t.Fatalf("%v in %s", err, markup)
	}
	root, err := parse(markup)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// marks are the words of what could not be drawn.
func marks(e *element) []string {
	var out []string
	for _, m := range e.all("ln-unknown") {
		out = append(out, strings.TrimPrefix(m.words, "表示できない要素："))
	}
	return out
}
