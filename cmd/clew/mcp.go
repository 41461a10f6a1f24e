package main

import (
	"context"
	"net"

	"github.com/spf13/cobra"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/marking"
	"clew/internal/server"
	"clew/internal/server/assistant"
)

func (a *app) mcpCommand() *cobra.Command {
	var act bool
	cmd := &cobra.Command{
		Use: "mcp", Short: "Tools for an assistant, by the Model Context Protocol on standard input and output", Args: cobra.NoArgs,
		Long: `Lets a program that speaks the Model Context Protocol work with clew's cases: look
indicators up, read cases, findings and raw answers, see whom an investigation
would ask. With --act it may also start investigations, follow pivots, judge, note,
look in the telemetry index and propose actions; approving and applying them stays
with people. It works within the bounds of the flags (PAP, budget, offline), which
it cannot widen, in the same record; its entries carry your name with "(assistant)"
behind it. Cases marked TLP:RED are not there for it, unless assistants: ceiling of
the configuration says so. clew serve --mcp offers the reading tools over HTTP at
/mcp, --mcp-act those that act as well.`,
		Example: `  clew mcp --offline                      reading only, asking nobody
  clew mcp --act --pap AMBER --budget 50   it may investigate, within 50 requests each time`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.mcp(cmd.Context(), act) },
	}
	cmd.Flags().BoolVar(&act, "act", false, "let it start investigations, follow pivots, judge, note, hunt and propose")
	a.askFlags(cmd)
	return cmd
}

func (a *app) mcp(ctx context.Context, act bool) error {
	if err := a.bounds(&investigation.Request{}); err != nil {
		return err
	}
	o, err := a.assistantOptions(act)
	if err != nil {
		return err
	}
	a.connectors() // read once, before requests run side by side
	var work server.Work
	closeBook, err := a.withUsers(ctx, &work)
	if err != nil {
		return err
	}
	defer closeBook()
	a.ceiled()
	// Nothing listens: the server only answers the tools.
	s, err := server.New(&net.TCPAddr{}, server.Options{Core: core{a}, Version: version(), Clock: a.clock, Work: work})
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // what runs has written what it found
	api, doc := s.API()
	tools, err := assistant.New(doc, api, o)
	if err != nil {
		return err
	}
	return assistant.Serve(ctx, tools)
}

// assistantSettings say what assistants are let see.
type assistantSettings struct {
	Ceiling string `yaml:"ceiling,omitempty"` // default: [defaultLists], as of machines of the organisation
}

func (a *app) assistantOptions(act bool) (assistant.Options, error) {
	o := assistant.Options{Version: version(), Act: act, Ceiling: defaultLists}
	s, err := a.settings()
	if err != nil || s.Assistants.Ceiling == "" {
		return o, err
	}
	if o.Ceiling, err = marking.ParseTLP(s.Assistants.Ceiling); err != nil {
		return o, usagef("%w: assistants.ceiling: %w", errConfig, err)
	}
	return o, nil
}

// ceiled has what is opened from now on hide from assistants what is marked above
// their ceiling, beside what it hides already.
func (a *app) ceiled() {
	inner, ceiled := a.guarded, server.Ceiled()
	a.guarded = func(store casefile.Store) casefile.Store {
		if inner != nil {
			store = inner(store)
		}
		return ceiled(store)
	}
}

// mcpFlags say what of clew mcp is offered over HTTP.
type mcpFlags struct{ read, act bool }

// ready has assistants find the cases that they may see, and returns what offers them
// their tools.
func (f mcpFlags) ready(a *app) (mount func(*server.Server) error, err error) {
	if !f.read && !f.act {
		return func(*server.Server) error { return nil }, nil
	}
	o, err := a.assistantOptions(f.act)
	if err != nil {
		return nil, err
	}
	a.ceiled()
	return func(s *server.Server) error { return mountAssistants(s, o) }, nil
}

// mountAssistants offers the tools at /mcp of clew serve: those that read and, where
// it was said, those that act as whoever asks may.
func mountAssistants(s *server.Server, o assistant.Options) error {
	api, doc := s.API()
	tools, err := assistant.New(doc, api, o)
	if err != nil {
		return err
	}
	s.Mount("/mcp", account.Read, assistant.Handler(tools))
	return nil
}
