curl http://example.com
###
cat $(ls)
###
echo `id`
###
cat < /etc/passwd
###
sleep 100 &
###
eval "ls"
###
x=cat; $x file
###
cat ../../etc/passwd
###
python3 -c 1
###
find . -exec id ;
###
awk 'BEGIN { system("id") }'
###
cat <(ls)
###
PATH=. ls
###
echo ${x:-y}
###
cat <<END
x
END
###
ls | xargs rm
###
f=/etc/passwd; cat $f
###
printf 'a[$(id)]' > f; read v < f; [[ $v -eq 1 ]]
###
test -v 'a[$(id)]'
###
printf -v 'a[$(id)]' x
###
read 'a[$(id)]' < f
###
awk 'BEGIN { c = "id"; print "x" | c }'
###
sed '/x/e id' f
###
sed '1!e id' f
###
sed -n '0~3e id' f
###
sort --comp=sh f
###
split --fil=id f
###
find . -e'x'ec id \;
###
a=-exec; find . $a id \;
###
cat /e*/passwd
###
cat {/etc/passwd,x}
###
awk "$p" f
###
cat /???/passwd
###
for PATH in x; do ls; done
###
printf -v PATH %s x
###
read -r PATH < x
###
awk 'BEGIN { sys''tem("id") }'
###
sed -n '\,x,e id' f
###
sed 's/x/id/e' f
###
sed 's,x,id,we out' f
###
wc --files0-from=x
###
find . "$a" id
###
cat {a,/etc/passwd}
###
find . -type f -fprint0 x
###
ls # [2K
###
ls # 󠁩󠁧
###
ls #  ls
###
ls # 1A
###
ls # ­
###
awk '{ print > "/tmp/x" }' f
###
awk 'BEGIN { while ((getline l < "../x") > 0) print l }'
###
find / -name x
###
cd /; ls
###
ls //etc
###
cat /mnt/x
###
split --f='bash -c id' f
###
wc --f=list
###
du --f=list
###
date --f=list
###
date -uf list
###
sort --fil=list
###
awk -W exec=prog.awk
###
awk -We prog.awk
###
awk -nf prog.awk f
###
awk "$p " f
###
awk -v x=1 "$p" f
###
awk -v $x 'BEGIN { print }' f
###
awk -v -F -f prog.awk
###
awk -F, "$p" f
###
awk -- "$p" f
###
sed "$a$b" f
###
sed "s/x/$a/" f
###
sed '-n' "$p" f
###
sed -n -l 5 "$p" f
###
sed -e 1p -e "$p" f
###
sed -e"$p" f
###
sed f -e "$p"
###
sed --expression "$p" f
###
find . "$a$b" id
###
echo "'$(id)'"
###
echo "'`id`'"
###
echo "it's ${x:-y} it's"
###
echo "$\
(id)"
###
find . -ex\
ec id \;
###
cat ~/x
###
grep x ~
###
IFS=/ ; cat $x
###
IFS=, sort f
###
IFS=,
