package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"clew/internal/server"
)

// workFlags say which jobs a process does.
type workFlags struct {
	name  string
	slots int
	none  bool
	grace time.Duration
}

const mostSlots = 64

func (f workFlags) work(a *app) (server.Work, error) {
	if f.slots < 1 || f.slots > mostSlots {
		return server.Work{}, usagef("--slots %d: use 1 to %d", f.slots, mostSlots)
	}
	return server.Work{Name: f.name, Slots: f.slots, PinnedOnly: f.none, Log: a.logger}, nil
}

func (a *app) workerCommand() *cobra.Command {
	var f workFlags
	cmd := &cobra.Command{
		Use: "worker", Short: "Do the jobs that the team's servers take up", Args: cobra.NoArgs,
		Long: `Takes investigations and pivots from the team's database (CLEW_DATABASE, or database:
in the configuration) and does them, beside the other workers and clew serve. What a
job asks for, its bounds and who wants it come with the job; the keys of sources are
this machine's own, and a source without one says so in the case. Ctrl-C hands back
what runs: another worker goes on with it. A worker that dies is missed within
seconds. Imports and searches of logs stay with the machine that has the files.`,
		Example: `  CLEW_DATABASE=postgres://db.example:5432/clew clew worker
  clew worker --slots 8 --grace 1m      eight at once; when stopped, those about to end may
  clew job list                         what runs, where, and what waits`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.worker(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.name, "name", "", "what jobs call this worker (default: the machine and a number); no two may have the same")
	flags.IntVar(&f.slots, "slots", 4, "jobs at once")
	flags.DurationVar(&f.grace, "grace", 0, "how long jobs may go on when the worker is stopped, before they are handed back")
	flags.BoolVar(&a.offline, "offline", false, "ask nobody, whatever a job says")
	flags.StringVar(&a.attack, "attack", "", "name techniques and software after this bundle of MITRE ATT&CK")
	a.listsFlag(flags)
	a.model.add(cmd)
	a.logFlags(cmd)
	return cmd
}

func (a *app) worker(ctx context.Context, f workFlags) error {
	settings, err := a.withSecrets()
	if err != nil {
		return err
	}
	if err := a.startLog(settings); err != nil {
		return err
	}
	work, err := f.work(a)
	if err != nil {
		return err
	}
	closeBook, err := a.withUsers(ctx, &work)
	if err != nil {
		return err
	}
	defer closeBook()
	a.connectors() // read once, before jobs run side by side
	w, err := server.NewWorker(server.Options{Core: core{a}, Version: version(), Clock: a.clock, Work: work})
	if err != nil {
		return err
	}
	if err := w.Start(ctx); err != nil {
		return errors.Join(err, w.Close())
	}
	fmt.Fprintf(a.stderr, "worker %s takes jobs, %d at once; stop with Ctrl-C\n", w.Name(), f.slots)
	a.notify("READY=1")
	<-ctx.Done()
	a.notify("STOPPING=1")
	w.Stop(f.grace)
	return w.Close()
}
