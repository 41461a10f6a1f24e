// Command bench measures the search of logs against its peers: ripgrep and
// Hyperscan for plain logs, zcat and zstdcat for packed ones. Every figure comes
// with the peer's from the same run, on the same bytes.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 4 && args[0] == scanCommand {
		workers, err := strconv.Atoi(args[2])
		if err != nil {
			return err
		}
		return scan(args[1], workers, args[3], args[4:])
	}
	if len(args) > 2 && args[0] == huntCommand {
		return unpack(ctx, args[1], args[2:])
	}
	if len(args) > 2 && args[0] == indexCommand {
		return buildIndex(ctx, args[1], args[2:])
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	size := flags.Int64("size", 1570, "MB of logs")
	dir := flags.String("dir", "", "where the logs are made, and kept (default: a temporary folder, removed)")
	rounds := flags.Int("rounds", 3, "how often each is measured; the median counts")
	largest := flags.Int("largest", 1_000_000, "largest set of indicators")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *dir == "" {
		made, err := os.MkdirTemp("", "clew-bench")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(made) }()
		*dir = made
	}
	if *rounds < 1 || *largest < listed {
		return fmt.Errorf("-rounds must be 1 or more, and -largest %d or more: the packed logs and the index are searched for so many", listed)
	}
	b := bench{dir: *dir, rounds: *rounds, largest: *largest}
	return b.all(ctx, *size*1_000_000)
}
