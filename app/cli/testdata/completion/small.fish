# fish completion for pentimento; written by "pentimento completion fish".

complete -c pentimento -n __fish_use_subcommand -a paint -d 'Paint a picture'
complete -c pentimento -n '__fish_seen_subcommand_from paint' -l brush -x -a '\'flat\' \'round\'' -d 'its shape: flat|round'
complete -c pentimento -n '__fish_seen_subcommand_from paint' -l device -x -a '\'cuda\' \'cpu\'' -d 'NAME of the device'
complete -c pentimento -n '__fish_seen_subcommand_from paint' -l from -r -F -d 'the PICTURE to copy'
complete -c pentimento -n '__fish_seen_subcommand_from paint' -l size -x -d 'N pixels…'
complete -c pentimento -n '__fish_seen_subcommand_from paint' -l wet -d 'don\'t wait [to dry]: it\'s slow'
complete -c pentimento -n '__fish_seen_subcommand_from paint' -l oil -x -d 'how much OIL'
complete -c pentimento -n __fish_use_subcommand -a hang -d 'Hang it'
complete -c pentimento -n '__fish_seen_subcommand_from hang' -a '\'north\' \'south wall\''
complete -c pentimento -n '__fish_seen_subcommand_from hang' -f
complete -c pentimento -n __fish_use_subcommand -a help -d 'Explain a verb'
complete -c pentimento -n '__fish_seen_subcommand_from help' -a '\'paint\' \'hang\''
complete -c pentimento -n '__fish_seen_subcommand_from help' -f
