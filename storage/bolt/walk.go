package bolt

import (
	"bytes"
	"slices"
	"strings"

	"go.etcd.io/bbolt"
)

// walkRange is a part of a table: keys k with from <= k < until.
type walkRange struct {
	from, until []byte // empty: open
	descending  bool
}

// raise moves the lower end up, lower the upper end down.
func (r *walkRange) raise(from []byte) {
	if bytes.Compare(from, r.from) > 0 {
		r.from = from
	}
}

func (r *walkRange) lower(until []byte) {
	if len(r.until) == 0 || bytes.Compare(until, r.until) < 0 {
		r.until = until
	}
}

func (r *walkRange) holds(k string) bool {
	return k >= string(r.from) && (len(r.until) == 0 || k < string(r.until))
}

// freeze returns what the function has written to a table so far, safe from
// what it writes later.
func (t *tx) freeze(n table) map[string][]byte {
	if t.layers == nil || len(t.layers[n].m) == 0 {
		return nil
	}
	t.layers[n].shared = true
	return t.layers[n].m
}

// frozen is get on what freeze returned. What is beneath does not change while a
// function runs.
func (t *tx) frozen(m map[string][]byte, n table, key string) []byte {
	if v, ok := m[key]; ok {
		return v
	}
	return t.beneath(n, key)
}

// walk calls fn for the keys of a range in order, as the table stands now: fn
// may write, and does not meet what it writes.
func (t *tx) walk(n table, r walkRange, fn func(k, v []byte) (bool, error)) error {
	over := t.overlaid(n, r)
	base := newBase(t.sp.borrow(t.s.layout, n), r)
	defer t.sp.handBack(n, base.c)
	for {
		k, v := base.k, base.v
		if len(over) > 0 {
			c := -1 // the overlay's key comes first
			if k != nil {
				c = bytes.Compare([]byte(over[0].k), k)
				if r.descending {
					c = -c
				}
			}
			if c <= 0 {
				if c == 0 {
					base.step()
				}
				k, v = []byte(over[0].k), over[0].v
				over = over[1:]
				if v == nil {
					continue
				}
				if more, err := fn(k, v); err != nil || !more {
					return err
				}
				continue
			}
		}
		if k == nil {
			return nil
		}
		if more, err := fn(k, v); err != nil || !more {
			return err
		}
		base.step()
	}
}

type pair struct {
	k string
	v []byte
}

// overlaid is what stands above the snapshot in a range, in order; it is a copy.
func (t *tx) overlaid(n table, r walkRange) []pair {
	if t.layers == nil {
		return nil
	}
	above := [3]written{t.layers[n].m}
	for i, tables := range t.earlier {
		if tables != nil {
			above[i+1] = tables[n]
		}
	}
	var ps []pair
	for i, m := range above {
	next:
		for k, v := range m {
			if !r.holds(k) {
				continue
			}
			for _, newer := range above[:i] {
				if _, is := newer[k]; is {
					continue next
				}
			}
			ps = append(ps, pair{k, v})
		}
	}
	slices.SortFunc(ps, func(a, b pair) int { return strings.Compare(a.k, b.k) })
	if r.descending {
		slices.Reverse(ps)
	}
	return ps
}

// base walks the bbolt bucket of a table.
type base struct {
	c    *bbolt.Cursor // nil: there is no bucket
	r    walkRange
	k, v []byte // nil at the end
}

func newBase(c *bbolt.Cursor, r walkRange) base {
	b := base{c: c, r: r}
	switch {
	case c == nil:
		return b
	case !r.descending && len(r.from) == 0:
		b.k, b.v = b.c.First()
	case !r.descending:
		b.k, b.v = b.c.Seek(r.from)
	case len(r.until) == 0:
		b.k, b.v = b.c.Last()
	default:
		if b.k, b.v = b.c.Seek(r.until); b.k == nil {
			b.k, b.v = b.c.Last()
		}
		for b.k != nil && bytes.Compare(b.k, r.until) >= 0 {
			b.k, b.v = b.c.Prev()
		}
	}
	b.end()
	return b
}

func (b *base) step() {
	if b.r.descending {
		b.k, b.v = b.c.Prev()
	} else {
		b.k, b.v = b.c.Next()
	}
	b.end()
}

func (b *base) end() {
	if b.k != nil && !b.r.holds(string(b.k)) {
		b.k, b.v = nil, nil
	}
}
