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
