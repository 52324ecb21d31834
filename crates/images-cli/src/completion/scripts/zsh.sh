# Completions of `cargo xtask images` for zsh, to be read after `compinit`. Everything else of cargo stays with the completions
# that it has.

# The xtask that was built last: nobody who presses a key wants to wait for a build.
__cargo_xtask_images_tool() {
    local folder=$PWD target program
    while true; do
        for target in ${CARGO_TARGET_DIR:+"$CARGO_TARGET_DIR"} "$folder/target"; do
            for program in $target/debug/xtask $target/release/xtask; do
                if [[ -x $program && -f $program ]]; then
                    print -r -- $program
                    return 0
                fi
            done
        done
        [[ -n $folder ]] || return 1
        folder=${folder%/*}
    done
}

_cargo_xtask_images() {
    local at=2
    [[ ${words[2]} == +* ]] && at=3
    if [[ ${words[at]} != xtask || ${words[at + 1]} != images ]] || ((CURRENT <= at + 1)); then
        ${__cargo_xtask_images_before:-_default}
        return
    fi
    local tool line word
    local -a asked lines described
    tool=$(__cargo_xtask_images_tool) || return 1
    asked=("${(@Q)words[at + 2,CURRENT - 1]}" "${(Q)PREFIX}")
    lines=("${(@f)$("$tool" images complete -- "${asked[@]}" 2>/dev/null)}")
    if [[ $lines[1] == :path ]]; then
        compset -P '*='
        _files
        return
    fi
    for line in $lines; do
        word=${line%%$'\t'*}
        described+=("${word//:/\\:}:${line#*$'\t'}")
    done
    (($#described)) && _describe 'cargo xtask images' described
}

if [[ ${_comps[cargo]-} != _cargo_xtask_images ]]; then
    typeset -g __cargo_xtask_images_before=${_comps[cargo]-}
fi
compdef _cargo_xtask_images cargo
