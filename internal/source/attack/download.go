package attack

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"clew/internal/source"
)

// read are the types of objects that a [Library] is made of.
const read = "attack-pattern,malware,tool,intrusion-set,campaign,relationship,x-mitre-collection"

// Download reads the enterprise collection over TAXII, page by page, and writes
// it as the bundle that [Read] takes. It returns how many objects there are.
func Download(ctx context.Context, ask source.Asker, w io.Writer) (n int, err error) {
	if _, err := io.WriteString(w, `{"type":"bundle","objects":[`); err != nil {
		return 0, err
	}
	next := ""
	for range mostPages {
		page, err := onePage(ctx, ask, next)
		if err != nil {
			return n, err
		}
		for _, object := range page.Objects {
			separator := ",\n"
			if n == 0 {
				separator = "\n"
			}
			if _, err := fmt.Fprintf(w, "%s%s", separator, object); err != nil {
				return n, err
			}
			n++
		}
		if next = page.Next; !page.More || next == "" {
			if n == 0 {
				return 0, fmt.Errorf("ATT&CK over TAXII: %w: no objects in it", source.ErrBadReply)
			}
			_, err := io.WriteString(w, "\n]}\n")
			return n, err
		}
	}
	return n, fmt.Errorf("ATT&CK over TAXII: no end after %d pages", mostPages)
}

type envelope struct {
	Objects []json.RawMessage `json:"objects"`
	More    bool              `json:"more"`
	Next    string            `json:"next"`
}

func onePage(ctx context.Context, ask source.Asker, next string) (page envelope, err error) {
	query := url.Values{"match[type]": {read}}
	if next != "" {
		query.Set("next", next)
	}
	reply, err := ask.Ask(ctx, source.Request{
		Source: Source{}.Info().Name, Endpoint: "collections/objects",
		URL: objects + "?" + query.Encode(), Header: http.Header{"Accept": {"application/taxii+json;version=2.1"}},
	})
	if err != nil {
		return page, fmt.Errorf("ATT&CK over TAXII: %w", err)
	}
	if reply.Status != http.StatusOK {
		return page, fmt.Errorf("ATT&CK over TAXII: %w", &source.StatusError{Status: reply.Status, RetryAfter: source.RetryAfter(reply), At: reply.At})
	}
	if err := source.DecodeJSON(reply, &page); err != nil {
		return page, fmt.Errorf("ATT&CK over TAXII: %w", err)
	}
	return page, nil
}
