// Command clew follows one indicator of compromise to the infrastructure
// behind it, weighs coincidence against connection, and keeps the record.
package main

import (
	"context"
	"crypto/rand"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() { os.Exit(realMain()) }

// realMain is main with its exit code returned, so that tests can run it as a command.
func realMain() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		stop() // a second Ctrl-C ends the program at once
	}()
	a := &app{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv,
		clock: time.Now, random: rand.Reader,
	}
	return a.run(ctx, os.Args[1:])
}
