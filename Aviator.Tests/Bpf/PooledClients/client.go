// Command client asks one URL from several workers over http.DefaultTransport's pool for a while, and says how often that failed.
package main

import (
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

func main() {
	url := os.Args[1]
	workers, _ := strconv.Atoi(os.Args[2])
	seconds, _ := strconv.ParseFloat(os.Args[3], 64)
	end := time.Now().Add(time.Duration(seconds * float64(time.Second)))
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers}, Timeout: 5 * time.Second}
	var requests, failed int64
	var all sync.WaitGroup
	for worker := 0; worker < workers; worker++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for n := 0; time.Now().Before(end); n++ {
				if !ask(client, url, n%2 == 1) {
					atomic.AddInt64(&failed, 1)
				}
				atomic.AddInt64(&requests, 1)
				time.Sleep(time.Duration(rand.Intn(60)) * time.Millisecond)
			}
		}()
	}
	all.Wait()
	fmt.Printf("%d requests, %d failed\n", requests, failed)
}

func ask(client *http.Client, url string, post bool) bool {
	var response *http.Response
	var err error
	if post {
		response, err = client.Post(url, "text/plain", strings.NewReader("body"))
	} else {
		response, err = client.Get(url)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return false
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err == nil && response.StatusCode == http.StatusOK
}
