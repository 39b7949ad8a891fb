# To add a file: put cli/NAME.c and cli/NAME.h on lines of their own below.
noinst_LIBRARIES += libcli.a
libcli_a_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
libcli_a_SOURCES = \
	cli/answer.c \
	cli/answer.h \
	cli/args.c \
	cli/args.h \
	cli/article.c \
	cli/article.h \
	cli/call.c \
	cli/call.h \
	cli/client.c \
	cli/client.h \
	cli/clock.c \
	cli/clock.h \
	cli/cmd.c \
	cli/cmd.h \
	cli/completion.c \
	cli/completion.h \
	cli/config.c \
	cli/config.h \
	cli/config_check.c \
	cli/config_check.h \
	cli/config_edit.c \
	cli/download.c \
	cli/download.h \
	cli/duration.c \
	cli/duration.h \
	cli/events.c \
	cli/events.h \
	cli/execution.c \
	cli/execution.h \
	cli/exits.c \
	cli/exits.h \
	cli/follow.c \
	cli/follow.h \
	cli/input.c \
	cli/input.h \
	cli/interrupt.c \
	cli/interrupt.h \
	cli/job.c \
	cli/job.h \
	cli/job_create.c \
	cli/job_trigger.c \
	cli/key.c \
	cli/key.h \
	cli/lineage.c \
	cli/lineage.h \
	cli/live.c \
	cli/live.h \
	cli/logs.c \
	cli/logs.h \
	cli/output.c \
	cli/output.h \
	cli/pipeline.c \
	cli/pipeline.h \
	cli/post.c \
	cli/post.h \
	cli/progress.c \
	cli/progress.h \
	cli/queue.c \
	cli/queue.h \
	cli/reply.c \
	cli/reply.h \
	cli/server.c \
	cli/server.h \
	cli/show.c \
	cli/show.h \
	cli/sse.c \
	cli/sse.h \
	cli/storage.c \
	cli/storage.h \
	cli/stream.c \
	cli/stream.h \
	cli/table.c \
	cli/table.h \
	cli/tag.c \
	cli/tag.h \
	cli/target.c \
	cli/target.h \
	cli/text.c \
	cli/text.h \
	cli/unpack.c \
	cli/unpack.h \
	cli/wait.c \
	cli/wait.h \
	cli/wait_many.c \
	cli/wait_many.h \
	cli/why.c \
	cli/why.h \
	cli/work.c \
	cli/work.h \
	cli/work_child.c \
	cli/work_child.h \
	cli/work_claim.c \
	cli/work_claim.h \
	cli/work_control.c \
	cli/work_control.h \
	cli/work_env.c \
	cli/work_env.h \
	cli/work_lines.c \
	cli/work_lines.h \
	cli/work_options.c \
	cli/work_options.h \
	cli/work_report.c \
	cli/work_report.h \
	cli/work_run.c \
	cli/work_run.h \
	cli/work_task.c \
	cli/work_task.h

bin_PROGRAMS += tidewire
dist_man_MANS += man/tidewire.1
tidewire_SOURCES = cli/main.c
tidewire_CPPFLAGS = $(libcli_a_CPPFLAGS)
tidewire_LDADD = libcli.a $(core_libs) $(CURL_LIBS)

# Scripts for shells, made by the program itself unless it is for another
# machine.
if !CROSS
bashcompletiondir = $(datadir)/bash-completion/completions
bashcompletion_DATA = completions/bash/tidewire
zshcompletiondir = $(datadir)/zsh/site-functions
zshcompletion_DATA = completions/zsh/_tidewire
CLEANFILES += $(bashcompletion_DATA) $(zshcompletion_DATA)
$(bashcompletion_DATA): tidewire$(EXEEXT)
	@$(MKDIR_P) completions/bash
	$(AM_V_GEN)./tidewire$(EXEEXT) completion bash >$@.tmp && mv $@.tmp $@
$(zshcompletion_DATA): tidewire$(EXEEXT)
	@$(MKDIR_P) completions/zsh
	$(AM_V_GEN)./tidewire$(EXEEXT) completion zsh >$@.tmp && mv $@.tmp $@
endif
