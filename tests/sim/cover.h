/* cover.h - which situations a sweep has met, so that its world cannot grow too calm unseen. */
#pragma once

#include "settings.h"

#define END_COUNT (END_INVENTORY + 1)
#define CLAIM_COUNT (CLAIM_DELETE_OPEN + 1)

#define SITUATIONS(X)                                                                              \
	X(RESTART, "restart after a crash")                                                        \
	X(CRASH_AGAIN, "crash of a run after a crash")                                             \
	X(CRASH_RESULTS_UNMARKED, "crash between the results and the ledger's mark")               \
	X(WRITES_LOST, "unsynced write lost by a crash")                                           \
	X(WRITES_KEPT, "unanswered write kept by a crash")                                         \
	X(EXECUTED_AFTER_RESTART, "create of a dead process executed after the restart")           \
	X(OPEN_FOUND, "open intent found")                                                         \
	X(OPEN_FOUND_DIFFERS, "open intent found, the CSV was edited")                             \
	X(OPEN_OTHER_SPEC, "open intent of another connectionSpec")                                \
	X(OPEN_RESENT, "open intent proven absent and sent")                                       \
	X(ENDED_FOUND, "ended row found")                                                          \
	X(ENDED_SENT, "ended row sent")                                                            \
	X(RESEND_UNRESOLVED, "row sent by --resend-unresolved")                                    \
	X(GONE_CREATED, "gone doubt created")                                                      \
	X(GONE_ADOPTED, "gone doubt adopted")                                                      \
	X(GONE_CONFLICT, "gone doubt a conflict")                                                  \
	X(GONE_WITHDRAWN, "gone doubt withdrawn")                                                  \
	X(GONE_UNRESOLVED, "gone doubt unresolved")                                                \
	X(TOLD_AGAIN, "known row told its first word again")                                       \
	X(UNCHANGED, "known row unchanged")                                                        \
	X(CHANGED, "known row changed")                                                            \
	X(RELOOK_EARLIER, "last look at a row of an earlier run")                                  \
	X(RELOOK_HELD, "row of the CSV held until its name was looked at")                         \
	X(INTENDED_BY_CLAIM, "intent written with the claim")                                      \
	X(RELOOK_KEPT, "last look that finds no more")                                             \
	X(RELOOK_CONFLICT, "last look that names a conflict")                                      \
	X(RELOOK_AMENDED, "line amended by a last look")                                           \
	X(RELOOK_LEFT, "mark left for the next run")                                               \
	X(INVENTORY, "inventory complete")                                                         \
	X(INVENTORY_AGAIN, "inventory listed again")                                               \
	X(LISTED_ADOPTED, "adopted by the inventory")                                              \
	X(LISTED_CONFLICT, "conflict by the inventory")                                            \
	X(COPIED, "calibration by the first created row")                                          \
	X(LAG_LEARNT, "lag learnt that is longer than the settle")                                 \
	X(RECALL_FOUND, "calibration by a known connection")                                       \
	X(RECALL_NOTHING, "no connection known to calibrate by")                                   \
	X(SACRIFICED, "oldest doubtful row sent to calibrate")                                     \
	X(CALIBRATION_SHARED, "calibration by a listing")                                          \
	X(CALIBRATION_FAILED, "lookups prove nothing")                                             \
	X(CALIBRATION_CUT, "calibration cut by the end")                                           \
	X(UNPROVEN, "row unresolved since lookups prove nothing")                                  \
	X(MEDDLED, "name taken by others in mid-run")                                              \
	X(DUPLICATE_NAMED, "duplicate of a broken promise named")                                  \
	X(FETCH_SLOW, "token that takes longer than 5 s")                                          \
	X(FETCH_MEANWHILE, "token renewed while requests go on")                                   \
	X(FETCH_FAILED, "token fetched after failures")                                            \
	X(FETCH_WAITED, "token fetched after a Retry-After")                                       \
	X(FETCH_LATE, "token renewed after failures, before its end")                              \
	X(FETCH_PAUSED, "token fetched during a pause")                                            \
	X(FETCH_BREAKER, "token fetched behind an open breaker")                                   \
	X(LOOKS_BEHIND_BREAKER, "a look behind an open breaker that followed one without a wait")  \
	X(FETCH_CUT, "fetch cut by the end")                                                       \
	X(FETCH_REFUSED, "token refused after others came")                                        \
	X(TOKEN_GIVEN, "token given, and gone")                                                    \
	X(TOKEN_ENDED, "token ended before the next came")                                         \
	X(TOKEN_REVOKED, "token revoked before its end, and the next came")                        \
	X(TOKEN_OLDER, "401 of an older token")                                                    \
	X(TOKEN_OUTAGE_MET, "minute without a token, and the run went on")                         \
	X(TOUCHED_VISIBLE, "what shows changed by others")                                         \
	X(TOUCHED_SECRET, "secret changed by others")                                              \
	X(TOUCHED_NAME, "connection renamed by others")                                            \
	X(TOUCHED_DELETED, "connection deleted by others")                                         \
	X(UPDATED, "row updated")                                                                  \
	X(UPDATED_ADOPTED, "adopted row updated")                                                  \
	X(UPDATED_AGAIN, "row updated at a later try")                                             \
	X(ADOPTED_LEFT, "adopted row not updated")                                                 \
	X(SPEC_CHANGED, "row with another connectionSpec not updated")                             \
	X(UPDATE_SAME, "lost update found not executed")                                           \
	X(UPDATE_WAS_OURS, "lost update found executed")                                           \
	X(UPDATE_MOVED, "etag moved and nothing else to see")                                      \
	X(UPDATE_CONFLICT, "update stopped by what others changed")                                \
	X(UPDATE_CHASED, "update given up since its etag kept moving")                             \
	X(UPDATE_WAS_EARLIER, "what an earlier run's update sent, and the row was edited again")   \
	X(UPDATE_WITHDRAWN, "intent of an update withdrawn")                                       \
	X(UPDATE_KEPT, "intent of an update kept, though it was not executed so far")              \
	X(EDITED_BACK, "row edited back after a lost update")                                      \
	X(DELETE_WAS_UPDATED, "rollback of what a lost update has sent")                           \
	X(UPDATE_GONE, "connection of an update gone")                                             \
	X(UPDATE_UNRESOLVED, "update unresolved")                                                  \
	X(LATE_UPDATE_STALE, "late update refused by its etag")                                    \
	X(CHANGED_AFTER_RESTART, "change of a dead process executed after the restart")            \
	X(DELETED, "connection deleted")                                                           \
	X(DELETED_LOST, "lost deletion found executed")                                            \
	X(DELETED_BEFORE, "deleted by an earlier run")                                             \
	X(DELETE_SAME, "lost deletion found not executed")                                         \
	X(DELETE_MOVED, "etag moved before a deletion")                                            \
	X(DELETE_CONFLICT, "deletion stopped by what others changed")                              \
	X(DELETE_GONE, "connection of a deletion gone")                                            \
	X(DELETE_IN_USE, "connection in use not deleted")                                          \
	X(IN_USE_DOUBT, "connection in use, and an earlier deletion in doubt")                     \
	X(DELETE_SPENT, "deletion given up")                                                       \
	X(DELETE_UNRESOLVED, "deletion unresolved")                                                \
	X(DELETE_WITHDRAWN, "intent of a deletion withdrawn")                                      \
	X(DELETE_OPEN_WAS, "open deletion found executed")                                         \
	X(DELETE_OPEN_AGAIN, "open deletion sent again")                                           \
	X(DELETE_OPEN_CONFLICT, "open deletion stopped by what others changed")                    \
	X(DELETING_MET, "run that met a rollback which was not finished")                          \
	X(CHANGED_AFTER_READ, "connection changed by others between read and deletion")            \
	X(KEPT, "row kept that was not created")                                                   \
	X(KEPT_OTHER, "row kept that was created and has another id now")                          \
	X(CREATED_AGAIN, "deleted row created again")                                              \
	X(REMOVED_LISTED, "deleted connection listed yet")                                         \
	X(TEST_OK, "test passed")                                                                  \
	X(TEST_FAILED, "test failed")                                                              \
	X(TEST_GONE, "connection of a test gone")                                                  \
	X(TEST_SPENT, "test given up")                                                             \
	X(TEST_MORE, "test with a second question")                                                \
	X(TEST_NO_ID, "row without an id not tested")                                              \
	X(LEDGER_LOST, "ledger failure followed by a run")

enum situation {
#define X(name, text) COVER_##name,
	SITUATIONS(X)
#undef X
		SITUATION_COUNT
};

struct cover {
	uint64_t crash[2][ACTION_KINDS]; /* after, before */
	uint64_t end[END_COUNT], claim[CLAIM_COUNT];
	uint64_t situation[SITUATION_COUNT];
};

/** Say what was never met. @return was everything? */
bool cover_is_full(const struct cover *c);
/** One line for each situation. */
void cover_print(const struct cover *c);
