package assistant

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"clew/internal/marking"
	"clew/internal/server"
)

// Whoever adds an operation to the API says whether assistants have it.
func TestEveryOperationIsOfferedOrWithheld(t *testing.T) {
	text, err := server.OpenAPI("test")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
		}
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	decided := map[string]int{}
	for _, tool := range tools {
		decided[tool.operation]++
	}
	for operation, why := range withheld {
		if decided[operation]++; why == "" {
			t.Errorf("%s is withheld without a reason", operation)
		}
	}
	for path, item := range doc.Paths {
		path = strings.TrimPrefix(path, "/api/v1")
		people := slices.ContainsFunc(ofPeople, func(below string) bool { return strings.HasPrefix(path, below) })
		for _, op := range item {
			if people {
				decided[op.OperationID]++
			}
			if decided[op.OperationID] != 1 {
				t.Errorf("%s is decided on %d times: it is a tool, or withheld with a reason", op.OperationID, decided[op.OperationID])
			}
			delete(decided, op.OperationID)
		}
	}
	if len(decided) > 0 {
		t.Errorf("the API has no %v", slices.Sorted(maps.Keys(decided)))
	}
}

// slowAPI has the operations of the tools, of which one never answers by itself.
func slowAPI(t *testing.T, stuck string, stopped chan<- struct{}) *mcp.Server {
	t.Helper()
	mux := http.NewServeMux()
	api := humago.New(mux, huma.DefaultConfig("test", "1"))
	for _, one := range tools {
		type input struct {
			Verb   string `query:"verb"`
			Format string `query:"format"`
			Logs   string `query:"logs"`
			Down   string `query:"download"`
		}
		huma.Register(api, huma.Operation{OperationID: one.operation, Method: http.MethodGet, Path: "/" + one.operation}, func(ctx context.Context, _ *input) (*struct{ Body string }, error) {
			if one.named() == stuck {
				<-ctx.Done()
				close(stopped)
				return nil, ctx.Err()
			}
			return &struct{ Body string }{"fine\U000E0041"}, nil
		})
	}
	s, err := New(api.OpenAPI(), mux, Options{Act: true, Ceiling: marking.TLPAmber})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func overHTTP(t *testing.T, s *mcp.Server) mcp.Transport {
	t.Helper()
	served := httptest.NewServer(Handler(s))
	t.Cleanup(served.Close)
	return &mcp.StreamableClientTransport{Endpoint: served.URL, DisableStandaloneSSE: true}
}

func inMemory(t *testing.T, s *mcp.Server) mcp.Transport {
	t.Helper()
	here, there := mcp.NewInMemoryTransports()
	if _, err := s.Connect(t.Context(), there, nil); err != nil {
		t.Fatal(err)
	}
	return here
}

// A client that gives up ends what is done for it, and may go on with other tools.
func TestCancel(t *testing.T) {
	for name, transport := range map[string]func(*testing.T, *mcp.Server) mcp.Transport{"http": overHTTP, "memory": inMemory} {
		t.Run(name, func(t *testing.T) {
			stopped := make(chan struct{})
			session, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), transport(t, slowAPI(t, "show", stopped)), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer session.Close() //nolint:errcheck // a test's
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(50*time.Millisecond, cancel)
			if _, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "show"}); err == nil {
				t.Error("it answered")
			}
			select {
			case <-stopped:
			case <-time.After(10 * time.Second):
				t.Fatal("the call goes on though nobody waits for it")
			}
			result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "pivots"})
			if err != nil || result.IsError {
				t.Errorf("afterwards: %v %v", result, err)
			}
		})
	}
}

// Characters that nobody sees are written out: in JSON so that it says the same.
func TestWhatNobodySeesIsWrittenOut(t *testing.T) {
	hidden := "a\u202eb\U000E0041c\u200bd\x1b[31m\u0000 é 漢"
	document, err := json.Marshal(map[string]string{"v": hidden})
	if err != nil {
		t.Fatal(err)
	}
	plain := plainJSON(document)
	var back map[string]string
	if err := json.Unmarshal([]byte(plain), &back); err != nil || back["v"] != hidden {
		t.Errorf("%v %q", err, back["v"])
	}
	for name, shown := range map[string]string{"json": plain, "fence": fence([]byte(hidden + "\xff"))} {
		if strings.ContainsFunc(shown, unseen) || !strings.Contains(shown, "é 漢") {
			t.Errorf("%s: %q", name, shown)
		}
	}
	if text := "nothing\nhidden\t"; plainJSON([]byte(text)) != text {
		t.Errorf("%q", plainJSON([]byte(text)))
	}
}

// Text from outside stands between two lines that it cannot know.
func TestFence(t *testing.T) {
	one, two := fence([]byte("x")), fence([]byte("x"))
	lines := strings.Split(strings.TrimRight(one, "\n"), "\n")
	if one == two || len(lines) != 4 || lines[1] != lines[3] || len(lines[1]) < 20 || lines[2] != "x" || !strings.Contains(lines[0], lines[1]) {
		t.Errorf("%q", one)
	}
}

func FuzzPlainJSON(f *testing.F) {
	f.Add("plain")
	f.Add("\u202e\U000E0041\x00")
	f.Fuzz(func(t *testing.T, text string) {
		document, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		var want, got string // text that is no UTF-8 comes back changed by JSON already
		if err := json.Unmarshal(document, &want); err != nil {
			t.Fatal(err)
		}
		plain := plainJSON(document)
		if err := json.Unmarshal([]byte(plain), &got); err != nil || got != want || strings.ContainsFunc(plain, unseen) {
			t.Errorf("%q became %q: %v", text, plain, err)
		}
	})
}
