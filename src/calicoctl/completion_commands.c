/* SPDX-License-Identifier: GPL-2.0-or-later */
/* completion SHELL: a script that asks the program itself. Source: calicoctl.md 1. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "commands.h"
#include "flags.h"
#include "report.h"

/* @ASK@ is the question: with or without meanings. */
static const char bash_script[] =
	"# bash completion for calicoctl\n"
	"_calicoctl()\n"
	"{\n"
	"	local line=${COMP_LINE:0:COMP_POINT} words word last files=0\n"
	"	read -ra words <<< \"$line\"\n"
	"	[[ $line == *[[:space:]] ]] && words+=(\"\")\n"
	"	last=${words[${#words[@]}-1]}\n"
	"	COMPREPLY=()\n"
	"	while IFS=$'\\t' read -r word _; do\n"
	"		if [[ $word == :* ]]; then\n"
	"			files=${word#:}\n"
	"			continue\n"
	"		fi\n"
	"		[[ $last == *=* && $COMP_WORDBREAKS == *=* ]] && word=${word#*=}\n"
	"		COMPREPLY+=(\"$word\")\n"
	"	done < <(\"${words[0]}\" @ASK@ \"${words[@]:1}\" 2>/dev/null)\n"
	"	[[ $files == 4 ]] && compopt +o default 2>/dev/null\n"
	"	[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null\n"
	"	return 0\n"
	"}\n"
	"complete -o default -F _calicoctl calicoctl\n";

static const char zsh_script[] =
	"#compdef calicoctl\n"
	"compdef _calicoctl calicoctl\n"
	"_calicoctl()\n"
	"{\n"
	"	local -a found\n"
	"	local word meaning files=0\n"
	"	while IFS=$'\\t' read -r word meaning; do\n"
	"		if [[ $word == :* ]]; then\n"
	"			files=${word#:}\n"
	"		else\n"
	"			found+=(\"${word//:/\\\\:}${meaning:+:$meaning}\")\n"
	"		fi\n"
	"	done < <(${words[1]} @ASK@ \"${(@)words[2,CURRENT]}\" 2>/dev/null)\n"
	"	(( ${#found} )) && _describe calicoctl found\n"
	"	[[ $files == 4 ]] || _files\n"
	"}\n"
	"[[ $funcstack[1] == _calicoctl ]] && _calicoctl\n";

static const char fish_script[] =
	"# fish completion for calicoctl\n"
	"function __calicoctl_complete\n"
	"	set -l words (commandline -opc) (commandline -ct)\n"
	"	for answer in ($words[1] @ASK@ $words[2..-1] 2>/dev/null)\n"
	"		switch $answer\n"
	"			case ':0'\n"
	"				__fish_complete_path (commandline -ct)\n"
	"			case ':*'\n"
	"			case '*'\n"
	"				echo $answer\n"
	"		end\n"
	"	end\n"
	"end\n"
	"complete -c calicoctl -e\n"
	"complete -c calicoctl -f -a '(__calicoctl_complete)'\n";

static const char powershell_script[] =
	"# powershell completion for calicoctl\n"
	"Register-ArgumentCompleter -Native -CommandName calicoctl -ScriptBlock {\n"
	"	param($word, $ast, $position)\n"
	"	$words = @($ast.CommandElements | Select-Object -Skip 1 |\n"
	"		Where-Object { $_.Extent.StartOffset -lt $position } |\n"
	"		ForEach-Object { $_.Extent.Text })\n"
	"	if ($word -eq '') { $words += '\"\"' }\n"
	"	$program = $ast.CommandElements[0].Extent.Text\n"
	"	Invoke-Expression \"$program @ASK@ $words\" | Where-Object { $_ -notmatch '^:' } |\n"
	"		ForEach-Object {\n"
	"		$text, $meaning = $_ -split \"`t\", 2\n"
	"		if (-not $meaning) { $meaning = $text }\n"
	"		[System.Management.Automation.CompletionResult]::new(\n"
	"			$text, $text, 'ParameterValue', $meaning)\n"
	"	}\n"
	"}\n";

static const struct flag flags[] = { { "no-descriptions", 0, FLAG_BOOL, OPTION(no_descriptions),
	NULL, "Do not show what the candidates mean." } };

static const struct command bash = { .name = "bash",
	.use = "",
	.brief = "Generate the autocompletion script for bash",
	.detail = "Prints the autocompletion script for bash.",
	.examples = "  # For this shell only.\n"
		    "  source <(calicoctl completion bash)",
	.flags = FLAGS(flags),
	.max_args = -1,
	.run = run_completion };

static const struct command fish = { .name = "fish",
	.use = "",
	.brief = "Generate the autocompletion script for fish",
	.detail = "Prints the autocompletion script for fish.",
	.examples = "  # For this shell only.\n"
		    "  calicoctl completion fish | source",
	.flags = FLAGS(flags),
	.max_args = -1,
	.run = run_completion };

static const struct command powershell = { .name = "powershell",
	.use = "",
	.brief = "Generate the autocompletion script for powershell",
	.detail = "Prints the autocompletion script for powershell.",
	.examples = "  # For this shell only.\n"
		    "  calicoctl completion powershell | Out-String | Invoke-Expression",
	.flags = FLAGS(flags),
	.max_args = -1,
	.run = run_completion };

static const struct command zsh = { .name = "zsh",
	.use = "",
	.brief = "Generate the autocompletion script for zsh",
	.detail = "Prints the autocompletion script for zsh.",
	.examples = "  # For this shell only.\n"
		    "  source <(calicoctl completion zsh)",
	.flags = FLAGS(flags),
	.max_args = -1,
	.run = run_completion };

static const struct command *const children[] = { &bash, &fish, &powershell, &zsh, NULL };

const struct command completion_command = { .name = "completion",
	.brief = "Generate the autocompletion script for the specified shell",
	.detail = "Prints a script that lets a shell complete the words of calicoctl.",
	.children = children };

int run_completion(struct invocation *inv)
{
	static const struct {
		const struct command *command;
		const char *script;
	} shells[] = { { &bash, bash_script }, { &fish, fish_script },
		{ &powershell, powershell_script }, { &zsh, zsh_script } };
	const char *ask = inv->opt.no_descriptions ? "__completeNoDesc" : "__complete";
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		if (inv->path[inv->depth - 1] != shells[i].command)
			continue;
		const char *at = strstr(shells[i].script, "@ASK@");
		printf("%.*s%s%s", (int)(at - shells[i].script), shells[i].script, ask, at + 5);
	}
	return 0;
}
