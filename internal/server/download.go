package server

import (
	"context"
	"io"
	"mime"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// A download is a file that somebody else may have written parts of: it is given
// as an attachment, and does nothing where a browser opens it all the same.
type download struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Policy      string `header:"Content-Security-Policy"`
	Frame       string `header:"X-Frame-Options"`
	TLP         string `header:"X-Clew-TLP" doc:"the strictest marking of what is in it"`
	Entries     string `header:"X-Clew-Entries" doc:"how many indicators are in it"`
	LeftOut     string `header:"X-Clew-Left-Out" doc:"how many are not, under …/about with the reason"`
	Body        []byte
}

const inert = "sandbox; default-src 'none'"

func attachment(name string) string {
	return mime.FormatMediaType("attachment", map[string]string{"filename": name})
}

// given describes an operation that answers with a file of one of these types.
func given(op huma.Operation, types ...string) huma.Operation {
	content := map[string]*huma.MediaType{}
	for _, kind := range types {
		content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	op.Responses = map[string]*huma.Response{"200": {Description: "the file", Content: content}}
	op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusServiceUnavailable)
	return op
}

// registerFile adds an operation whose answer is written to a file first: it may
// be larger than memory, and an error on the way is still a problem then, and no
// file that ends in the middle.
func registerFile[I any](api huma.API, op huma.Operation, kind string, write func(context.Context, *I, io.Writer) (name string, err error)) {
	huma.Register(api, given(op, kind), func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
		file, err := os.CreateTemp("", "clew-download-*")
		if err != nil {
			return nil, asProblem(err)
		}
		drop := func() {
			_ = file.Close() // of no use to anybody any more
			_ = os.Remove(file.Name())
		}
		name, err := write(ctx, in, file)
		var size int64
		if err == nil {
			size, err = file.Seek(0, io.SeekCurrent)
		}
		if err == nil {
			_, err = file.Seek(0, io.SeekStart)
		}
		if err != nil {
			drop()
			return nil, asProblem(err)
		}
		return &huma.StreamResponse{Body: func(out huma.Context) {
			defer drop()
			out.SetHeader("Content-Type", kind)
			out.SetHeader("Content-Disposition", attachment(name))
			out.SetHeader("Content-Security-Policy", inert)
			out.SetHeader("Content-Length", strconv.FormatInt(size, 10))
			out.SetStatus(http.StatusOK)
			_, _ = io.Copy(out.BodyWriter(), file) // the client may be gone
		}}, nil
	})
}

// uploadWithin bounds how long an upload and the work on it may take.
const uploadWithin = 15 * time.Minute

// An Upload is the body of a request, read as it comes.
type Upload struct{ body io.Reader }

// Resolve implements [huma.Resolver].
func (u *Upload) Resolve(ctx huma.Context) []error {
	u.body = ctx.BodyReader()
	return nil
}

// uploaded describes an operation that takes a file.
func uploaded(op huma.Operation, kind string) huma.Operation {
	op.BodyReadTimeout = uploadWithin
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		kind: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}}
	return op
}

// spool copies an upload into a file of its own, at most so many bytes, and
// hands it over.
func (u *Upload) spool(most int64, do func(file *os.File, size int64) error) error {
	file, err := os.CreateTemp("", "clew-upload-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) //nolint:errcheck // a file of ours in the system's place for such
	defer file.Close()           //nolint:errcheck // read only by now
	size, err := io.Copy(file, io.LimitReader(u.body, most+1))
	if err != nil {
		return huma.Error400BadRequest("the upload broke off")
	}
	if size > most {
		return huma.NewError(http.StatusRequestEntityTooLarge, "the file is larger than "+strconv.FormatInt(most>>20, 10)+" MiB")
	}
	return do(file, size)
}
