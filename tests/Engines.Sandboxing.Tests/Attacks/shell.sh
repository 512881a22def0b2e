### fork bomb | wall=2 | ends=timed_out,code_failed,finished,limit_reached
bomb() { bomb | bomb & }
bomb
sleep 60
### many children that ignore signals | wall=1 | ends=timed_out | limits=wall_time
for n in 1 2 3 4 5 6; do (trap '' TERM HUP INT; setsid sleep 100 &) ; done
while :; do :; done
### detached child | ends=finished
setsid sleep 100 > /dev/null 2>&1 &
echo done
### tcp of bash | ends=code_failed,finished
exec 5<> /dev/tcp/127.0.0.1/{PORT} && echo ESCAPED
true
### reads files of the host | ends=code_failed,finished
for f in /etc/passwd /etc/shadow /proc/1/environ /proc/self/environ {SECRET} /root/.profile /sys/kernel/version; do cat "$f" > /dev/null 2>&1 && echo ESCAPED "$f"; done
true
### writes outside | ends=finished,code_failed
for d in / /usr /usr/bin /dev /dev/shm /etc /proc /sbx; do echo x 2> /dev/null > "$d/planted" && echo ESCAPED "$d"; done
true
### mounts | ends=finished,code_failed,limit_reached
mount -t tmpfs none /job 2> /dev/null && echo ESCAPED
unshare -Ur id 2> /dev/null && echo ESCAPED
true
### becomes root | ends=finished,code_failed
su -c id 2> /dev/null < /dev/null && echo ESCAPED
[ "$(id -u)" = 0 ] && echo ESCAPED
true
### runs a dropped program | ends=finished,code_failed
cp /usr/bin/true ./t && chmod +x ./t && ./t && echo ESCAPED
true
### raises its limits | ends=finished,code_failed
ulimit -u unlimited 2> /dev/null && echo ESCAPED
ulimit -v unlimited 2> /dev/null && echo ESCAPED
true
### text flood | ends=limit_reached | limits=text
yes
### disk flood | ends=limit_reached,code_failed,finished | limits=disk,memory
cat /dev/zero > big
### memory of sort | wall=5 | ends=limit_reached,code_failed,finished,timed_out
head -c 900000000 /dev/zero | tr '\0' 'x' | tail -c 800000000 | wc -c
### an interpreter with memory | wall=5 | ends=limit_reached,code_failed
perl -e 'while (1) { push @a, "x" x 1048576 }'
### python inside shell | ends=finished,code_failed
python3 -c 'import socket; socket.create_connection(("127.0.0.1", {PORT}), 1); print("ESCA" + "PED")'
true
### environment | ends=finished
env | grep -q STEWARD && echo ESCAPED
true
### processes of others | ends=finished
ls /proc | grep -q . && echo ESCAPED
true
### changes the script that runs | ends=finished,code_failed
for f in .code.sh "$0" /proc/self/fd/255; do printf 'echo ESC""APED\n' 2> /dev/null >> "$f"; done
true
