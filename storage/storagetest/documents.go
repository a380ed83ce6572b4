package storagetest

import (
	"encoding/json"
	"fmt"
	"strings"

	"mimamori.example/mimamori/storage"
)

// canonical is a JSON text in one spelling: engines may keep another.
func canonical(doc []byte) string {
	var v any
	if err := json.Unmarshal(doc, &v); err != nil {
		return "not JSON: " + string(doc)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

var documentTests = []test{
	{"what is put is got", func(e *env) {
		want := Thing{ID: "a", Colour: "red", N: -12345678901234, Text: "見守り \"\\\n\t\u2028😀 <&>"}
		e.put("c", want)
		for range 2 {
			e.view("c", func(tx storage.Tx) error {
				got, ok, err := Things.Get(tx, "a")
				if err != nil || !ok || got != want {
					return mismatch(err, "got %+v, %v", got, ok)
				}
				if _, ok, err = Things.Get(tx, "b"); ok || err != nil {
					return mismatch(err, "a document never put: %v", ok)
				}
				_, ok, err = Plain.Get(tx, "a")
				if ok || err != nil {
					return mismatch(err, "a document of another kind: %v", ok)
				}
				return nil
			})
			e.reopen()
		}
	}},
	{"put replaces", func(e *env) {
		e.put("c", Thing{ID: "a", N: 1, Text: "long ago"})
		e.put("c", Thing{ID: "a", N: 2})
		e.view("c", func(tx storage.Tx) error {
			got, _, err := Things.Get(tx, "a")
			if got != (Thing{ID: "a", N: 2}) {
				err = mismatch(err, "got %+v", got)
			}
			return err
		})
	}},
	{"a transaction reads its own writes", func(e *env) {
		e.put("c", Thing{ID: "old", Colour: "red"}, Thing{ID: "gone", Colour: "red"})
		e.update("c", func(tx storage.Tx) error {
			if err := Things.Put(tx, Thing{ID: "new", Colour: "red", N: 7}); err != nil {
				return err
			}
			if err := Things.Put(tx, Thing{ID: "old", Colour: "blue"}); err != nil {
				return err
			}
			if err := Things.Delete(tx, "gone"); err != nil {
				return err
			}
			if got, ok, err := Things.Get(tx, "new"); err != nil || !ok || got.N != 7 {
				return mismatch(err, "own put: %+v, %v", got, ok)
			}
			if _, ok, err := Things.Get(tx, "gone"); err != nil || ok {
				return mismatch(err, "own delete: %v", ok)
			}
			red, err := ids(tx, Things, storage.Equal("colour", "red"))
			if err != nil || fmt.Sprint(red) != "[new]" {
				return mismatch(err, "own writes in the index: %v", red)
			}
			all, err := ids(tx, Things, storage.Query{Descending: true})
			if err != nil || fmt.Sprint(all) != "[old new]" {
				return mismatch(err, "own writes in the order of ids: %v", all)
			}
			return nil
		})
	}},
	{"put moves index entries", func(e *env) {
		e.put("c", Thing{ID: "a", Colour: "red", Size: "1"}, Thing{ID: "b", Colour: "red", Size: "2"})
		e.put("c", Thing{ID: "a", Colour: "blue", Size: "1"})
		e.wantIDs("c", storage.Equal("colour", "red"), "b")
		e.wantIDs("c", storage.Equal("colour", "blue"), "a")
		e.wantIDs("c", storage.Query{Index: "size"}, "a", "b")
		e.put("c", Thing{ID: "a", Size: "3"}) // leaves the index of colours
		e.wantIDs("c", storage.Query{Index: "colour"}, "b")
		e.wantIDs("c", storage.Query{Index: "size"}, "b", "a")
		e.wantIDs("c", storage.Query{}, "a", "b")
	}},
	{"put twice in one transaction", func(e *env) {
		e.put("c", Thing{ID: "a", Colour: "red"})
		e.put("c", Thing{ID: "a", Colour: "blue"}, Thing{ID: "a", Colour: "green"})
		e.wantIDs("c", storage.Query{Index: "colour"}, "a")
		e.wantIDs("c", storage.Equal("colour", "green"), "a")
		e.put("c", Thing{ID: "a", Colour: "blue"}, Thing{ID: "a", Colour: "green"})
		e.wantIDs("c", storage.Equal("colour", "green"), "a")
	}},
	{"delete takes index entries out", func(e *env) {
		e.put("c", Thing{ID: "a", Colour: "red"}, Thing{ID: "b", Colour: "red"})
		e.update("c", func(tx storage.Tx) error { return Things.Delete(tx, "a") })
		e.update("c", func(tx storage.Tx) error { return Things.Delete(tx, "never there") })
		e.wantIDs("c", storage.Query{Index: "colour"}, "b")
		e.update("c", func(tx storage.Tx) error {
			if err := Things.Delete(tx, "b"); err != nil {
				return err
			}
			return Things.Put(tx, Thing{ID: "b", Colour: "blue"})
		})
		e.wantIDs("c", storage.Query{Index: "colour"}, "b")
		e.wantIDs("c", storage.Equal("colour", "red"))
	}},
	{"limits", func(e *env) {
		long := strings.Repeat("あ", storage.MaxKey/3) + "xx" // MaxKey bytes, and sparing of no tree
		e.put("c", Thing{ID: long, Colour: long, Size: long, Text: strings.Repeat("長い\n", 40_000)})
		e.wantIDs("c", storage.Equal("colour", long), long)
		bad := map[string]Thing{
			"no id":                {},
			"an id too long":       {ID: long + "x"},
			"an id with 0":         {ID: "a\x00b"},
			"an id not UTF-8":      {ID: "a\xff"},
			"a value too long":     {ID: "a", Colour: long + "x"},
			"a value with 0":       {ID: "a", Size: "\x00"},
			"a value not UTF-8":    {ID: "a", Size: "\xe3\x81"},
			"too large a document": {ID: "a", Text: strings.Repeat("x", storage.MaxDocument)},
		}
		for what, d := range bad {
			err := e.s.Update(e.ctx(), "c", func(tx storage.Tx) error { return Things.Put(tx, d) })
			if err == nil {
				e.Errorf("%s was accepted", what)
				continue
			}
			e.wantErr(err, storage.ErrInvalid)
		}
		e.wantIDs("c", storage.Query{}, long)
	}},
	{"no document is where none can be", func(e *env) {
		e.update("c", func(tx storage.Tx) error { return Things.Put(tx, Thing{ID: "a", Colour: "red"}) })
		long := strings.Repeat("x", storage.MaxKey+2)
		e.update("c", func(tx storage.Tx) error {
			for _, id := range []string{"", long, "a\x00b", "a\xff"} {
				if _, ok, err := Things.Get(tx, id); ok || err != nil {
					return mismatch(err, "something is kept as %.9q", id)
				}
				if err := Things.Delete(tx, id); err != nil {
					return err
				}
				for _, err := range Things.Scan(tx, storage.Equal("colour", id)) {
					return mismatch(err, "something has the colour %.9q", id)
				}
			}
			return nil
		})
		e.wantIDs("c", storage.Query{}, "a")
	}},
	{"unknown kinds and wrong values", func(e *env) {
		for name, fn := range map[string]func(tx storage.Tx) error{
			"put":             func(tx storage.Tx) error { return tx.PutDoc("nokind", "a", []byte("{}"), nil) },
			"get":             func(tx storage.Tx) error { _, _, err := tx.GetDoc("nokind", "a"); return err },
			"delete":          func(tx storage.Tx) error { return tx.DeleteDoc("nokind", "a") },
			"scan":            func(tx storage.Tx) error { return tx.ScanDocs("nokind", storage.Query{}, nil) },
			"values":          func(tx storage.Tx) error { return tx.PutDoc("thing", "a", []byte("{}"), []string{"x"}) },
			"empty document":  func(tx storage.Tx) error { return tx.PutDoc("plain", "a", nil, nil) },
			"index":           func(tx storage.Tx) error { return tx.ScanDocs("thing", storage.Query{Index: "taste"}, nil) },
			"limit":           func(tx storage.Tx) error { return tx.ScanDocs("thing", storage.Query{Limit: -1}, nil) },
			"bound not UTF-8": func(tx storage.Tx) error { return tx.ScanDocs("thing", storage.Query{From: "\xff"}, nil) },
			"U+0000": func(tx storage.Tx) error {
				return tx.PutDoc("plain", "a", []byte(`{"text":"a\u0000"}`), nil)
			},
			"sequence": func(tx storage.Tx) error { _, err := tx.Next(""); return err },
			"once":     func(tx storage.Tx) error { _, err := tx.Once(base, "a\x00"); return err },
		} {
			err := e.s.Update(e.ctx(), "c", fn)
			if err == nil {
				e.Errorf("%s: accepted", name)
				continue
			}
			e.wantErr(err, storage.ErrInvalid)
		}
	}},
	{"the character U+0000 is replaced", func(e *env) {
		e.update("c", func(tx storage.Tx) error {
			return Plain.Put(tx, Thing{ID: "a", Text: "x\x00y\\u0000z\\\x00"})
		})
		e.view("c", func(tx storage.Tx) error {
			got, _, err := Plain.Get(tx, "a")
			if want := "x\ufffdy\\u0000z\\\ufffd"; got.Text != want {
				err = mismatch(err, "got %q, want %q", got.Text, want)
			}
			return err
		})
	}},
	{"at most a thousand writes", func(e *env) {
		write := func(n int) error {
			return e.s.Update(e.ctx(), "c", func(tx storage.Tx) error {
				for i := range n {
					if err := Plain.Put(tx, Thing{ID: fmt.Sprintf("%04d", i)}); err != nil {
						return err
					}
				}
				return nil
			})
		}
		e.wantErr(write(storage.MaxWrites+1), storage.ErrInvalid)
		if err := write(storage.MaxWrites); err != nil {
			e.Fatal(err)
		}
		e.view("c", func(tx storage.Tx) error {
			got, err := ids(tx, Plain, storage.Query{})
			if len(got) != storage.MaxWrites {
				err = mismatch(err, "%d documents", len(got))
			}
			return err
		})
	}},
}
