# Completions of `cargo xtask images` for fish. They join those that cargo has.

# The xtask that was built last: nobody who presses a key wants to wait for a build.
function __cargo_xtask_images_tool
    set -l folder $PWD
    while true
        for target in $CARGO_TARGET_DIR $folder/target
            for program in $target/debug/xtask $target/release/xtask
                if test -x $program -a -f $program
                    echo $program
                    return 0
                end
            end
        end
        test -n "$folder"; or return 1
        set folder (string replace -r '/[^/]*$' '' -- $folder)
    end
end

# The words behind `cargo xtask images`, without the one that is being typed.
function __cargo_xtask_images_words
    set -l words (commandline -opc)
    set -e words[1]
    string match -q -- '+*' "$words[1]"; and set -e words[1]
    test "$words[1]" = xtask -a "$words[2]" = images; or return 1
    set -e words[1..2]
    set -q words[1]; and printf '%s\n' $words
    return 0
end

function __cargo_xtask_images_candidates
    set -l words (__cargo_xtask_images_words); or return
    set -l tool (__cargo_xtask_images_tool); or return
    set -l lines ($tool images complete -- $words (commandline -ct) 2>/dev/null)
    if test "$lines[1]" = :path
        __fish_complete_path (commandline -ct)
    else if set -q lines[1]
        printf '%s\n' $lines
    end
end

complete -c cargo -n '__cargo_xtask_images_words >/dev/null' -f -a '(__cargo_xtask_images_candidates)'
