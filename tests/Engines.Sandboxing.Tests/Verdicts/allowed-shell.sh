sort -t, -k2 in.csv | uniq -c | head -n 5 > out.txt
###
grep -i 'error; rm' log.txt || echo "none & nothing"
###
for f in *.csv; do wc -l "$f"; done
###
count=3
awk -F, '{ s += $2 } END { print s }' in.csv | tr -d '\n' 2> /dev/null
