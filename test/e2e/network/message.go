package network

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/net/dns/dnsmessage"
)

// asked is one question to the nameserver.
type asked struct {
	header   dnsmessage.Header
	question dnsmessage.Question
	// size is how long an answer over UDP may be; extended says that the question told it.
	size     int
	extended bool
}

// parse reads a question. Only what has exactly one is understood, as everywhere.
func parse(text []byte) (asked, error) {
	var parser dnsmessage.Parser
	header, err := parser.Start(text)
	if err != nil {
		return asked{}, fmt.Errorf("a question to the nameserver: %w", err)
	}
	questions, err := parser.AllQuestions()
	if err != nil {
		return asked{}, fmt.Errorf("a question to the nameserver: %w", err)
	}
	if header.Response || len(questions) != 1 {
		return asked{}, errors.New("not one question to the nameserver")
	}
	a := asked{header: header, question: questions[0]}
	a.extended, a.size = room(&parser)
	return a, nil
}

// room is how long an answer over UDP may be, and whether the question says so. What cannot be read says nothing.
func room(parser *dnsmessage.Parser) (extended bool, size int) {
	if parser.SkipAllAnswers() != nil || parser.SkipAllAuthorities() != nil {
		return false, plainSize
	}
	for {
		additional, err := parser.AdditionalHeader()
		if err != nil {
			return false, plainSize
		}
		if additional.Type == dnsmessage.TypeOPT {
			// The size is where other records have their class. Source: RFC 6891, section 6.1.2.
			return true, min(max(int(additional.Class), plainSize), ownSize)
		}
		if parser.SkipAdditional() != nil {
			return false, plainSize
		}
	}
}

// reply is an answer: the addresses that were asked for, or why there are none.
func (a *asked) reply(code dnsmessage.RCode, addresses []netip.Addr, cut bool) ([]byte, error) {
	builder := dnsmessage.NewBuilder(nil, dnsmessage.Header{
		ID: a.header.ID, Response: true, OpCode: a.header.OpCode, Authoritative: true, Truncated: cut,
		RecursionDesired: a.header.RecursionDesired, RecursionAvailable: true, RCode: code,
	})
	builder.EnableCompression()
	if err := builder.StartQuestions(); err != nil {
		return nil, fmt.Errorf("an answer: %w", err)
	}
	if err := builder.Question(a.question); err != nil {
		return nil, fmt.Errorf("an answer: %w", err)
	}
	if err := builder.StartAnswers(); err != nil {
		return nil, fmt.Errorf("an answer: %w", err)
	}
	for _, address := range addresses {
		if !address.Is4() {
			continue
		}
		header := dnsmessage.ResourceHeader{Name: a.question.Name, Class: dnsmessage.ClassINET, TTL: timeToLive}
		if err := builder.AResource(header, dnsmessage.AResource{A: address.As4()}); err != nil {
			return nil, fmt.Errorf("an answer: %w", err)
		}
	}
	if err := a.extend(&builder, code); err != nil {
		return nil, err
	}
	answer, err := builder.Finish()
	if err != nil {
		return nil, fmt.Errorf("an answer: %w", err)
	}
	return answer, nil
}

// extend tells those who have told how long an answer may be the same.
func (a *asked) extend(builder *dnsmessage.Builder, code dnsmessage.RCode) error {
	if !a.extended {
		return nil
	}
	if err := builder.StartAdditionals(); err != nil {
		return fmt.Errorf("an answer: %w", err)
	}
	var header dnsmessage.ResourceHeader
	if err := header.SetEDNS0(ownSize, code, false); err != nil {
		return fmt.Errorf("an answer: %w", err)
	}
	if err := builder.OPTResource(header, dnsmessage.OPTResource{}); err != nil {
		return fmt.Errorf("an answer: %w", err)
	}
	return nil
}
