// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"time"
)

// errSilence is what a dropped packet looks like to the one who sent it.
var errSilence = errors.New("silence")

// silence succeeds if nobody answers. It waits for less than say: a packet that is dropped does not come later.
//
//	silence tcp|udp ADDRESS
func silence(args []string) error {
	switch err := say(append([]string{"-wait", "500ms"}, args...)); {
	case errors.Is(err, errSilence):
		return nil
	case err != nil:
		return err
	}
	return errors.New("somebody answered")
}

// say sends a word to whoever answers at an address, waits until the word is back, and prints from where to where it went.
// It fails with "silence" when nothing comes back, with the system's error when one does.
//
//	say [-wait 10s] [-from ADDRESS] tcp|udp ADDRESS [WORD]
func say(args []string) error {
	flags := flag.NewFlagSet("say", flag.ContinueOnError)
	wait := flags.Duration("wait", 10*time.Second, "for an answer")
	from := flags.String("from", "", "address to speak from")
	if err := flags.Parse(args); err != nil || flags.NArg() < 2 {
		return errUsage
	}
	word := "hello"
	if flags.NArg() > 2 {
		word = flags.Arg(2)
	}
	dialer := net.Dialer{Deadline: time.Now().Add(*wait)}
	if err := bind(&dialer, flags.Arg(0), *from); err != nil {
		return err
	}
	c, err := dialer.Dial(flags.Arg(0), flags.Arg(1))
	if err != nil {
		return silent(err)
	}
	defer c.Close()
	if err := exchange(c, word, dialer.Deadline); err != nil {
		return silent(err)
	}
	_, err = fmt.Fprintf(os.Stdout, "%s: %v -> %v\n", word, c.LocalAddr(), c.RemoteAddr())
	return err
}

func bind(dialer *net.Dialer, network, address string) (err error) {
	switch {
	case address == "":
	case network == "tcp":
		dialer.LocalAddr, err = net.ResolveTCPAddr(network, address)
	default:
		dialer.LocalAddr, err = net.ResolveUDPAddr(network, address)
	}
	return err
}

// exchange says a word and waits for its echo.
func exchange(c net.Conn, word string, deadline time.Time) error {
	if err := c.SetDeadline(deadline); err != nil {
		return err
	}
	if _, err := c.Write([]byte(word)); err != nil {
		return err
	}
	echo := make([]byte, len(word))
	for got := 0; got < len(echo); {
		n, err := c.Read(echo[got:])
		if err != nil {
			return err
		}
		got += n
	}
	if string(echo) != word {
		return fmt.Errorf("said %q, heard %q", word, echo)
	}
	return nil
}

// silent calls a time-out by its name.
func silent(err error) error {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return errSilence
	}
	return err
}
