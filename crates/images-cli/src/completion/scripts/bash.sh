# Completions of `cargo xtask images` for bash. Everything else of cargo stays with the completions that it has.

# The xtask that was built last: nobody who presses a key wants to wait for a build.
__cargo_xtask_images_tool() {
    local folder=$PWD target program
    while :; do
        for target in ${CARGO_TARGET_DIR:+"$CARGO_TARGET_DIR"} "$folder/target"; do
            for program in "$target"/{debug,release}/xtask; do
                if [[ -x $program && -f $program ]]; then
                    printf '%s\n' "$program"
                    return
                fi
            done
        done
        [[ -n $folder ]] || return 1
        folder=${folder%/*}
    done
}

# Remembers what completed cargo before this.
__cargo_xtask_images_remember() {
    local registered
    registered=$(complete -p cargo 2>/dev/null)
    if [[ $registered =~ -F\ ([^ ]+) && ${BASH_REMATCH[1]} != _cargo_xtask_images ]]; then
        __cargo_xtask_images_before=${BASH_REMATCH[1]}
    fi
}

__cargo_xtask_images_register() {
    complete -o default -o bashdefault -F _cargo_xtask_images cargo
}

__cargo_xtask_images_other() {
    if [[ -z ${__cargo_xtask_images_before-} ]]; then
        # bash-completion loads completions when they are asked for, and puts them in the place of this one.
        if declare -F _comp_load >/dev/null; then
            _comp_load cargo
        elif declare -F _completion_loader >/dev/null; then
            _completion_loader cargo
        fi >/dev/null 2>&1
        __cargo_xtask_images_remember
        __cargo_xtask_images_register
    fi
    if [[ -n ${__cargo_xtask_images_before-} ]]; then
        "$__cargo_xtask_images_before" "$@"
    fi
}

_cargo_xtask_images() {
    local at=1
    [[ ${COMP_WORDS[1]-} == +* ]] && at=2
    if [[ ${COMP_WORDS[at]-} != xtask || ${COMP_WORDS[at + 1]-} != images ]] || ((COMP_CWORD <= at + 1)); then
        __cargo_xtask_images_other "$@"
        return
    fi
    COMPREPLY=()
    compopt +o default +o bashdefault 2>/dev/null
    # The words as they were typed: bash takes them apart at colons, too.
    local line=${COMP_LINE:0:COMP_POINT} tool candidate
    local -a words
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    words=("${words[@]:at + 2}")
    local last=${words[${#words[@]} - 1]}
    tool=$(__cargo_xtask_images_tool) || return
    while IFS= read -r candidate; do
        COMPREPLY+=("${candidate%%$'\t'*}")
    done < <("$tool" images complete -- "${words[@]}" 2>/dev/null)
    if [[ ${COMPREPLY[0]-} == :path ]]; then
        COMPREPLY=()
        compopt -o default 2>/dev/null
    fi
    # Only what is behind the last of these characters is replaced.
    local kept="" character
    for character in : =; do
        if [[ $COMP_WORDBREAKS == *"$character"* && $last == *"$character"* ]]; then
            local start=${last%"$character"*}$character
            ((${#start} > ${#kept})) && kept=$start
        fi
    done
    COMPREPLY=("${COMPREPLY[@]#"$kept"}")
}

__cargo_xtask_images_remember
__cargo_xtask_images_register
