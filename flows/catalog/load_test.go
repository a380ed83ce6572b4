package catalog

import "testing"

func TestLoad(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Label("urgency", "danger"); got != "暴力・脅しの危険がある" {
		t.Error(got)
	}
	t.Log(c.Flow("report").Revision, c.Keys())
}
