# Run over the root file system $1 of python:*-slim: make Debian's Python look like the upstream image's.
root=$1
for name in python python3; do ln -s /usr/bin/python3 "$root/usr/local/bin/$name"; done
# An image has one Python and pip may write to it; Debian's mark would refuse `pip install`.
rm -f "$root"/usr/lib/python3*/EXTERNALLY-MANAGED
