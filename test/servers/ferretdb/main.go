// A FerretDB on the loopback interface. Argument: its port, 0 for any. Environment: FERRETDB_HANDLER (sqlite or postgresql), FERRETDB_URL.
package main

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()

	storage := os.Getenv("FERRETDB_URL")
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:      ferretdb.ListenerConfig{TCP: "127.0.0.1:" + os.Args[1]},
		Logger:        slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
		Handler:       os.Getenv("FERRETDB_HANDLER"),
		SQLiteURL:     storage,
		PostgreSQLURL: storage,
	})
	if err != nil {
		log.Fatal(err)
	}

	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()

	address, err := url.Parse(server.MongoDBURI())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", address.Port())
	if err := <-done; err != nil {
		log.Fatal(err)
	}
}
