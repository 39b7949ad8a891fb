/*
 * Which Hosts and Origins are this machine's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/nearby.h"

static void
test_hosts(void **state)
{
	static const char *const near[] = {"", "localhost", "LOCALHOST:8000",
	    "127.0.0.1", "127.0.0.1:8000", "127.1.2.3:1", "[::1]", "[::1]:8000",
	    "tidewire", "tidewire:8000", "a.localhost", "a.b.LocalHost:80"};
	static const char *const far[] = {"evil.example", "evil.example:8000",
	    "127.0.0.1.evil.example", "127.0.0.1x.com", "10.0.0.1",
	    "192.168.1.1:8000", "localhost.evil.example", "[::2]",
	    "[fe80::1]:1", "127.0.0", "127.0.0.1.", "evil.example.",
	    "notlocalhost.com"};

	(void)state;
	for (size_t i = 0; i < sizeof near / sizeof *near; i++)
		if (!nearby_host(slice_str(near[i])))
			fail_msg("%s", near[i]);
	for (size_t i = 0; i < sizeof far / sizeof *far; i++)
		if (nearby_host(slice_str(far[i])))
			fail_msg("%s", far[i]);
}

static void
test_origins(void **state)
{
	static const char *const near[] = {"", "http://localhost:3000",
	    "https://127.0.0.1", "http://[::1]:5173"};
	static const char *const far[] = {"null", "http://evil.example",
	    "https://evil.example:8000", "http://", "localhost",
	    "http://localhost.evil.example"};

	(void)state;
	for (size_t i = 0; i < sizeof near / sizeof *near; i++)
		if (!nearby_origin(slice_str(near[i])))
			fail_msg("%s", near[i]);
	for (size_t i = 0; i < sizeof far / sizeof *far; i++)
		if (nearby_origin(slice_str(far[i])))
			fail_msg("%s", far[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hosts),
	    cmocka_unit_test(test_origins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
