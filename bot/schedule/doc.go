// Package schedule does what nobody asks for at the moment it is due: ticks of
// the calendar, long work in small steps, reminders and what nobody looked at.
//
// A tick is a row (job, planned time) that is written once, in the transaction
// that also writes the row of its work; so it begins exactly once, however many
// processes see the time come and wherever one of them dies. The work goes on
// from a cursor, one step in one transaction. Planned times are kept too: a
// tick that came while the program was down is found on return, made up for
// within its window and otherwise skipped and said so.
//
// Time is the injected clock's, so that nothing here waits for a real month.
// Rules are those of robfig/cron, of which only the parser and its arithmetic
// are used.
package schedule
