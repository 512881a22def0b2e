### 1 command | there is no network
curl -s https://example.com
### 1 command | python and sql run as such
python3 -c 'print(1)'
### 1 command | a loop does it
ls | xargs -n 1 wc -l
### 1 command | awk computes
echo '1 + 2' | bc
### 1 expansion | while read -r name
count=$(wc -l < in.csv)
### 2 heredoc | printf '%s\n' writes lines
echo begin
cat <<EOF > out.txt
rm; curl
EOF
### 1 path | here "tickets.csv"
wc -l /mnt/data/tickets.csv
### 1 argument | while read -r name
find . -name '*.csv' -exec wc -l {} \;
### 1 command | write name=value
export LC_ALL=C
