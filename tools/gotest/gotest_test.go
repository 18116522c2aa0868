package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCollector(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		stream string
		want   string
		ok     bool
		shown  string
	}{
		"passes": {
			stream: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"quiet\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
`,
			want: "ok  \tp\t0.1s\n1 passed, 0 failed, 0 skipped\n", ok: true, shown: "ok  \tp\t0.1s\n",
		},
		"no test files": {
			stream: `{"Action":"output","Package":"p","Output":"?   \tp\t[no test files]\n"}
{"Action":"skip","Package":"p"}
`,
			want: "?   \tp\t[no test files]\n0 passed, 0 failed, 0 skipped\n", ok: true,
		},
		"fails": {
			stream: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"a_test.go:1: wrong\n"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"FAIL\n"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}
{"Action":"fail","Package":"p"}
`,
			want: "FAIL\tp\t0.1s\n0 passed, 1 failed, 0 skipped\n", shown: "a_test.go:1: wrong\n",
		},
		"is cut off by a panic": {
			stream: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestB"}
{"Action":"pass","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Test":"TestA","Output":"panic: boom\n"}
{"Action":"fail","Package":"p"}
`,
			want: "FAIL\tp\n1 passed, 1 failed, 0 skipped\n", shown: "panic: boom\n",
		},
		"does not compile": {
			stream: `{"ImportPath":"p","Action":"build-output","Output":"p/a.go:1: syntax error\n"}
{"ImportPath":"p","Action":"build-fail"}
{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}
{"Action":"fail","Package":"p"}
`,
			want: "FAIL\tp [build failed]\n0 passed, 1 failed, 0 skipped\n", shown: "p/a.go:1: syntax error\n",
		},
		"is skipped": {
			stream: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"skip","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
`,
			want: "ok  \tp\t0.1s\nskipped: p.TestA\n0 passed, 0 failed, 1 skipped\n", ok: true,
		},
		"says something else": {
			stream: "go: downloading x\n",
			want:   "0 passed, 0 failed, 0 skipped\n", ok: true, shown: "go: downloading x\n",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var shown strings.Builder
			all := newCollector(&shown)
			if err := decode(strings.NewReader(test.stream), all); err != nil {
				t.Fatal(err)
			}
			report := all.report()
			if got := report.String(); got != test.want {
				t.Errorf("summary:\n%s\nwant:\n%s", got, test.want)
			}
			if report.ok() != test.ok {
				t.Errorf("ok = %t, want %t", report.ok(), test.ok)
			}
			if !strings.Contains(shown.String(), test.shown) {
				t.Errorf("shown:\n%s\nwant in it:\n%s", shown.String(), test.shown)
			}
		})
	}
}

func TestRefuseSkips(t *testing.T) {
	t.Parallel()
	r := &report{skipped: []testID{{"p", "TestAllowed"}, {"p", "TestForgotten"}}}
	r.refuseSkips(map[string]string{"p.TestAllowed": "needs Azure", "p.TestGone": "needs Azure"})
	if r.ok() {
		t.Error("a skipped test that nobody allowed passes")
	}
	for _, want := range []string{"error: p.TestForgotten was skipped", "note: p.TestGone is allowed", "2 skipped\n"} {
		if !strings.Contains(r.String(), want) {
			t.Errorf("the summary lacks %q:\n%s", want, r)
		}
	}
	if strings.Contains(r.String(), "error: p.TestAllowed") {
		t.Errorf("an allowed skip is refused:\n%s", r)
	}
}

func TestReadSkips(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "skips")
	if err := os.WriteFile(path, []byte("# comment\n\na.TestA: reason\nb.TestB\nc.TestC: \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	allowed, err := readSkips(path)
	if err == nil || !strings.Contains(err.Error(), `skips:4: "b.TestB" is not of the form`) ||
		!strings.Contains(err.Error(), "skips:5:") {
		t.Errorf("readSkips = %v, want both bad lines in the error", err)
	}
	if len(allowed) != 1 || allowed["a.TestA"] != "reason" {
		t.Errorf("allowed = %v", allowed)
	}
}

// TestRun runs the real go test on modules made for it.
func TestRun(t *testing.T) {
	t.Parallel()
	module := t.TempDir()
	for name, content := range map[string]string{
		"go.mod":    "module m\n\ngo 1.26\n",
		"m_test.go": "package m\n\nimport \"testing\"\n\nfunc TestA(*testing.T) {}\n\nfunc TestB(t *testing.T) { t.Skip() }\n",
	} {
		if err := os.WriteFile(filepath.Join(module, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	summary := filepath.Join(module, "summary")
	for strict, want := range map[bool]bool{false: true, true: false} {
		var out strings.Builder
		ok, err := run(t.Context(), []string{"-summary", summary, "-args", "-count=1", module}, &out, strict)
		if err != nil || ok != want {
			t.Errorf("run(strict=%t) = %t, %v; want %t\n%s", strict, ok, err, want, out.String())
		}
		if !strings.HasSuffix(out.String(), "1 passed, 0 failed, 1 skipped\n") {
			t.Errorf("the output does not end with the counts:\n%s", out.String())
		}
	}
	content, err := os.ReadFile(summary)
	if err != nil || !strings.HasSuffix(string(content), "1 passed, 0 failed, 1 skipped\n") {
		t.Errorf("summary file: %q, %v", content, err)
	}
}
