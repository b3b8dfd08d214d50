# Runs a PostgreSQL cluster for the process at the other end of standard input, and removes it when that
# process is gone, however it ended.
#
#   cluster.sh BIN DIRECTORY
#
# Says `ready` when the cluster runs. Then takes `stop`, `start` and `restart` as lines, and says `ready`
# after each. `stop` gives the cluster no time to write anything down, as a crash.
trap '' INT TERM HUP
bin=$1 directory=$2
# With a socket in this directory and no port.
options="-k $directory -c listen_addresses= -c max_connections=500 -c shared_buffers=64MB"

cluster() {
    "$bin/pg_ctl" -D "$directory/data" -l "$directory/log" -w -t 300 "$@" >>"$directory/log" 2>&1
}

"$bin/initdb" -D "$directory/data" -U registries -A trust -E UTF8 --no-locale --no-sync \
    >"$directory/log" 2>&1 &&
    # Nothing outlives a crash of the machine, unless a test sets that again.
    echo 'fsync = off' >>"$directory/data/postgresql.conf" &&
    cluster -o "$options" start && echo ready
while read -r order; do
    case $order in
        stop) cluster -m immediate stop ;;
        *) cluster -o "$options" -m immediate "$order" ;;
    esac && echo ready
done
cluster -m immediate stop
rm -rf "$directory"
