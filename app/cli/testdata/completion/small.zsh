#compdef pentimento
# zsh completion for pentimento; written by "pentimento completion zsh".

_pentimento() {
    local -a verbs
    verbs=(
        'paint:Paint a picture'
        'hang:Hang it'
    )
    if ((CURRENT == 2)); then
        _describe verb verbs
        _files
        return
    fi
    shift words
    ((CURRENT--))
    case $words[1] in
        paint)
            _arguments \
                '--brush[its shape\: flat|round]:brush:(flat round)' \
                '--device[NAME of the device]:device:(cuda cpu)' \
                '--from[the PICTURE to copy]:from:_files' \
                '--size[N pixels…]:size: ' \
                '--wet[don'\''t wait \[to dry\]\: it'\''s slow]' \
                '--oil[how much OIL]:oil: ' \
                '--help[say more]' \
                '*:file:_files' ;;
        hang)
            _arguments \
                '--help[say more]' \
                '1:what:(north south\ wall)' ;;
        help) _describe verb verbs ;;
        *) _files ;;
    esac
}

if [[ $funcstack[1] == _pentimento ]]; then
    _pentimento "$@"
else
    compdef _pentimento pentimento
fi
