/*
 * Both scripts say the same in two languages.  A function of the table's
 * facts sets what may follow a group and a command; the one that the shell
 * calls finds out where on the line we are.  What a value may be is told by
 * the word that stands for it in help: FILE, FORMAT, ...
 */
#include "cli/completion.h"

#include "cli/call.h"

/* Words that are a choice. */
static const struct {
	const char *value, *choices;
} choices[] = {
    {"FORMAT", "table json"},
    {"SCOPE", "read worker write admin"},
    {"LEVEL", "debug info warn error"},
    {"STATUS", "pending running completed failed timeout cancelled"},
    {"STATE", "processing completed failed cancelled"},
    {"UNIT", "execution step"},
    {"PUBLICATION", "draft published archived"},
    {"bash|zsh", "bash zsh"},
};

/* Call fn for each group, once. */
static void
each_group(struct buf *out, void (*fn)(struct buf *, const struct cmd *))
{
	const struct cmd *c, *before = NULL;

	for (size_t i = 0; (c = cmd_at(i)) != NULL; before = c, i++)
		if (before == NULL || strcmp(before->group, c->group) != 0)
			fn(out, c);
}

/* "group name", as both scripts name a command. */
static void
add_case(struct buf *out, const struct cmd *c)
{
	buf_addf(out, "\t'%s%s%s')\n", c->group, c->name != NULL ? " " : "",
	    c->name != NULL ? c->name : "");
}

/* ---- bash ---- */

static void
bash_options(struct buf *out, const struct args_option *o)
{
	for (; o != NULL && o->name != NULL; o++) {
		buf_addf(out, "\t\topts+=' --%s' vals+='%s%s%s", o->name,
		    o->value != NULL ? " --" : "",
		    o->value != NULL ? o->name : "",
		    o->value != NULL ? ":" : "");
		buf_addf(out, "%s'\n", o->value != NULL ? o->value : "");
		if (o->letter == 0)
			continue;
		buf_addf(out, "\t\topts+=' -%c'", o->letter);
		if (o->value != NULL)
			buf_addf(out, " vals+=' -%c:%s'", o->letter, o->value);
		buf_add_byte(out, '\n');
	}
}

static void
bash_group(struct buf *out, const struct cmd *c)
{
	buf_addf(out, " %s", c->group);
}

/* "job) cmds='create list ...' ;;" */
static void
bash_commands(struct buf *out, const struct cmd *of)
{
	const struct cmd *c;

	if (of->name == NULL)
		return;
	buf_addf(out, "\t%s) cmds='", of->group);
	for (size_t i = 0; (c = cmd_at(i)) != NULL; i++)
		if (strcmp(c->group, of->group) == 0)
			buf_addf(out, "%s ", c->name);
	buf_add_str(out, "' ;;\n");
}

static void
bash_facts(struct buf *out)
{
	const struct cmd *c;

	buf_add_str(out,
	    "# What may follow group $1 and command $2.\n"
	    "_tidewire_known()\n{\n"
	    "\topts= vals= cmds= args=\n"
	    "\tcase ${1-} in\n\t'') cmds='");
	each_group(out, bash_group);
	buf_add_str(out, "' ;;\n");
	each_group(out, bash_commands);
	buf_add_str(out, "\tesac\n");
	bash_options(out, args_global);
	buf_add_str(out, "\tcase \"${1-}${2:+ $2}\" in\n");
	for (size_t i = 0; (c = cmd_at(i)) != NULL; i++) {
		add_case(out, c);
		buf_addf(out, "\t\targs='%s'\n", c->words);
		bash_options(out, c->options);
		buf_add_str(out, "\t\t;;\n");
	}
	buf_add_str(out, "\tesac\n}\n\n");
}

static const char bash_main[] =
    "_tidewire()\n{\n"
    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} group= name= kind= word i=1\n"
    "\tlocal opts vals cmds args\n"
    "\t_tidewire_known\n"
    "\twhile ((i < COMP_CWORD)); do\n"
    "\t\tword=${COMP_WORDS[i]}\n"
    "\t\tkind=\n"
    "\t\tif [[ $word == -* ]]; then\n"
    "\t\t\tif [[ \" $vals \" =~ \\ \"$word\":([^\\ ]*)\\  ]]; then\n"
    "\t\t\t\tkind=${BASH_REMATCH[1]}\n"
    "\t\t\t\t((i++))\n"
    "\t\t\t\t[[ ${COMP_WORDS[i]} == '=' ]] && ((i++))\n"
    "\t\t\tfi\n"
    "\t\telif [[ -z $group ]]; then\n"
    "\t\t\tgroup=$word\n"
    "\t\t\t_tidewire_known \"$group\"\n"
    "\t\telif [[ -z $name && -n $cmds ]]; then\n"
    "\t\t\tname=$word\n"
    "\t\t\t_tidewire_known \"$group\" \"$name\"\n"
    "\t\tfi\n"
    "\t\t((i++))\n"
    "\tdone\n"
    "\t((i > COMP_CWORD)) || kind=\n"
    "\t[[ $cur != '=' ]] || cur=\n"
    "\tif [[ -z $kind && $cur == -* ]]; then\n"
    "\t\tCOMPREPLY=($(compgen -W \"$opts\" -- \"$cur\"))\n"
    "\t\treturn\n"
    "\tfi\n"
    "\tif [[ -z $kind && -z $name && -n $cmds ]]; then\n"
    "\t\tCOMPREPLY=($(compgen -W \"$cmds\" -- \"$cur\"))\n"
    "\t\treturn\n"
    "\tfi\n"
    "\tCOMPREPLY=()\n"
    "\tcase ${kind:-$args} in\n";

static void
bash_script(struct buf *out)
{
	buf_add_str(out,
	    "# bash completion for tidewire, made by: tidewire completion "
	    "bash\n\n");
	bash_facts(out);
	buf_add_str(out, bash_main);
	for (size_t i = 0; i < sizeof(choices) / sizeof(*choices); i++)
		buf_addf(out,
		    "\t'%s') COMPREPLY=($(compgen -W '%s' -- \"$cur\")) ;;\n",
		    choices[i].value, choices[i].choices);
	buf_add_str(out,
	    "\t*FILE*)\n"
	    "\t\tcompopt -o filenames 2>/dev/null\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	    "\t\t;;\n"
	    "\tDIR)\n"
	    "\t\tcompopt -o filenames 2>/dev/null\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n"
	    "\t\t;;\n"
	    "\tesac\n}\n\n"
	    "complete -F _tidewire tidewire\n");
}

/* ---- zsh ---- */

/* One 'what:why' of a list; colons in what are escaped, and quotes in why. */
static void
zsh_item(struct buf *out, const char *dashes, const char *what, const char *why)
{
	buf_addf(out, " '%s%s:", dashes, what);
	for (; *why != '\0'; why++) {
		if (*why == '\'')
			buf_add_str(out, "'\\'");
		buf_add_byte(out, (unsigned char)*why);
	}
	buf_add_byte(out, '\'');
}

static void
zsh_options(struct buf *out, const struct args_option *o)
{
	char letter[2] = "";

	for (; o != NULL && o->name != NULL; o++) {
		letter[0] = o->letter;
		buf_add_str(out, "\t\topts+=(");
		zsh_item(out, "--", o->name, o->help);
		if (o->letter != 0)
			zsh_item(out, "-", letter, o->help);
		buf_add_str(out, " )");
		if (o->value != NULL)
			buf_addf(out, " vals[--%s]='%s'", o->name, o->value);
		if (o->value != NULL && o->letter != 0)
			buf_addf(out, " vals[-%c]='%s'", o->letter, o->value);
		buf_add_byte(out, '\n');
	}
}

/* Groups are described by their commands. */
static void
zsh_group(struct buf *out, const struct cmd *of)
{
	struct buf why = {0};
	const struct cmd *c;

	for (size_t i = 0; of->name != NULL && (c = cmd_at(i)) != NULL; i++)
		if (strcmp(c->group, of->group) == 0)
			buf_addf(&why, "%s%s", why.len > 0 ? ", " : "",
			    c->name);
	if (of->name == NULL)
		buf_add_str(&why, of->help);
	buf_add_byte(&why, '\0');
	zsh_item(out, "", of->group, why.p);
	buf_free(&why);
}

static void
zsh_commands(struct buf *out, const struct cmd *of)
{
	const struct cmd *c;

	if (of->name == NULL)
		return;
	buf_addf(out, "\t%s) cmds=(", of->group);
	for (size_t i = 0; (c = cmd_at(i)) != NULL; i++)
		if (strcmp(c->group, of->group) == 0)
			zsh_item(out, "", c->name, c->help);
	buf_add_str(out, " ) ;;\n");
}

static void
zsh_facts(struct buf *out)
{
	const struct cmd *c;

	buf_add_str(out,
	    "# What may follow group $1 and command $2.\n"
	    "_tidewire_known()\n{\n"
	    "\topts=() vals=() cmds=() args=\n"
	    "\tcase \"${1-}\" in\n\t'') cmds=(");
	each_group(out, zsh_group);
	buf_add_str(out, " ) ;;\n");
	each_group(out, zsh_commands);
	buf_add_str(out, "\tesac\n");
	zsh_options(out, args_global);
	buf_add_str(out, "\tcase \"${1-}${2:+ $2}\" in\n");
	for (size_t i = 0; (c = cmd_at(i)) != NULL; i++) {
		add_case(out, c);
		buf_addf(out, "\t\targs='%s'\n", c->words);
		zsh_options(out, c->options);
		buf_add_str(out, "\t\t;;\n");
	}
	buf_add_str(out, "\tesac\n}\n\n");
}

static const char zsh_main[] =
    "_tidewire()\n{\n"
    "\tlocal group= name= kind= args= word\n"
    "\tlocal -a cmds opts\n"
    "\tlocal -A vals\n"
    "\tlocal -i i=2\n"
    "\t_tidewire_known\n"
    "\twhile (( i < CURRENT )); do\n"
    "\t\tword=$words[i]\n"
    "\t\tkind=\n"
    "\t\tif [[ $word == -* ]]; then\n"
    "\t\t\tkind=$vals[$word]\n"
    "\t\t\t[[ -z $kind ]] || (( i++ ))\n"
    "\t\telif [[ -z $group ]]; then\n"
    "\t\t\tgroup=$word\n"
    "\t\t\t_tidewire_known $group\n"
    "\t\telif [[ -z $name ]] && (( $#cmds )); then\n"
    "\t\t\tname=$word\n"
    "\t\t\t_tidewire_known $group $name\n"
    "\t\tfi\n"
    "\t\t(( i++ ))\n"
    "\tdone\n"
    "\t(( i > CURRENT )) || kind=\n"
    "\tif [[ -z $kind && $words[CURRENT] == -* ]]; then\n"
    "\t\t_describe -o option opts\n"
    "\telif [[ -z $kind && -z $name ]] && (( $#cmds )); then\n"
    "\t\t_describe command cmds\n"
    "\telse\n"
    "\t\t_tidewire_values \"${kind:-$args}\"\n"
    "\tfi\n}\n\n"
    "if [[ $funcstack[1] == _tidewire ]]; then\n"
    "\t_tidewire \"$@\"\n"
    "else\n"
    "\tcompdef _tidewire tidewire\n"
    "fi\n";

static void
zsh_script(struct buf *out)
{
	buf_add_str(out,
	    "#compdef tidewire\n"
	    "# zsh completion for tidewire, made by: tidewire completion "
	    "zsh\n\n");
	zsh_facts(out);
	buf_add_str(out,
	    "# What may stand for a value that help calls $1.\n"
	    "_tidewire_values()\n{\n\tcase \"$1\" in\n");
	for (size_t i = 0; i < sizeof(choices) / sizeof(*choices); i++)
		buf_addf(out, "\t'%s') compadd %s ;;\n", choices[i].value,
		    choices[i].choices);
	buf_add_str(out,
	    "\t*FILE*) _files ;;\n"
	    "\tDIR) _files -/ ;;\n"
	    "\tesac\n}\n\n");
	buf_add_str(out, zsh_main);
}

/* Print the script for a shell. */
int
completion_command(struct call *call)
{
	const char *shell = call_word(call, 0);
	struct buf out = {0};

	if (strcmp(shell, "bash") == 0)
		bash_script(&out);
	else if (strcmp(shell, "zsh") == 0)
		zsh_script(&out);
	else
		return call_usage(call,
		    "there is a script for bash and for "
		    "zsh, none for %s",
		    shell);
	output_text(buf_slice(&out));
	buf_free(&out);
	return EXITS_DONE;
}
