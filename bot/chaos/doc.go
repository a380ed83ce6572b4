// Package chaos kills the program and looks for what is lost.
//
// An emulated LINE platform runs in the test's process, the program in another
// one, on either engine. Members report, add and answer, clerks quote cards and
// send, while the program is killed. Afterwards what the platform has seen and
// what the store holds is compared with what people did. Everything carries a
// mark of its own, so that the comparison finds what is lost, what is there twice
// and what is out of order. What may be there twice is bounded: only a reply that
// was under way when the program died, and whose token was of no more use then.
//
// TestMoments kills once at each moment that matters: before and after each
// commit of a turn, of a reply's being tried and of what became of a delivery,
// and before and after each call. The program tells of these moments and waits,
// so that nothing depends on luck. TestFaults does the same with five programs
// that are wrong, by a fault put into the real one from outside, and demands that
// each is found. TestKill kills again and again at random, while many people are
// at work and LINE fails too: MIMAMORI_KILLS times, by default 10, or 100 where
// MIMAMORI_TEST_ALL is 1.
//
// All of it is tests; nothing links this package.
package chaos
