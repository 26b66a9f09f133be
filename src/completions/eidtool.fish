# SPDX-License-Identifier: Apache-2.0
# Completion of eidtool for fish. The candidates come from the program itself, tokens and labels as they are now.

function __eidtool_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct | string unescape)
    test -n "$current"; or set current ''
    set -l program $words[1]
    set -e words[1]
    set -l option (string match -r '^--[^=]*=' -- $current)
    set -l name (string replace -r '^--[^=]*=' '' -- $current)
    for candidate in ($program complete -- $words "$current" 2>/dev/null </dev/null)
        switch $candidate
            case ':file'
                for path in (__fish_complete_path $name)
                    printf '%s%s\n' "$option" $path
                end
            case ':folder'
                for path in (__fish_complete_directories $name)
                    printf '%s%s\n' "$option" $path
                end
            case '*'
                printf '%s\n' $candidate
        end
    end
end

complete -c eidtool -f -a '(__eidtool_complete)'
