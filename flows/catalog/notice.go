package catalog

import (
	"strings"
	"time"
)

// Notice is the news of one month for residents.
type Notice struct {
	Month time.Month
	Title string // the first line
	Body  string // the rest
}

// Text is the whole notice, at most 300 characters.
func (n Notice) Text() string { return n.Title + "\n" + n.Body }

// Notice returns the notice of a month.
func (c *Catalog) Notice(month time.Month) (Notice, bool) {
	n, ok := c.notices[month]
	if !ok {
		return Notice{}, false
	}
	n.Title, n.Body = c.fill(n.Title, nil), c.fill(n.Body, nil)
	return n, true
}

func months() map[string]time.Month {
	names := map[string]time.Month{}
	for m := time.January; m <= time.December; m++ {
		names[strings.ToLower(m.String())] = m
	}
	return names
}
