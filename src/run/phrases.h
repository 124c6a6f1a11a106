/* phrases.h - sentences of a line that a run and a rewriting of its results share. */
#pragma once

/** `duplicate_name`: with the row that has the name, as unsigned long long. */
#define PHRASE_DUPLICATE                                                                           \
	"row %llu of this sandbox has the same name: names must differ within a sandbox"

/** Of a row whose update has an intent, and no outcome. What follows are more options. */
#define PHRASE_OPEN_UPDATE                                                                         \
	"an earlier run may have updated it, and ended before it knew: to send it as the row is "  \
	"now, run it with --update"

/** Of a row that an earlier run has created or found. */
#define PHRASE_DIFFERS                                                                             \
	"the row differs by now from what this connection was created with, which is left as it "  \
	"is"

/** `spec_change`: of the same. */
#define PHRASE_SPEC_CHANGE                                                                         \
	"its connection_spec_id has changed, which no update can do: give the row another name, "  \
	"or roll the old one back first"
