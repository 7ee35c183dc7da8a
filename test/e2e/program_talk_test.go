// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"os"
	"time"
)

// talkPause leaves the machine to others: scripts run side by side.
const talkPause = time.Millisecond

// talk keeps one connection busy: a word, its echo, the next. It makes the file STARTED after the first.
//
// With -until it goes on until a file appears, and every word must have come back. With -cut it wants to be cut off
// when that file appears: an answer to a word said later is a failure. Over UDP nobody says a word twice: that it came back means that
// not one packet was lost, on the way there and back.
//
//	talk [-over tcp|udp] -until FILE ADDRESS STARTED
//	talk [-over tcp|udp] -cut FILE ADDRESS STARTED
func talk(args []string) error {
	flags := flag.NewFlagSet("talk", flag.ContinueOnError)
	over := flags.String("over", "tcp", "protocol")
	until := flags.String("until", "", "file that ends it")
	cut := flags.String("cut", "", "file that says that from now on nothing passes")
	if err := flags.Parse(args); err != nil || flags.NArg() != 2 || (*until == "") == (*cut == "") {
		return errUsage
	}
	c, err := net.DialTimeout(*over, flags.Arg(0), patience)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := exchange(c, "first", time.Now().Add(patience)); err != nil {
		return err
	}
	if err := os.WriteFile(flags.Arg(1), nil, 0o600); err != nil {
		return err
	}
	if *until != "" {
		return sayUntil(*until, talkPause, func(word string) error { return exchange(c, word, time.Now().Add(patience)) })
	}
	return talkUntilCut(c, *cut)
}

// sayUntil has words said, each one different from the one before it, until a file appears. All must come back.
func sayUntil(file string, pause time.Duration, say func(word string) error) error {
	for words := 1; ; words++ {
		time.Sleep(pause)
		if exists(file) {
			_, err := fmt.Printf("%d words, all came back\n", words)
			return err
		}
		if err := say(fmt.Sprintf("word %d", words)); err != nil {
			return fmt.Errorf("after %d words: %w", words, silent(err))
		}
	}
}

// talkUntilCut allows for a word that is on its way when the file appears: it may come back or not.
func talkUntilCut(c net.Conn, file string) error {
	for words := 1; !exists(file); words++ {
		err := silent(exchange(c, "word", time.Now().Add(time.Second)))
		if errors.Is(err, errSilence) && appears(file) {
			break
		}
		if err != nil {
			return fmt.Errorf("after %d words, before the cut: %w", words, err)
		}
	}
	switch err := exchange(c, "late", time.Now().Add(time.Second)); {
	case err == nil:
		return errors.New("talked on after the cut")
	case errors.Is(silent(err), errSilence):
		_, err := fmt.Println("cut off")
		return err
	default:
		return err
	}
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return !errors.Is(err, fs.ErrNotExist)
}

func appears(file string) bool {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if exists(file) {
			return true
		}
	}
	return false
}
