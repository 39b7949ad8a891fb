/*
 * Any text as a config in YAML, and any JSON as a definition.  Whatever it
 * is, it is either not readable or becomes a job that can be stored and
 * loaded again, runnable just when there is no error; and every issue is
 * sound text.
 */
#include <stdint.h>
#include <stdlib.h>

#include "core/config.h"
#include "core/dag.h"
#include "core/log.h"
#include "core/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct config_report report;

static void
check_report(void)
{
	struct buf out = {0};
	struct jsonw *w = jsonw_new(&out);
	struct json_error bad;
	struct json *doc;

	INVARIANT(report.n <= report.errors + report.warnings);
	config_write_report(w, &report);
	doc = json_parse(buf_slice(&out), &bad);
	INVARIANT(doc != NULL);
	json_free(doc);
	jsonw_free(w);
	buf_free(&out);
}

static void
check_dag(const struct job *j)
{
	struct dag *d = dag_new(j);

	INVARIANT(d->nnodes <= j->nsteps);
	for (unsigned i = 0; i < d->nedges; i++)
		INVARIANT(d->edge[i].from < d->nnodes &&
		    d->edge[i].to < d->nnodes &&
		    d->edge[i].from != d->edge[i].to);
	for (unsigned i = 0; i < j->nsteps; i++)
		INVARIANT(slice_eq(d->node[d->of[i]].route, j->steps[i].route));
	dag_free(d);
}

static void
check_job(struct job *j)
{
	struct uuid id = {{1}};
	struct buf input = {0};
	struct json_error bad;
	struct json *doc;
	struct job *k;

	if (j == NULL) {
		INVARIANT(report.errors == 1);
		return;
	}
	INVARIANT(j->runnable == (report.errors == 0));
	k = job_load(j->definition, &id, 1);
	INVARIANT(slice_eq(k->definition, j->definition));
	INVARIANT(k->runnable == j->runnable);
	check_dag(k);
	if (config_input(k, SLICE("{\"a\":1}"), &input)) {
		doc = json_parse(buf_slice(&input), &bad);
		INVARIANT(doc != NULL);
		json_free(doc);
	}
	buf_free(&input);
	job_free(k);
	job_free(j);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {size > 0 ? (const char *)data : "", size};
	struct config_source src = {.name = SLICE("fuzz"), .yaml = text};
	struct json_error bad;
	struct json *doc;

	check_job(config_new(&src, &report));
	check_report();
	doc = json_parse(text, &bad);
	if (doc == NULL)
		return 0;
	src.yaml = SLICE_NONE;
	src.definition = json_root(doc);
	check_job(config_new(&src, &report));
	check_report();
	json_free(doc);
	return 0;
}
