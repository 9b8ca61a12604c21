// An upstream for what passes plain HTTP on: it answers with texts that it was given.
//
// It reads from standard input what to answer, as JSON: {"GET /path?query": {"type": "application/json", "text": "{}",
// "count": 1}}, listens on 127.0.0.1:$PORT, and ends as soon as its standard input does: with whoever started it.
package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
)

// The same text, so many times.
type answer struct {
	Type  string `json:"type"`
	Text  string `json:"text"`
	Count int    `json:"count"`
}

func main() {
	var answers map[string]answer
	if err := json.NewDecoder(os.Stdin).Decode(&answers); err != nil {
		log.Fatal(err)
	}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), http.HandlerFunc(
		func(response http.ResponseWriter, request *http.Request) {
			answer, known := answers[request.Method+" "+request.URL.RequestURI()]
			if !known {
				http.NotFound(response, request)
				return
			}
			io.Copy(io.Discard, request.Body)
			response.Header().Set("Content-Type", answer.Type)
			if answer.Count == 1 {
				response.Header().Set("Content-Length", strconv.Itoa(len(answer.Text)))
			}
			for range answer.Count {
				io.WriteString(response, answer.Text)
			}
		},
	)))
}
