sort -t, -k2 in.csv | uniq -c | head -n 5 > out.txt
###
grep -i 'error; rm' log.txt || echo "none & nothing"
###
for f in *.csv; do wc -l "$f"; done
###
count=3
awk -F, '{ s += $2 } END { print s }' in.csv | tr -d '\n' 2> /dev/null
###
sed 's/a/b/' f; sed -n '/error/p' f; sed -e '1,3d' f; sed '$!N;s/\n/ /' f; sed "s/a/e /" f; sed -i 's#/etc#x#g' f; sed '/^w/d' f
###
awk '$1 > 3 || $2 ~ /a|b/ { print $1 }' f | sort -rn | head -n 3
###
while read -r a b; do [ "$b" -gt 3 ] && [[ $a == b* ]] && echo "$a"; done < f
###
for n in {1..3}; do mkdir -p "d$n"; done; find . -name "$p" -type f; date -d '2 days ago' +%F; printf '%s\n' "$a"
###
[[ $x =~ ^a+$ ]] && awk -F/ 'BEGIN { FS = "/" } /a\/b/ { print $2 }' f; grep '/api/v1' access.log | cut -d/ -f2; sed 's/\//-/g' f
###
cut -d '/' -f 2 f | tr '/' '-' | paste -s -d '/'
###
sed '$d' f; sed -n '$p' f; sed -ne '$p' -e '1p' f; sed -n "/x$/p" f; sed -i.bak 's/a/b/' "$f"; awk '$1' f; awk '$NF' f; awk '{ print $2 }' "$f"
###
date -d'yesterday' +%F; date -u -d'2026-11-01' +%s; date -Iseconds; date -uR
###
awk -v "most=$most" -F "$mark" '$2 > most' f; awk -v most="$most" -F'->' "{ print \$1 }" f; awk -F"$mark" -vx="$x" '{ print $1 x }' "$f"; awk -F '->' '{ print $2 }' f
###
grep 'error$' f; grep -c "it's$" f; echo "'$name'"; cut -d '~' -f 2 f; sort -t'~' --field-separator=, f; find "$dir" -name "*.$kind" -newer "$dir/$f"
###
tail -n +2 in.csv | while IFS=, read -r day team hours; do echo "$team $hours"; done
