# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion for sluicectl: commands and options as the program itself lists them.

_sluicectl()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} program=${COMP_WORDS[0]}
    local words
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        words="help $("$program" help 2>/dev/null | sed -n 's/^  \([a-z]\{1,\}\)  *.*/\1/p')"
    elif [[ $before == --format ]]; then
        words=$("$program" "${COMP_WORDS[1]}" --help 2>/dev/null \
            | sed -n 's/.*--format <\([^>]*\)>.*/\1/p' | tr '|' ' ')
    elif [[ $word == -* ]]; then
        words=$("$program" "${COMP_WORDS[1]}" --help 2>/dev/null \
            | sed -n 's/^  \(-[a-z], \)\{0,1\}\(--[a-z-]*\).*/\2/p')
    elif ((COMP_CWORD == 2)); then
        case ${COMP_WORDS[1]} in
            block | unblock) words='api-key end-user team team-member property:' ;;
            keys) words='add list revoke' ;;
            prices) words='show list import' ;;
        esac
    fi
    # Without words of its own an argument may be a file.
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -o default -F _sluicectl sluicectl
