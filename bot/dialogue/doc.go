// Package dialogue is one turn of talk: an event comes in, and in a single
// storage transaction the session moves on, casework acts, and the answers are
// put into the outbox. A turn whose transaction did not commit has not
// happened.
package dialogue
