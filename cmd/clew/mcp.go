package main

import (
	"context"
	"net"

	"github.com/spf13/cobra"

	"clew/internal/account"
	"clew/internal/investigation"
	"clew/internal/server"
	"clew/internal/server/assistant"
)

func (a *app) mcpCommand() *cobra.Command {
	var act bool
	cmd := &cobra.Command{
		Use: "mcp", Short: "Tools for an assistant, by the Model Context Protocol on standard input and output", Args: cobra.NoArgs,
		Long: `Lets a program that speaks the Model Context Protocol work with clew's cases: look
indicators up, read cases, findings and raw answers, see whom an investigation
would ask. With --act it may also start investigations, judge and note; approving
and applying actions stays with people. It works within the bounds of the flags
(PAP, budget, offline), which it cannot widen, in the same record; its entries
carry your name with "(assistant)" behind it. clew serve --mcp offers the reading
tools over HTTP at /mcp, with the token.`,
		Example: `  clew mcp --offline                      reading only, asking nobody
  clew mcp --act --pap AMBER --budget 50   it may investigate, within 50 requests each time`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.mcp(cmd.Context(), act) },
	}
	cmd.Flags().BoolVar(&act, "act", false, "let it start investigations, judge and note")
	a.askFlags(cmd)
	return cmd
}

// forAssistant is the app as an assistant works with it.
func (a *app) forAssistant() *app {
	assisted := *a
	getenv := a.getenv
	assisted.getenv = func(name string) string {
		if name == actorVariable {
			return actor(getenv) + " (assistant)"
		}
		return getenv(name)
	}
	return &assisted
}

func (a *app) mcp(ctx context.Context, act bool) error {
	if err := a.bounds(&investigation.Request{}); err != nil {
		return err
	}
	a.connectors() // read once, before requests run side by side
	assisted := a.forAssistant()
	var work server.Work
	closeBook, err := assisted.withUsers(ctx, &work)
	if err != nil {
		return err
	}
	defer closeBook()
	// Nothing listens: the server only answers the tools.
	s, err := server.New(&net.TCPAddr{}, server.Options{Core: core{assisted}, Version: version(), Clock: a.clock, Work: work})
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // what runs has written what it found
	api, doc := s.API()
	tools, err := assistant.New(doc, api, assistant.Options{Version: version(), Act: act})
	if err != nil {
		return err
	}
	return assistant.Serve(ctx, tools)
}

// mountAssistants offers the reading tools at /mcp of clew serve. What an assistant
// writes must carry its mark, which the pages' record would not have.
func mountAssistants(s *server.Server) error {
	api, doc := s.API()
	tools, err := assistant.New(doc, api, assistant.Options{Version: version()})
	if err != nil {
		return err
	}
	s.Mount("/mcp", account.Read, assistant.Handler(tools))
	return nil
}
