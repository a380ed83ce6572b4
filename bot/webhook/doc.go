// Package webhook is the door through which LINE's events come in.
//
// A body is let in by council, size and signature, in this order and with
// nothing parsed before the signature has been checked on the raw bytes. Its
// events become turns: those of one chat one after the other, those of
// different chats side by side. The answer is 200 only after every turn has
// committed; anything else is answered so that LINE delivers again, which the
// deduplication key of each event makes harmless.
//
// What is said in an event, and by whom, is never logged, measured or put into
// an error here.
package webhook
