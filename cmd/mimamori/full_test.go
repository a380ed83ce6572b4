package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fakeLine answers like LINE and tells of replies.
func fakeLine(t *testing.T) (*httptest.Server, chan string) {
	t.Helper()
	replies := make(chan string, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil && strings.HasSuffix(r.URL.Path, "/message/reply") {
			replies <- string(body)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"sentMessages":[{"id":"1","quoteToken":"q"}]}`)
	}))
	t.Cleanup(s.Close)
	return s, replies
}

// The whole program on a disk where nothing can be written: it starts all the
// same, is not ready, and whoever writes is told directly to telephone.
func TestServeOnAFullDisk(t *testing.T) {
	platform, replies := fakeLine(t)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	path := configuration(t, "listen: 127.0.0.1:0", "listen: "+address, "http://127.0.0.1:9", platform.URL)
	initialised(t, path)
	store := filepath.Join(filepath.Dir(path), "m.db")
	before, err := os.ReadFile(store)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The first two pages are all that may be written.
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `ulimit -f 16; exec "$@"`, "sh", self, "serve", "--config", path)
	log := &lines{}
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan error, 1)
	go func() { _, err := io.Copy(log, out); read <- err }()
	log.wait(t, `"msg":"started"`)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	do := func(r *http.Request, err error) (int, string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
		if err != nil {
			t.Error(err)
		}
		return res.StatusCode, string(body)
	}
	ready := func() {
		t.Helper()
		if status, text := do(http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/readyz", nil)); status != 503 || !strings.Contains(text, "stopped writing") {
			t.Errorf("readyz: %d %s", status, text)
		}
	}
	ready()
	body := fmt.Sprintf(`{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[{"type":"message","mode":"active","timestamp":%d,`+
		`"source":{"type":"user","userId":"Uaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},"webhookEventId":"e1","deliveryContext":{"isRedelivery":false},`+
		`"replyToken":"r1","message":{"type":"text","id":"5","quoteToken":"q","text":"報告"}}]}`, time.Now().UnixMilli())
	m := hmac.New(sha256.New, []byte(strings.Repeat("5", 32)))
	m.Write([]byte(body))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/webhook/minato", strings.NewReader(body))
	if err == nil {
		r.Header.Set("x-line-signature", base64.StdEncoding.EncodeToString(m.Sum(nil)))
	}
	if status, _ := do(r, err); status != 503 {
		t.Errorf("webhook: %d", status)
	}
	if reply := <-replies; !strings.Contains(reply, "000-000-0000") {
		t.Errorf("the direct answer: %s", reply)
	}
	ready()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := <-read; err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, log)
	}
	if after, err := os.ReadFile(store); err != nil || !bytes.Equal(after, before) {
		t.Errorf("the store is another one afterwards: %v", err)
	}
	// With room, it is as it was.
	if code, _, errs := call(t, "status", "--config", path); code != exitDone {
		t.Error(errs)
	}
}
