package server

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/corpus"
	"clew/internal/export"
	"clew/internal/investigation"
	"clew/internal/job"
	"clew/internal/observable"
	"clew/internal/observable/extract"
	"clew/internal/report/pdf"
	"clew/internal/watch"
)

// root is where the API's operations lie.
const root = "/api/v1"

// service answers the operations of the API.
type service struct {
	core    Core
	cases   *investigation.Workspace // the record, open as long as the server
	docs    *documents
	watch   *watches[casefile.Head]
	saved   *watches[WatchHistory] // by the name of the watch
	streams streams
	shelf   *shelf
	jobs    *jobs
	worker  *Worker
	beat    time.Duration // between two signs of life of a stream
	// version is of clew, as bundles name their writer.
	version string
	// accounts are nil where clew serves alone on loopback.
	accounts *account.Book
	provider Provider // nil for none
	ways     routes   // into the server, once all are there
	folders  []string // of this machine, that everybody who works may read from
}

// newAPI registers every operation.
func newAPI(mux *http.ServeMux, s *service, version string) huma.API {
	config := huma.DefaultConfig("clew", version)
	config.Info.Description = "Everything the page does, over the same core as the command line. Values are exact, never defanged."
	config.CreateHooks = nil // no $schema in answers: they are those of the command line
	config.DocsPath, config.SchemasPath = "", ""
	config.Components.Schemas = registry()
	config.RejectUnknownQueryParameters = true
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token": {Type: "http", Scheme: "bearer", Description: "the token in the link that clew serve prints"},
	}
	config.Security = []map[string][]string{{"token": {}}}
	api := humago.New(mux, config)
	s.registerStart(api)
	s.registerRuns(api)
	s.registerCases(api)
	s.registerGraph(api)
	s.registerEvidence(api)
	s.registerByHand(api)
	s.registerDecisions(api)
	s.registerMachine(api)
	s.registerVocabulary(api)
	s.registerSearch(api)
	s.registerKnown(api)
	s.registerImports(api)
	s.registerLooking(api)
	s.registerSharing(api)
	s.registerActions(api)
	s.registerEscalations(api)
	s.registerBundles(api)
	s.registerTelemetry(api)
	s.registerWatching(api)
	s.registerSession(api)
	s.registerFactor(api)
	s.registerProvider(api)
	s.registerUsers(api)
	s.registerTokens(api)
	s.registerAccess(api)
	s.registerAllowed(api)
	s.registerLogKeeping(api)
	return api
}

// A list of ours is empty, never null, and the description says so.
func init() { huma.DefaultArrayNullable = false }

// registry names schemas so that types of two packages never meet in one name.
func registry() huma.Registry {
	r := huma.NewMapRegistry("#/components/schemas/", schemaName)
	r.RegisterTypeAlias(reflect.TypeFor[casefile.Time](), reflect.TypeFor[*time.Time]())
	return r
}

var packagePath = regexp.MustCompile(`[\w./-]*/(\w+)\.`)

func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := t.Name()
	if name == "" {
		name = hint
	}
	if inner, generic := strings.CutPrefix(name, "List["); generic {
		return packagePath.ReplaceAllString(strings.TrimSuffix(inner, "]"), "") + "List"
	}
	if _, below, ok := strings.Cut(t.PkgPath(), "/artifact"); ok {
		return "File" + strings.Title(strings.ReplaceAll(below, "/", "")) + name //nolint:staticcheck // ASCII
	}
	if strings.HasSuffix(t.PkgPath(), "/audit") && !strings.HasPrefix(name, "Audit") {
		return "Audit" + name
	}
	return packagePath.ReplaceAllString(name, "")
}

type body[T any] struct{ Body T }

// register adds an operation whose errors become problems.
func register[I, O any](api huma.API, op huma.Operation, do func(context.Context, *I) (O, error)) {
	op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusUnprocessableEntity, http.StatusServiceUnavailable)
	huma.Register(api, op, func(ctx context.Context, in *I) (*body[O], error) {
		out, err := do(ctx, in)
		if err != nil {
			return nil, asProblem(err)
		}
		return &body[O]{out}, nil
	})
}

// get describes an operation that reads, and says what somebody must have to do it.
func get(needs account.Permission, id, path, summary, description string) huma.Operation {
	op := huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: root + path, Summary: summary, Description: description,
		Extensions: map[string]any{permissionKey: needs},
	}
	if needs == account.Public {
		op.Security = []map[string][]string{{}}
	}
	return op
}

func post(needs account.Permission, id, path, summary, description string) huma.Operation {
	op := get(needs, id, path, summary, description)
	op.Method = http.MethodPost
	op.BodyReadTimeout = time.Minute // of the whole request: the answer must be under way by then
	return op
}

// asProblem gives an error the status a client can act on.
func asProblem(err error) error {
	var (
		ready   huma.StatusError
		refused Refused
		later   job.Later
		limited *account.LimitError
	)
	text := casefile.Printable(err.Error())
	switch {
	case errors.As(err, &ready):
		return err
	case errors.As(err, &limited):
		return huma.ErrorWithHeaders(huma.Error429TooManyRequests(text), http.Header{"Retry-After": {strconv.Itoa(int(limited.RetryAfter.Seconds()) + 1)}})
	case errors.Is(err, account.ErrSignIn), errors.Is(err, account.ErrSignedOut), errors.Is(err, account.ErrStep):
		return huma.Error401Unauthorized(text)
	case errors.Is(err, account.ErrForbidden), errors.Is(err, account.ErrLink), errors.Is(err, account.ErrCode):
		return huma.Error403Forbidden(text)
	case errors.Is(err, account.ErrNoUser), errors.Is(err, account.ErrNoToken), errors.Is(err, account.ErrNoFactor):
		return huma.Error404NotFound(text)
	case errors.Is(err, account.ErrNameTaken), errors.Is(err, account.ErrLastAdmin):
		return huma.Error409Conflict(text)
	case errors.Is(err, account.ErrInvalid):
		return huma.Error422UnprocessableEntity(text)
	case errors.Is(err, casefile.ErrNoCase), errors.Is(err, casefile.ErrNoBlob), errors.Is(err, job.ErrNoJob), errors.Is(err, watch.ErrNoWatch):
		return huma.Error404NotFound(text)
	case errors.Is(err, ErrNoFormat):
		return huma.Error404NotFound(text)
	case errors.Is(err, export.ErrTLP):
		return huma.Error403Forbidden(text)
	case errors.Is(err, pdf.ErrNoBrowser):
		return huma.Error501NotImplemented(text)
	case errors.Is(err, casefile.ErrMoved), errors.Is(err, job.ErrBusy), errors.Is(err, watch.ErrExists), errors.Is(err, job.ErrActive), errors.Is(err, investigation.ErrNotRun), errors.Is(err, casefile.ErrNotRead), errors.Is(err, casefile.ErrDiverged), errors.Is(err, ErrUntrusted), errors.Is(err, investigation.ErrDiffers):
		return huma.Error409Conflict(text)
	case errors.Is(err, job.ErrFull):
		return huma.Error429TooManyRequests(text)
	case errors.As(err, &refused), errors.Is(err, observable.ErrNotIndicator), errors.Is(err, investigation.ErrVerdict), errors.Is(err, investigation.ErrByHand),
		errors.Is(err, extract.ErrUnreadable), errors.Is(err, casefile.ErrInvalid), errors.Is(err, watch.ErrInvalid), errors.Is(err, watch.ErrSchedule), errors.Is(err, casefile.ErrBundle):
		return huma.Error422UnprocessableEntity(text)
	case errors.Is(err, corpus.ErrLocked), errors.Is(err, corpus.ErrUnreachable), errors.Is(err, casefile.ErrLocked), errors.Is(err, casefile.ErrFull), errors.Is(err, casefile.ErrUnreachable), errors.Is(err, account.ErrBreached),
		errors.As(err, &later), errors.Is(err, context.Canceled):
		return huma.Error503ServiceUnavailable(text)
	}
	return huma.Error500InternalServerError(text)
}
