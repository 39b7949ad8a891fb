/*
 * tidewire key: make, list and revoke API keys (an admin's business).
 */
#include "cli/key.h"

#include "core/jsonw.h"

#include "cli/call.h"
#include "cli/show.h"
#include "cli/target.h"

#define KEY_PATH "/api/keys"
#define KEY_PROJECT_MAX INT64_MAX

const struct args_option key_create_options[] = {
    {"scope", 0, "SCOPE", "read, worker, write or admin (needed)"},
    {"project", 0, "N", "bind the key to one project"},
    {0},
};

static const char *const key_scopes[] = {"read", "worker", "write", "admin"};

static bool
is_scope(const char *scope)
{
	for (size_t i = 0; i < sizeof(key_scopes) / sizeof(*key_scopes); i++) {
		if (scope != NULL && strcmp(scope, key_scopes[i]) == 0)
			return true;
	}
	return false;
}

static void
write_key(const struct call *call, uint64_t project, struct buf *body)
{
	struct jsonw *w = jsonw_new(body);

	jsonw_object(w);
	jsonw_key(w, "name");
	jsonw_cstr(w, call_word(call, 0));
	jsonw_key(w, "scope");
	jsonw_cstr(w, args_get(call->args, "scope"));
	if (project > 0) {
		jsonw_key(w, "project_id");
		jsonw_u64(w, project);
	}
	jsonw_end(w);
	jsonw_free(w);
}

static void
show_created(const struct json_node *data)
{
	struct table *t = table_new(2, NULL);

	show_member(t, "key", data, "key");
	show_member(t, "id", data, "id");
	show_member(t, "name", data, "name");
	show_member(t, "scope", data, "scope");
	show_member(t, "project", data, "project_id");
	output_table(t);
}

/* Make a key.  Its text is shown now and never again. */
int
key_create(struct call *call)
{
	struct args_range range = {1, KEY_PROJECT_MAX};
	struct buf body = {0};
	struct reply r = {0};
	uint64_t project = 0;
	enum exits code;

	if (!is_scope(args_get(call->args, "scope")))
		return call_usage(call,
		    "--scope must be read, worker, write or admin");
	if (!args_number(call->args, "project", range, &project))
		return EXITS_USAGE;
	write_key(call, project, &body);
	code = call_send(call, "POST", SLICE(KEY_PATH), buf_slice(&body), &r);
	if (code == EXITS_DONE) {
		call_print(call, &r, show_created);
		output_note("keep the key: it cannot be shown again");
	}
	reply_clear(&r);
	buf_free(&body);
	return code;
}

static void
add_row(struct table *t, const struct json_node *key)
{
	table_add_node(t, json_get(key, "id"));
	table_add_node(t, json_get(key, "name"));
	table_add_node(t, json_get(key, "scope"));
	table_add_node(t, json_get(key, "project_id"));
	table_add_node(t, json_get(key, "created_at"));
}

/* List the keys, without their texts. */
int
key_list(struct call *call)
{
	static const char *const heads[] = {"ID", "NAME", "SCOPE", "PROJECT",
	    "CREATED"};
	static const struct call_list list = {5, heads, add_row, 0};

	return call_list(call, SLICE(KEY_PATH), UINT64_MAX, &list);
}

/* Revoke a key. */
int
key_revoke(struct call *call)
{
	struct buf target = {0};
	struct reply r = {0};
	enum exits code;

	buf_add_str(&target, KEY_PATH);
	target_segment(&target, call_word(call, 0));
	code = call_send(call, "DELETE", buf_slice(&target), SLICE_NONE, &r);
	if (code == EXITS_DONE)
		call_done(call, &r, "revoked");
	reply_clear(&r);
	buf_free(&target);
	return code;
}
