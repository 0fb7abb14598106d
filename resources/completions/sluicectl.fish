# SPDX-License-Identifier: GPL-3.0-or-later
# fish completion for sluicectl: commands and options as the program itself lists them.

function __sluicectl_commands
    echo help
    sluicectl help 2>/dev/null | sed -n 's/^  \([a-z]\{1,\}\)  *\(.*\)/\1\t\2/p'
end

function __sluicectl_options
    set -l words (commandline -opc)
    test (count $words) -gt 1; or return
    if test "$words[-1]" = --format
        sluicectl $words[2] --help 2>/dev/null | sed -n 's/.*--format <\([^>]*\)>.*/\1/p' | tr '|' '\n'
    else if string match -q -- '-*' (commandline -ct)
        sluicectl $words[2] --help 2>/dev/null | sed -n 's/^  \(-[a-z], \)\{0,1\}\(--[a-z-]*\).*/\2/p'
    end
end

complete -c sluicectl -n __fish_use_subcommand -f -a '(__sluicectl_commands)'
complete -c sluicectl -n 'not __fish_use_subcommand' -a '(__sluicectl_options)'
complete -c sluicectl -n '__fish_seen_subcommand_from block unblock' -f \
    -a 'api-key end-user team team-member property:'
complete -c sluicectl -n '__fish_seen_subcommand_from keys' -f -a 'add list revoke'
complete -c sluicectl -n '__fish_seen_subcommand_from prices' -a 'show list import'
