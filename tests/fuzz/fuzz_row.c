/*
 * Any bytes as a stored row, as a stored step, as an execution's origin.
 * What is accepted must encode to the same bytes.
 */
#include <stdint.h>
#include <stdlib.h>

#include "core/execution.h"
#include "core/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_row(struct slice bytes)
{
	uint8_t out[EXECUTION_ROW];
	struct execution x;

	if (!execution_decode(bytes, &x))
		return;
	INVARIANT(status_name(x.status) != NULL);
	INVARIANT(execution_cause_name(x.cause) != NULL);
	INVARIANT(execution_encode(&x, out) == bytes.n);
	INVARIANT(memcmp(out, bytes.p, bytes.n) == 0);
}

static void
check_step(struct slice bytes)
{
	uint8_t out[STEP_ROW];
	struct step s;

	if (!execution_decode_step(bytes, &s))
		return;
	INVARIANT(status_step_name(s.status) != NULL);
	INVARIANT(execution_encode_step(&s, out) == bytes.n);
	INVARIANT(memcmp(out, bytes.p, bytes.n) == 0);
}

static void
check_origin(struct slice bytes)
{
	uint8_t out[EXECUTION_ORIGIN];
	struct execution x = {0};

	if (!execution_decode_origin(bytes, &x))
		return;
	execution_encode_origin(&x, out);
	INVARIANT(bytes.n == EXECUTION_ORIGIN);
	INVARIANT(memcmp(out, bytes.p, bytes.n) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = {(const char *)data, size};

	check_row(bytes);
	check_step(bytes);
	check_origin(bytes);
	return 0;
}
