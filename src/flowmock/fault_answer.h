/* fault_answer.h - what is said instead, when a fault speaks. */
#pragma once

#include "flowmock/request.h"

/** Replace the answer by that of the request's fault; some leave it as it is. */
void fault_answer(struct request *r);

/** The 500 of a poisoned name. */
void fault_answer_poison(struct request *r);
