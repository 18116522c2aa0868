package main

import "context"

func (b *bench) warmBuilds(ctx context.Context) error { return nil }
func (b *bench) coldBuilds(ctx context.Context) error { return nil }
