// Package chaos kills the program and looks for what is lost.
//
// An emulated LINE platform runs in the test's process, the program in another
// one, on either engine. Members report, add and answer, clerks quote cards and
// send, while the program is killed again and again: after a random time, in
// the middle of a webhook, before and after a call of LINE's API. Afterwards
// what the platform has seen and what the store holds is compared with what
// people did. Everything carries a mark of its own, so that the comparison
// finds what is lost, what is there twice and what is out of order.
//
// All of it is tests; nothing links this package. The number of kills is
// MIMAMORI_KILLS: by default 10, or 100 where MIMAMORI_TEST_ALL is 1.
package chaos
