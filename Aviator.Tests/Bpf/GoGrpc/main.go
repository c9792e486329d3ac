// Go's gRPC with its own health service, for tests of what the kernel counts.
//
//	serve ADDRESS DELAY            answers each Check after DELAY; prints "serving"
//	call ADDRESS CALLS AT_ONCE     makes CALLS Checks on one connection; prints their times in nanoseconds, sorted, one a line
//	connect ADDRESS CALLS          makes CALLS Checks one after the other, each on a connection of its own
//	watch ADDRESS STREAMS          opens STREAMS Watches on one connection, prints "watching" once each has brought its first message,
//	                               and cancels them when it is asked to end
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"sort"
	"strconv"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// Longest of any call or stream: a test that forgets them must not keep them.
const limit = time.Minute

type slow struct {
	*health.Server
	delay time.Duration
}

func (s slow) Check(ctx context.Context, in *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	time.Sleep(s.delay)
	return s.Server.Check(ctx, in)
}

func main() {
	mode, address, number := os.Args[1], os.Args[2], os.Args[3]
	switch mode {
	case "serve":
		delay, err := time.ParseDuration(number)
		must(err)
		serve(address, delay)
	case "call":
		atOnce, err := strconv.Atoi(os.Args[4])
		must(err)
		call(address, count(number), atOnce)
	case "connect":
		for n := count(number); n > 0; n-- {
			callOnce(address)
		}
	case "watch":
		watch(address, count(number))
	default:
		log.Fatalf("unknown mode %q", mode)
	}
}

func serve(address string, delay time.Duration) {
	listener, err := net.Listen("tcp", address)
	must(err)
	server := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(server, slow{health.NewServer(), delay})
	fmt.Println("serving")
	must(server.Serve(listener))
}

func call(address string, calls, atOnce int) {
	client, ctx, end := connect(address)
	defer end()
	times := make([]int64, calls)
	next := make(chan int)
	var callers sync.WaitGroup
	for i := 0; i < atOnce; i++ {
		callers.Add(1)
		go func() {
			defer callers.Done()
			for n := range next {
				began := time.Now()
				_, err := client.Check(ctx, &grpc_health_v1.HealthCheckRequest{})
				must(err)
				times[n] = time.Since(began).Nanoseconds()
			}
		}()
	}
	for n := 0; n < calls; n++ {
		next <- n
	}
	close(next)
	callers.Wait()
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	for _, t := range times {
		fmt.Println(t)
	}
}

func callOnce(address string) {
	client, ctx, end := connect(address)
	defer end()
	_, err := client.Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	must(err)
}

func watch(address string, streams int) {
	client, ctx, end := connect(address)
	defer end()
	for i := 0; i < streams; i++ {
		stream, err := client.Watch(ctx, &grpc_health_v1.HealthCheckRequest{})
		must(err)
		_, err = stream.Recv()
		must(err)
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	fmt.Println("watching")
	select {
	case <-asked:
	case <-ctx.Done():
	}
}

func connect(address string) (grpc_health_v1.HealthClient, context.Context, func()) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	connection, err := grpc.DialContext(ctx, address, grpc.WithInsecure(), grpc.WithBlock())
	must(err)
	return grpc_health_v1.NewHealthClient(connection), ctx, func() {
		cancel()
		connection.Close()
	}
}

func count(text string) int {
	n, err := strconv.Atoi(text)
	must(err)
	return n
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
