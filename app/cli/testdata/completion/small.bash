# bash completion for pentimento; written by "pentimento completion bash".

_pentimento_offer() { # the words that begin like $cur, as they are typed
    local word
    for word in "$@"; do
        word=$(printf %q "$word")
        [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
    done
}

_pentimento_files() {
    local IFS=$'\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -- "${cur//\\/}"))
}

_pentimento() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]}
    COMPREPLY=()
    if [[ $cur == = ]]; then # --flag=
        cur=
    elif [[ $prev == = ]]; then
        prev=${COMP_WORDS[COMP_CWORD-2]}
    fi
    if ((COMP_CWORD == 1)); then
        _pentimento_offer 'paint' 'hang' --help --version
        [[ $cur == -* ]] || _pentimento_files
        return
    fi
    case "$verb $prev" in
        'paint --brush') _pentimento_offer 'flat' 'round'; return ;;
        'paint --device') _pentimento_offer 'cuda' 'cpu'; return ;;
        'paint --from') _pentimento_files; return ;;
        'paint --size') return ;;
        'paint --oil') return ;;
    esac
    case $verb in
        paint)
            if [[ $cur == -* ]]; then
                _pentimento_offer '--brush' '--device' '--from' '--size' '--wet' '--oil' --help
            else
                _pentimento_offer
                _pentimento_files
            fi ;;
        hang)
            if [[ $cur == -* ]]; then
                _pentimento_offer --help
            else
                _pentimento_offer 'north' 'south wall'
            fi ;;
        help) _pentimento_offer 'paint' 'hang' ;;
        *) _pentimento_files ;;
    esac
}

complete -F _pentimento pentimento
