package main

import "context"

func (b *bench) packed(ctx context.Context, logs []string) error { return nil }
func (b *bench) index(ctx context.Context, logs []string) error  { return nil }
