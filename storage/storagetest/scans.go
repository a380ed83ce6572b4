package storagetest

import (
	"fmt"
	"slices"

	"mimamori.example/mimamori/storage"
)

// sorted holds texts in bytewise order, which is neither that of a language
// nor that of UTF-16.
var sorted = []string{"!", "0", "10", "9", "A", "Z", "_", "a", "ab", "a\u00e4", "z", "~", "é", "あ", "ア", "漢", "ｱ", "😀", "\U0010ffff"}

var scanTests = []test{
	{"order is bytewise", func(e *env) {
		shuffled := slices.Clone(sorted)
		slices.Reverse(shuffled)
		for i := 0; i < len(shuffled)-3; i += 3 {
			shuffled[i], shuffled[i+2] = shuffled[i+2], shuffled[i]
		}
		for i, s := range shuffled {
			e.put("c", Thing{ID: s, Colour: shuffled[len(shuffled)-1-i], Size: "same"})
		}
		e.wantIDs("c", storage.Query{}, sorted...)
		e.wantIDs("c", storage.Query{Index: "size"}, sorted...)
		back := slices.Clone(sorted)
		slices.Reverse(back)
		e.wantIDs("c", storage.Query{Descending: true}, back...)
		e.wantIDs("c", storage.Query{Index: "size", Descending: true}, back...)
		e.view("c", func(tx storage.Tx) error {
			var colours []string
			for d, err := range Things.Scan(tx, storage.Query{Index: "colour"}) {
				if err != nil {
					return err
				}
				colours = append(colours, d.Colour)
			}
			if !slices.Equal(colours, sorted) {
				return fmt.Errorf("colours in the order %q", colours)
			}
			return nil
		})
	}},
	{"ranges", func(e *env) {
		e.put("c",
			Thing{ID: "1", Colour: "a"}, Thing{ID: "2", Colour: "ab"}, Thing{ID: "3", Colour: "ab"},
			Thing{ID: "4", Colour: "abc"}, Thing{ID: "5", Colour: "b"}, Thing{ID: "6"},
			Thing{ID: "7", Colour: "ab\x01"}, Thing{ID: "8", Colour: "見守り"}, Thing{ID: "9", Colour: "見"})
		for _, tt := range []struct {
			q    storage.Query
			want []string
		}{
			{storage.Query{Index: "colour"}, []string{"1", "2", "3", "7", "4", "5", "9", "8"}},
			{storage.Query{Index: "colour", From: "ab"}, []string{"2", "3", "7", "4", "5", "9", "8"}},
			{storage.Query{Index: "colour", Until: "ab"}, []string{"1"}},
			{storage.Query{Index: "colour", From: "ab", Until: "b"}, []string{"2", "3", "7", "4"}},
			{storage.Query{Index: "colour", From: "b", Until: "ab"}, nil},
			{storage.Query{Index: "colour", From: "ab\x00"}, []string{"7", "4", "5", "9", "8"}},
			{storage.Query{Index: "colour", From: "c", Until: "d"}, nil},
			{storage.Query{Index: "colour", From: "ab", Until: "b", Descending: true}, []string{"4", "7", "3", "2"}},
			{storage.Query{Index: "colour", From: "ab", Limit: 3}, []string{"2", "3", "7"}},
			{storage.Query{Index: "colour", Until: "abc", Limit: 2, Descending: true}, []string{"7", "3"}},
			{storage.Equal("colour", "ab"), []string{"2", "3"}},
			{storage.Equal("colour", "abcd"), nil},
			{storage.Prefix("colour", "ab"), []string{"2", "3", "7", "4"}},
			{storage.Prefix("colour", "見"), []string{"9", "8"}},
			{storage.Prefix("colour", ""), []string{"1", "2", "3", "7", "4", "5", "9", "8"}},
			{storage.Prefix("colour", "\U0010ffff"), nil},
			{storage.Query{From: "3", Until: "6"}, []string{"3", "4", "5"}},
			{storage.Query{From: "3", Until: "6", Descending: true, Limit: 2}, []string{"5", "4"}},
			{storage.Prefix("", "4"), []string{"4"}},
			{storage.Equal("", "4"), []string{"4"}},
		} {
			e.wantIDs("c", tt.q, tt.want...)
		}
	}},
	{"paging behind a position, both ways", func(e *env) {
		var want []Thing
		for i := range 23 {
			d := Thing{ID: fmt.Sprintf("%02d", i), Colour: string(rune('a' + i%5))}
			want = append(want, d)
			e.put("c", d)
		}
		for _, index := range []string{"", "colour"} {
			for _, descending := range []bool{false, true} {
				slices.SortFunc(want, func(a, b Thing) int {
					p, q := Things.Position(index, a), Things.Position(index, b)
					if p.Value != q.Value {
						return cmp(p.Value, q.Value, descending)
					}
					return cmp(p.ID, q.ID, descending)
				})
				for _, size := range []int{1, 4, 23, 50} {
					e.view("c", func(tx storage.Tx) error {
						return page(tx, storage.Query{Index: index, Descending: descending, Limit: size}, want)
					})
					e.view("c", func(tx storage.Tx) error {
						q := storage.Query{Index: index, Descending: descending, Limit: size, From: "b", Until: "d"}
						var part []Thing
						for _, d := range want {
							if v := Things.Position(index, d).Value; v >= "b" && v < "d" {
								part = append(part, d)
							}
						}
						return page(tx, q, part)
					})
				}
			}
		}
	}},
	{"a position that is gone or outside", func(e *env) {
		e.put("c", Thing{ID: "1", Colour: "a"}, Thing{ID: "2", Colour: "b"}, Thing{ID: "3", Colour: "c"})
		at := func(v, id string) storage.Position { return storage.Position{Value: v, ID: id} }
		e.wantIDs("c", storage.Query{Index: "colour", After: at("b", "0")}, "2", "3")
		e.wantIDs("c", storage.Query{Index: "colour", After: at("b", "9")}, "3")
		e.wantIDs("c", storage.Query{Index: "colour", After: at("b", "9"), Descending: true}, "2", "1")
		e.wantIDs("c", storage.Query{Index: "colour", After: at("a", "1"), From: "c"}, "3")
		e.wantIDs("c", storage.Query{Index: "colour", After: at("c", "3"), Until: "c", Descending: true}, "2", "1")
		e.wantIDs("c", storage.Query{Index: "colour", After: at("z", "z")})
		e.wantIDs("c", storage.Query{After: at("1x", "1x")}, "2", "3")
		e.wantIDs("c", storage.Query{After: at("1x", "1x"), Descending: true}, "1")
	}},
	{"a scan stops when told", func(e *env) {
		e.put("c", Thing{ID: "1"}, Thing{ID: "2"}, Thing{ID: "3"})
		e.view("c", func(tx storage.Tx) error {
			seen := 0
			for _, err := range Things.Scan(tx, storage.Query{}) {
				if err != nil {
					return err
				}
				if seen++; seen == 2 {
					break
				}
			}
			if seen != 2 {
				return fmt.Errorf("%d seen", seen)
			}
			got, err := ids(tx, Things, storage.Query{})
			if len(got) != 3 {
				err = mismatch(err, "after a broken-off scan: %v", got)
			}
			return err
		})
		failed := fmt.Errorf("failed")
		err := e.s.View(e.ctx(), "c", func(tx storage.Tx) error {
			return tx.ScanDocs("thing", storage.Query{}, func(string, []byte) (bool, error) { return true, failed })
		})
		e.wantErr(err, failed)
	}},
	{"a scan does not meet what is written inside it", func(e *env) {
		for i := range 250 { // more than an engine's page
			e.put("c", Thing{ID: fmt.Sprintf("%03d", i), Colour: "red", N: 1})
		}
		for _, index := range []string{"", "colour"} {
			for _, descending := range []bool{false, true} {
				e.update("c", func(tx storage.Tx) error {
					// Something in the overlay before the scan begins.
					if err := Things.Put(tx, Thing{ID: "100", Colour: "red", N: 1}); err != nil {
						return err
					}
					seen := 0
					for d, err := range Things.Scan(tx, storage.Query{Index: index, Descending: descending}) {
						if err != nil {
							return err
						}
						if seen++; d.N != 1 || d.Colour != "red" {
							return fmt.Errorf("met a later state: %+v", d)
						}
						if err := changeAround(tx, d); err != nil {
							return err
						}
					}
					if seen != 250 {
						return fmt.Errorf("%d seen, want 250", seen)
					}
					return restore(tx)
				})
			}
		}
	}},
	{"scans inside scans", func(e *env) {
		e.put("c", Thing{ID: "1", Colour: "a"}, Thing{ID: "2", Colour: "a"}, Thing{ID: "3", Colour: "b"})
		pairs := func(tx storage.Tx) error {
			var got []string
			for a, err := range Things.Scan(tx, storage.Query{}) {
				if err != nil {
					return err
				}
				for b, err := range Things.Scan(tx, storage.Equal("colour", a.Colour)) {
					if err != nil {
						return err
					}
					got = append(got, a.ID+b.ID)
				}
			}
			if fmt.Sprint(got) != "[11 12 21 22 33]" {
				return fmt.Errorf("got %v", got)
			}
			return nil
		}
		e.view("c", pairs)
		e.update("c", pairs)
	}},
}

// changeAround writes before, at and behind the place of a scan.
func changeAround(tx storage.Tx, d Thing) error {
	switch d.ID {
	case "050", "150", "200":
		for _, id := range []string{"049", d.ID, "051", "199", "249", "000"} {
			if err := Things.Put(tx, Thing{ID: id, Colour: "zz" + id, N: 2}); err != nil {
				return err
			}
		}
		if err := Things.Delete(tx, "120"); err != nil {
			return err
		}
		return Things.Put(tx, Thing{ID: "0500", Colour: "red", N: 3})
	}
	return nil
}

// restore undoes changeAround.
func restore(tx storage.Tx) error {
	for _, id := range []string{"049", "050", "150", "200", "051", "199", "249", "000", "120"} {
		if err := Things.Put(tx, Thing{ID: id, Colour: "red", N: 1}); err != nil {
			return err
		}
	}
	return Things.Delete(tx, "0500")
}

func cmp(a, b string, descending bool) int {
	switch {
	case a == b:
		return 0
	case a < b != descending:
		return -1
	}
	return 1
}

// page reads page after page and compares the whole with want.
func page(tx storage.Tx, q storage.Query, want []Thing) error {
	var got []Thing
	for {
		n := 0
		for d, err := range Things.Scan(tx, q) {
			if err != nil {
				return err
			}
			got = append(got, d)
			n++
		}
		if n < q.Limit {
			break
		}
		q.After = Things.Position(q.Index, got[len(got)-1])
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("%+v pages through %v, want %v", q, got, want)
	}
	return nil
}
